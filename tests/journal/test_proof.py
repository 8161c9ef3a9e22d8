"""Tampering with a journal that has a head and signatures: what the check reports, and what it can't prove."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runbook_lib.journal import Journal
from tests.journal.signed import REMOVED, Records, edit_record, recompute_chain, signed_journal, tamper
from tests.journal.test_journal import complete_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _with_second_outcome(records: Records) -> Records:
    return recompute_chain([*records, {**records[-1], "state": "not-applied"}])


@dataclass(frozen=True)
class Tampering:
    """A change of the records, and the start of the first problem that the check reports."""

    name: str
    change: Callable[[Records], Records]
    problem: str


REWRITTEN = "record 6 is not the one that the head names"
TAMPERINGS = (
    Tampering("edit", lambda all_: edit_record(all_, 1, about="x"), "record 2 was altered"),
    Tampering("delete", lambda all_: [*all_[:2], *all_[3:]], "record 3 does not follow"),
    Tampering("delete the first", lambda all_: all_[1:], "record 1 does not follow"),
    Tampering("reorder", lambda all_: [all_[0], all_[2], all_[1], *all_[3:]], "record 2 does not follow"),
    Tampering("insert", lambda all_: [*all_[:2], *all_[1:]], "record 3 does not follow"),
    Tampering("cut the tail", lambda all_: all_[:-1], f"{REMOVED} 5"),
    Tampering("cut the last run", lambda all_: all_[:3], f"{REMOVED} 3"),
    Tampering("empty", lambda _: [], f"{REMOVED} 0"),
    Tampering("recompute the chain", lambda all_: recompute_chain(edit_record(all_, 1, about="x")), REWRITTEN),
    Tampering(
        "forge the operator", lambda all_: recompute_chain(edit_record(all_, 3, operator="mallory@host")), REWRITTEN
    ),
    Tampering("remove the intent", lambda all_: recompute_chain(all_[1:]), "record 1 belongs to run"),
    Tampering("duplicate the intent", lambda all_: recompute_chain([*all_, all_[3]]), "record 7 is another intent of"),
    Tampering("duplicate the outcome", _with_second_outcome, "record 7 is another outcome of run"),
)


@pytest.mark.parametrize("case", TAMPERINGS, ids=lambda case: case.name)
def test_tampering_is_reported(journal: Journal, case: Tampering) -> None:
    """The check names it, also after a later run was recorded as if nothing had happened."""
    assert () == journal.check().problems
    tamper(journal, case.change)

    assert any(problem.startswith(case.problem) for problem in journal.check().problems)
    complete_run(journal)
    assert any(problem.startswith(case.problem) for problem in journal.check().problems)


def test_deleted_journal_is_reported(journal: Journal) -> None:
    """An absent file is reported like an emptied one."""
    journal.path.unlink()

    assert journal.check().problems[0].startswith(f"{REMOVED} 0")


def test_old_copy_is_reported(journal: Journal, tmp_path: Path) -> None:
    """A copy of yesterday's journal is intact in itself, and shorter than the head says."""
    shutil.copy(journal.path, tmp_path / "old")
    complete_run(journal)
    shutil.copy(tmp_path / "old", journal.path)

    assert journal.check().problems[0].startswith("the head counts 9 records, and the journal has 6")


def test_check_lists_what_it_can_not_prove(tmp_path: Path, keys: Path) -> None:
    """Without head and signatures, and for records that are older than both."""
    plain = Journal(tmp_path / "home")
    complete_run(plain)
    limits = plain.check().limits
    assert ["cannot prove that no record is missing", "cannot prove who wrote a record"] == [
        text[: len(start)]
        for text, start in zip(
            limits, ["cannot prove that no record is missing", "cannot prove who wrote a record"], strict=True
        )
    ]
    later = signed_journal(tmp_path, keys)
    complete_run(later)
    assert () == later.check().problems
    assert (
        "cannot prove this of records 1 to 3: the head was created after them",
        "cannot prove who wrote records 1 to 3: they are not signed",
    ) == later.check().limits
