"""Undo: which runs can be undone, and what the plan or the refusal says about the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import engine
from runbook_lib.errors import CannotUndo, PartlyApplied, Refused, StalePlan, TargetNotFound
from runbook_lib.systems.db.access import connection
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from tests import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model.plan import Outcome
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

PASSWORD = "correct horse battery"


def granted(world: World, bench: Bench, username: str = "joetest", **given: Any) -> Outcome:
    """Grant staff on Atmosphere and return the outcome."""
    planned = checks.plan(world, "grant_staff", username=username, site="atmosphere", **given)
    return checks.apply(world, bench, planned)


def undone(world: World, bench: Bench, run_id: str) -> Outcome:
    """Undo a run and return the outcome."""
    return checks.apply(world, bench, checks.undo_plan(world, bench, run_id))


def user(name: str = "joetest") -> AtmosphereUser:
    """Return a user as the database has it now."""
    return AtmosphereUser.objects.get(username=name)


def test_an_undo_is_a_plan_like_any_other(world: World, bench: Bench) -> None:
    """The plan names the run and holds the inverse changes; planning changes nothing."""
    outcome = granted(world, bench)
    before = checks.everything(bench)

    plan = checks.undo_plan(world, bench, outcome.run_id)

    assert before == checks.everything(bench)
    assert (outcome.run_id, "grant_staff") == (plan.undoes, plan.procedure)
    assert [change.inverse() for change in reversed(outcome.receipt)] == list(plan.changes)
    assert world.targets() == plan.targets


def test_an_undo_can_be_taken_back_and_again(world: World, bench: Bench) -> None:
    """Undo of undo is the change again, and the first run can then be undone once more."""
    before = checks.everything(bench)
    first = granted(world, bench)
    after = checks.everything(bench)

    second = undone(world, bench, first.run_id)
    assert before == checks.everything(bench)
    undone(world, bench, second.run_id)
    assert after == checks.everything(bench)
    undone(world, bench, first.run_id)
    assert before == checks.everything(bench)
    assert () == bench.journal.check().problems


def test_a_run_is_taken_back_once(world: World, bench: Bench) -> None:
    """The second undo names the first, and how to do the change again."""
    first = granted(world, bench)
    second = undone(world, bench, first.run_id)

    with pytest.raises(CannotUndo, match="can't be undone") as caught:
        checks.undo_plan(world, bench, first.run_id)
    assert f"already undone, by run {second.run_id}" in caught.value.why
    assert second.run_id in caught.value.next_step


def test_a_row_that_changed_since_is_not_taken_back(world: World, bench: Bench) -> None:
    """What somebody else did afterwards is not overwritten: the undo is stale before it is shown."""
    outcome = granted(world, bench)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET is_staff = false WHERE username = 'joetest'")

    with pytest.raises(StalePlan) as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert 4 == caught.value.exit_code
    assert ("is_staff", True, False) == (caught.value.column, caught.value.planned, caught.value.now)


def test_a_row_that_changes_after_the_undo_was_shown_is_stale(world: World, bench: Bench) -> None:
    """The undo that was shown is applied exactly, or not at all."""
    outcome = granted(world, bench)
    plan = checks.undo_plan(world, bench, outcome.run_id)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET is_superuser = false WHERE username = 'joetest'")

    with pytest.raises(StalePlan, match="is_superuser"):
        checks.apply(world, bench, plan)
    assert user().is_staff
    assert "not-applied" == bench.journal.runs()[-1].state


def test_another_column_that_changed_since_stays(world: World, bench: Bench) -> None:
    """Only what the run changed is brought back."""
    outcome = granted(world, bench)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET last_name = 'changed since' WHERE username = 'joetest'")

    undone(world, bench, outcome.run_id)
    assert (False, "changed since") == (user().is_staff, user().last_name)


def test_a_run_with_nothing_to_do_has_nothing_to_take_back(world: World, bench: Bench) -> None:
    """The refusal of an empty run differs from that of an irreversible one."""
    granted(world, bench)
    outcome = granted(world, bench)
    assert "nothing-to-do" == outcome.state

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert "it changed nothing (its state is nothing-to-do)" == caught.value.why


def test_a_run_that_was_not_applied_has_nothing_to_take_back(world: World, bench: Bench) -> None:
    """A stale run changed nothing, so there is nothing to undo."""
    plan = checks.plan(world, "grant_staff", username="joetest", site="atmosphere")
    granted(world, bench)
    with pytest.raises(StalePlan):
        checks.apply(world, bench, plan)

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, bench.journal.runs()[-1].run_id)
    assert "its state is not-applied" in caught.value.why


def test_a_run_that_was_cut_off_is_settled_first(world: World, bench: Bench) -> None:
    """Its changes are unknown, and the next step resolves it."""
    plan = checks.plan(world, "grant_staff", username="joetest", site="atmosphere")
    run_id = checks.interrupted(world, bench, plan)

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, run_id)
    assert "history --settle" in caught.value.next_step

    assert [(run_id, "not-applied")] == checks.settle(world, bench)
    assert [] == checks.settle(world, bench)


def _without_journal_from(bench: Bench, point: str) -> Callable[[str], None]:
    """Return a watcher that puts the journal out of reach at a point of the way."""

    def watch(words: str) -> None:
        if words == point:
            bench.journal.path.rename(bench.home / "journal.away")
            bench.journal.path.mkdir()

    return watch


def _with_journal(bench: Bench) -> None:
    bench.journal.path.rmdir()
    (bench.home / "journal.away").rename(bench.journal.path)


@pytest.mark.parametrize(
    ("point", "state"),
    [
        ("done: commit atmosphere", "partly-applied"),
        ("about to: commit troposphere", "applied"),
        ("verified", "applied"),
    ],
)
def test_a_journal_that_fails_halfway_is_never_told_as_nothing_changed(
    world: World, bench: Bench, point: str, state: str
) -> None:
    """What was done is told, though it could not be journaled; with the journal back, the run is settled and undone."""
    before = checks.everything(bench)
    plan = checks.plan(world, "grant_staff", username="joetest")
    assert ["atmosphere", "troposphere"] == list(plan.stages())

    with pytest.raises(PartlyApplied, match="update atmosphere atmosphere_user") as caught:
        checks.apply(world, bench, plan, watch=_without_journal_from(bench, point))
    assert caught.value.changed
    assert "history --settle" in caught.value.why
    _with_journal(bench)

    assert [state] == [ended for _, ended in checks.settle(world, bench)]
    undone(world, bench, caught.value.run_id)
    assert before == checks.everything(bench)


def test_a_journal_that_fails_before_the_first_commit_stops_the_run(world: World, bench: Bench) -> None:
    """Without a record of the step, the step is not taken."""
    before = checks.everything(bench)
    plan = checks.plan(world, "grant_staff", username="joetest")

    with pytest.raises(Refused, match="can't be written"):
        checks.apply(world, bench, plan, watch=_without_journal_from(bench, "rows are written, not committed"))
    assert before == checks.everything(bench)


def test_an_unknown_run_is_not_found(world: World, bench: Bench) -> None:
    """Only a run of this journal can be undone."""
    with pytest.raises(TargetNotFound, match="no run R1"):
        checks.undo_plan(world, bench, "R1")


def test_a_run_is_not_taken_back_on_other_systems(world: World, bench: Bench) -> None:
    """What was done on one database is never undone on another."""
    outcome = granted(world, bench)
    world.endpoints = type(world.endpoints)(
        **{**vars(world.endpoints), "targets": {"atmosphere": "postgresql://db/atmo_prod"}}
    )
    before = checks.everything(bench)

    with pytest.raises(CannotUndo, match="can't be undone") as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert "postgresql://db/atmo_prod" in caught.value.why
    assert before == checks.everything(bench)


def test_a_cut_off_run_is_not_settled_on_other_systems(world: World, bench: Bench) -> None:
    """What became of a run is looked up where it ran."""
    plan = checks.plan(world, "grant_staff", username="joetest")
    run_id = checks.interrupted(world, bench, plan)
    world.endpoints = type(world.endpoints)(
        **{**vars(world.endpoints), "targets": {"atmosphere": "postgresql://db/atmo_prod"}}
    )

    settled = engine.settle(world, bench.journal)
    assert () == settled.outcomes
    assert "postgresql://db/atmo_prod" in settled.unresolved[run_id].what
    assert "unknown" == bench.journal.runs()[-1].state
