"""The last line of a journal: torn by a crash, or shortened afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journal.signed import REMOVED
from tests.journal.test_journal import complete_run

if TYPE_CHECKING:
    from runbook_lib.journal import Journal


def test_shortened_record_differs_from_a_torn_one(journal: Journal) -> None:
    """A torn record was never acknowledged and is removed; a shortened acknowledged record stays as evidence."""
    text = journal.path.read_bytes()
    journal.path.write_bytes(text[:-1])
    assert 6 == len(list(journal.records()))
    assert ("the line break after the last record is missing: the file was cut",) == journal.check().problems

    journal.path.write_bytes(text[:-20])
    assert f"{REMOVED} 5" in journal.check().problems[0]
    complete_run(journal)
    assert "line 6 is not a journal record" in journal.check().problems

    journal.path.write_bytes(journal.path.read_bytes() + b'{"kind":"step","run_id":')
    complete_run(journal)
    assert not [problem for problem in journal.check().problems if problem.startswith("line 10")]
