"""The head: number and digest of the journal's last record, stored outside the journal's folder.

The chain of digests alone shows edits in the middle. The head also shows records that were removed from the end, and a
journal that was emptied, replaced by an old copy, or rewritten. Only a user who can also write the head can forge it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from runbook_lib.config import private

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.journal.lines import Lines


@dataclass(frozen=True)
class Position:
    """The last record of a journal. An operator who keeps it can later show that the journal still continues after it.

    Attributes:
        records: The number of records.
        digest: The digest of the last one.
    """

    records: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the position with this text.

        Raises:
            ValueError: The text does not have the form that `str` returns.
        """
        match = re.fullmatch(r"([1-9][0-9]*):([0-9a-f]{64})", text)
        if not match:
            msg = "it does not have the form NUMBER:DIGEST, as an outcome prints it"
            raise ValueError(msg)
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        """Return ``NUMBER:DIGEST``."""
        return f"{self.records}:{self.digest}"


@dataclass(frozen=True)
class JournalHead:
    """The contents of the head.

    Attributes:
        records: The number of records.
        digest: The digest of the last one.
        since: The number of records that the journal had when the head was created.
        disagreements: The differences seen when later records were added, one sentence each. They are permanent.
    """

    records: int
    digest: str
    since: int = 0
    disagreements: tuple[str, ...] = ()


class HeadFile:
    """The file of one journal's head."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> JournalHead | None:
        """Return the head; None if there is none.

        Raises:
            Refused: It is not a regular file.
            ValueError: It is damaged.
            OSError: It can't be read.
        """
        private.require_file(self.path)
        if not self.path.exists():
            return None
        try:
            facts = json.loads(self.path.read_text(encoding="utf-8"))
            disagreements = tuple(map(str, facts["disagreements"]))
            return JournalHead(int(facts["records"]), str(facts["digest"]), int(facts["since"]), disagreements)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path} is not a head in the form that this library writes") from error

    def write(self, head: JournalHead) -> None:
        """Replace the head.

        Raises:
            OSError: It can't be written.
        """
        private.folder(self.path.parent)
        private.write(self.path, json.dumps(asdict(head)))


def disagreement(head: JournalHead | Position, lines: Lines) -> str:
    """Return the sentence for a journal that does not match the head; empty if it matches or continues after it."""
    count = len(lines.lines)
    if count < head.records:
        return f"the head counts {head.records} records, and the journal has {count}: records were removed"
    if lines.digest_of(head.records) != head.digest:
        return f"record {head.records} is not the one that the head names: the journal was rewritten or replaced"
    return ""


def added_records(head: JournalHead, lines: Lines) -> str:
    """Return the sentence for records that were added without the head; a crash leaves it only one record behind."""
    more = len(lines.lines) - head.records
    return f"the journal has {more} records more than its head: they were added without it" if more > 1 else ""
