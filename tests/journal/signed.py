"""A journal with a head and signatures, and records that are changed afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.journal import Journal
from runbook_lib.journal.lines import BEGINNING, digest
from runbook_lib.journal.signatures import AllowedSigners, Signer
from runbook_lib.model import canonical

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPERATOR = "tester@host"
Records = list[dict[str, Any]]
REMOVED = "the head counts 6 records, and the journal has"


def signed_journal(place: Path, keys: Path, *, signer: str = "operator") -> Journal:
    """Return an empty journal with a head, signed with a key of the folder."""
    return Journal(
        place / "home",
        head=place / "state" / "head.json",
        signer=Signer(OPERATOR, keys / signer),
        allowed=AllowedSigners(keys / "allowed"),
    )


def recompute_chain(records: Records) -> Records:
    """Compute the chain of digests again, as a skilled attacker would."""
    previous = BEGINNING
    for record in records:
        record["previous"] = previous
        record["digest"] = previous = digest(record)
    return records


def edit_record(records: Records, number: int, **facts: Any) -> Records:
    """Change one record, counted from 0."""
    records[number] |= facts
    return records


def tamper(journal: Journal, change: Callable[[Records], Records]) -> None:
    """Change the records of a journal, and write them back."""
    records = change([json.loads(line) for line in journal.path.read_text().splitlines()])
    journal.path.write_text("".join(canonical(record) + "\n" for record in records))
