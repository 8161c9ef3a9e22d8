"""What a defect reports about changes, from the journal's records of the runs that this process began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Defect
from runbook_lib.journal import BegunRuns, Journal
from runbook_lib.model import changes_as_json
from tests.model.changes import UPDATE
from tests.model.test_plan import PLAN

if TYPE_CHECKING:
    from pathlib import Path

TIME = "2026-01-15T12:00:00+00:00"
WHO: dict[str, Any] = {"reason": "test", "operator": "tester@host", "time": TIME}
CHANGES = changes_as_json((UPDATE,))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return an empty journal."""
    return Journal(tmp_path / "home")


def write_run(journal: Journal, *, steps: int, receipt: Any = None) -> str:
    """Write a run with this many announced steps, and with an outcome if there is a receipt."""
    with journal.begin(PLAN, **WHO) as run_id:
        for number in range(steps):
            journal.append("step", run_id, about=f"step {number}", changes=CHANGES)
        if receipt is not None:
            journal.append("outcome", run_id, state="any", receipt=receipt, time=TIME)
        return run_id


@pytest.mark.parametrize(
    ("steps", "receipt", "changed"),
    [(0, None, False), (1, None, None), (2, None, True), (1, [], False), (1, CHANGES, True), (2, CHANGES, True)],
)
def test_defect_reports_what_the_journal_proves(journal: Journal, steps: int, receipt: Any, changed: Any) -> None:
    """No announced step means no change; one announced step might have been made; a second one proves the first."""
    begun = BegunRuns()
    run_id = write_run(journal, steps=steps, receipt=receipt)

    defect = begun.defect(KeyError("x"), what="it failed")

    assert (changed, "" if changed is False else run_id) == (defect.changed, defect.run_id)
    assert changed is journal.run(run_id).changed


def test_earlier_runs_of_the_process_do_not_count(journal: Journal) -> None:
    """A long-lived process, such as a kernel, has runs from before the command."""
    write_run(journal, steps=1, receipt=CHANGES)

    assert BegunRuns().defect(KeyError("x"), what="it failed").changed is False


def test_unknown_run_is_reported_first(journal: Journal) -> None:
    """It is the run that must be resolved."""
    begun = BegunRuns()
    write_run(journal, steps=1, receipt=CHANGES)
    unknown = write_run(journal, steps=1)
    write_run(journal, steps=1, receipt=CHANGES)

    defect = begun.defect(KeyError("x"), what="it failed")

    assert (None, unknown) == (defect.changed, defect.run_id)


def test_unreadable_journal_is_reported_as_unknown(journal: Journal) -> None:
    """Without the journal, the defect never claims that nothing was changed."""
    begun = BegunRuns()
    write_run(journal, steps=1, receipt=[])
    journal.path.write_text("not a record\n")

    assert begun.defect(KeyError("x"), what="it failed").changed is None


def test_defect_is_completed_with_earlier_changes(journal: Journal) -> None:
    """A defect that a plan raised lacks the earlier runs of the same command."""
    begun = BegunRuns()
    run_id = write_run(journal, steps=1, receipt=CHANGES)
    error = Defect(what="plan() failed", why="it raised KeyError", place="a.py:1", changed=False)

    defect = begun.defect(error, what="not used")

    assert defect is error
    assert ("plan() failed", True, run_id) == (defect.what, defect.changed, defect.run_id)
