"""The head of a journal: a crash before it is written, and damage to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.journal import Journal, Position
from tests.journal.test_journal import complete_run

if TYPE_CHECKING:
    from runbook_lib.journal.head import JournalHead


def test_head_one_record_behind_is_a_crash(journal: Journal) -> None:
    """A machine can crash between the write of the record and that of the head."""
    assert journal.head is not None
    before = journal.head.path.read_text()
    journal.append("step", journal.runs()[-1].run_id, about="x", changes=[])
    journal.head.path.write_text(before)

    proof = journal.check()
    assert () == proof.problems
    assert ("the head is one record behind, as a crash between the two leaves it",) == proof.limits


def test_head_that_a_crash_left_behind_catches_up_before_the_next_record(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second crash at the same place leaves it one record behind again, not two."""
    assert journal.head
    write, written = journal.head.write, []

    def crash_after_record(head: JournalHead) -> None:
        written.append(head.records)
        if len(written) in (1, 3):  # the second one is the head that catches up
            raise KeyboardInterrupt
        write(head)

    monkeypatch.setattr(journal.head, "write", crash_after_record)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            journal.append("step", journal.runs()[-1].run_id, about="x", changes=[])

    assert () == journal.check().problems


def test_records_added_without_the_head_stay_a_problem(journal: Journal) -> None:
    """A true record after them does not make them good."""
    other = Journal(journal.path.parent)
    complete_run(other)
    complete_run(journal)

    assert "they were added without it" in " ".join(journal.check().problems)


def test_damaged_head_is_reported(journal: Journal) -> None:
    """A head that can't be read proves nothing, and does not stop a run."""
    assert journal.head is not None
    journal.head.path.write_text("{")

    assert "is not a head in the form that this library writes" in journal.check().problems[0]
    complete_run(journal)
    assert "is not a head in the form that this library writes" in journal.check().problems[0]


def test_kept_position_shows_a_journal_rewritten_with_its_head(journal: Journal) -> None:
    """A user who can write both files recomputes every digest; only the position that a person kept disagrees."""
    kept = journal.written
    assert kept is not None
    assert () == journal.check(kept).problems
    complete_run(journal)
    assert () == journal.check(kept).problems

    records = [dict(record) for record in journal.records()]
    forged = Journal(journal.path.parent / "forged", head=journal.path.parent / "forged.head")
    for record in records:
        facts = {name: value for name, value in record.items() if name not in {"previous", "digest"}}
        forged.append(**{**facts, "reason": "rewritten"})

    assert () == forged.check().problems
    (problem,) = forged.check(kept).problems
    assert "compared with the head that you gave: record" in problem
    assert "the journal was rewritten or replaced" in problem


def test_kept_position_shows_removed_records(journal: Journal) -> None:
    """The journal is shorter than it was."""
    complete_run(journal)
    kept = journal.written
    journal.path.write_bytes(b"".join(journal.path.read_bytes().splitlines(keepends=True)[:2]))

    assert "records were removed" in " ".join(Journal(journal.path.parent).check(kept).problems)


def test_position_is_read_as_it_is_printed(journal: Journal) -> None:
    """Anything else is refused."""
    position = journal.written

    assert position == Position.parse(str(position))
    for text in ("", "4", "0:" + "a" * 64, "4:abc", f"{position} "):
        with pytest.raises(ValueError, match="NUMBER:DIGEST"):
            Position.parse(text)
