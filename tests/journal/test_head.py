"""The head of a journal: a crash before it is written, and damage to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journal.test_journal import complete_run

if TYPE_CHECKING:
    from runbook_lib.journal import Journal


def test_head_one_record_behind_is_a_crash(journal: Journal) -> None:
    """A machine can crash between the write of the record and that of the head."""
    assert journal.head is not None
    before = journal.head.path.read_text()
    journal.append("step", journal.runs()[-1].run_id, about="x", changes=[])
    journal.head.path.write_text(before)

    proof = journal.check()
    assert () == proof.problems
    assert ("the head is one record behind, as a crash between the two leaves it",) == proof.limits


def test_damaged_head_is_reported(journal: Journal) -> None:
    """A head that can't be read proves nothing, and does not stop a run."""
    assert journal.head is not None
    journal.head.path.write_text("{")

    assert "is not a head in the form that this library writes" in journal.check().problems[0]
    complete_run(journal)
    assert "is not a head in the form that this library writes" in journal.check().problems[0]
