"""Undo: which runs can be undone, and what the plan or the refusal reports about the others."""

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


def apply_grant(world: World, bench: Bench, username: str = "joetest", **given: Any) -> Outcome:
    """Grant staff on Atmosphere and return the outcome."""
    planned = checks.plan(world, "grant_staff", username=username, site="atmosphere", **given)
    return checks.apply(world, bench, planned)


def undo_run(world: World, bench: Bench, run_id: str) -> Outcome:
    """Undo a run and return the outcome."""
    return checks.apply(world, bench, checks.undo_plan(world, bench, run_id))


def read_user(name: str = "joetest") -> AtmosphereUser:
    """Return a user as the database has it now."""
    return AtmosphereUser.objects.get(username=name)


def test_undo_has_a_plan_that_changes_nothing(world: World, bench: Bench) -> None:
    """The plan names the run and holds the inverse changes; planning changes nothing."""
    outcome = apply_grant(world, bench)
    before = checks.everything(bench)

    plan = checks.undo_plan(world, bench, outcome.run_id)

    assert before == checks.everything(bench)
    assert (outcome.run_id, "grant_staff") == (plan.undoes, plan.procedure)
    assert [change.inverse() for change in reversed(outcome.receipt)] == list(plan.changes)
    assert world.targets() == plan.targets


def test_undo_can_be_undone_repeatedly(world: World, bench: Bench) -> None:
    """The undo of an undo repeats the change, and the first run can then be undone once more."""
    before = checks.everything(bench)
    first = apply_grant(world, bench)
    after = checks.everything(bench)

    second = undo_run(world, bench, first.run_id)
    assert before == checks.everything(bench)
    undo_run(world, bench, second.run_id)
    assert after == checks.everything(bench)
    undo_run(world, bench, first.run_id)
    assert before == checks.everything(bench)
    assert () == bench.journal.check().problems


def test_run_is_undone_once(world: World, bench: Bench) -> None:
    """The second undo names the first one and the command that repeats the change."""
    first = apply_grant(world, bench)
    second = undo_run(world, bench, first.run_id)

    with pytest.raises(CannotUndo, match="can't be undone") as caught:
        checks.undo_plan(world, bench, first.run_id)
    assert f"already undone, by run {second.run_id}" in caught.value.why
    assert second.run_id in caught.value.next_step


def test_later_change_of_the_row_stops_the_undo(world: World, bench: Bench) -> None:
    """A later foreign change is not overwritten: the undo is stale before it is shown."""
    outcome = apply_grant(world, bench)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET is_staff = false WHERE username = 'joetest'")

    with pytest.raises(StalePlan) as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert 4 == caught.value.exit_code
    assert ("is_staff", True, False) == (caught.value.column, caught.value.planned, caught.value.now)


def test_change_after_the_undo_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The undo is applied exactly as shown, or not at all."""
    outcome = apply_grant(world, bench)
    plan = checks.undo_plan(world, bench, outcome.run_id)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET is_superuser = false WHERE username = 'joetest'")

    with pytest.raises(StalePlan, match="is_superuser"):
        checks.apply(world, bench, plan)
    assert read_user().is_staff
    assert "not-applied" == bench.journal.runs()[-1].state


def test_undo_keeps_later_changes_of_other_columns(world: World, bench: Bench) -> None:
    """The undo restores only the columns that the run changed."""
    outcome = apply_grant(world, bench)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET last_name = 'changed since' WHERE username = 'joetest'")

    undo_run(world, bench, outcome.run_id)
    assert (False, "changed since") == (read_user().is_staff, read_user().last_name)


def test_empty_run_has_nothing_to_undo(world: World, bench: Bench) -> None:
    """The refusal of an empty run differs from that of an irreversible one."""
    apply_grant(world, bench)
    outcome = apply_grant(world, bench)
    assert "nothing-to-do" == outcome.state

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert "it changed nothing (its state is nothing-to-do)" == caught.value.why


def test_stale_run_has_nothing_to_undo(world: World, bench: Bench) -> None:
    """A stale run changed nothing, so there is nothing to undo."""
    plan = checks.plan(world, "grant_staff", username="joetest", site="atmosphere")
    apply_grant(world, bench)
    with pytest.raises(StalePlan):
        checks.apply(world, bench, plan)

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, bench.journal.runs()[-1].run_id)
    assert "its state is not-applied" in caught.value.why


def test_interrupted_run_must_be_settled_first(world: World, bench: Bench) -> None:
    """Its changes are unknown, and the next step resolves it."""
    plan = checks.plan(world, "grant_staff", username="joetest", site="atmosphere")
    run_id = checks.interrupted(world, bench, plan)

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, run_id)
    assert "history --settle" in caught.value.next_step

    assert [(run_id, "not-applied")] == checks.settle(world, bench)
    assert [] == checks.settle(world, bench)


def _journal_unavailable_from(bench: Bench, point: str) -> Callable[[str], None]:
    """Return a watcher that makes the journal unavailable at a point of the run."""

    def watch(reached: str) -> None:
        if reached == point:
            bench.journal.path.rename(bench.home / "journal.away")
            bench.journal.path.mkdir()

    return watch


def _restore_journal(bench: Bench) -> None:
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
def test_journal_failure_partway_is_not_reported_as_nothing_changed(
    world: World, bench: Bench, point: str, state: str
) -> None:
    """The error reports changes that could not be journaled; with the journal restored, the run settles and undoes."""
    before = checks.everything(bench)
    plan = checks.plan(world, "grant_staff", username="joetest")
    assert ["atmosphere", "troposphere"] == list(plan.stages())

    with pytest.raises(PartlyApplied, match="update atmosphere atmosphere_user") as caught:
        checks.apply(world, bench, plan, watch=_journal_unavailable_from(bench, point))
    assert caught.value.changed
    assert "history --settle" in caught.value.why
    _restore_journal(bench)

    assert [state] == [ended for _, ended in checks.settle(world, bench)]
    undo_run(world, bench, caught.value.run_id)
    assert before == checks.everything(bench)


def test_journal_failure_before_the_first_commit_stops_the_run(world: World, bench: Bench) -> None:
    """The engine makes no step without a record of it."""
    before = checks.everything(bench)
    plan = checks.plan(world, "grant_staff", username="joetest")

    with pytest.raises(Refused, match="can't be written"):
        checks.apply(world, bench, plan, watch=_journal_unavailable_from(bench, "rows are written, not committed"))
    assert before == checks.everything(bench)


def test_unknown_run_is_not_found(world: World, bench: Bench) -> None:
    """Only a run of this journal can be undone."""
    with pytest.raises(TargetNotFound, match="no run R1"):
        checks.undo_plan(world, bench, "R1")


def test_run_is_not_undone_on_other_systems(world: World, bench: Bench) -> None:
    """A change of one database is never undone on another."""
    outcome = apply_grant(world, bench)
    world.endpoints = type(world.endpoints)(
        **{**vars(world.endpoints), "targets": {"atmosphere": "postgresql://db/atmo_prod"}}
    )
    before = checks.everything(bench)

    with pytest.raises(CannotUndo, match="can't be undone") as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert "postgresql://db/atmo_prod" in caught.value.why
    assert before == checks.everything(bench)


def test_interrupted_run_is_not_settled_on_other_systems(world: World, bench: Bench) -> None:
    """A run is resolved only on the systems where it ran."""
    plan = checks.plan(world, "grant_staff", username="joetest")
    run_id = checks.interrupted(world, bench, plan)
    world.endpoints = type(world.endpoints)(
        **{**vars(world.endpoints), "targets": {"atmosphere": "postgresql://db/atmo_prod"}}
    )

    settled = engine.settle(world, bench.journal)
    assert () == settled.outcomes
    assert "postgresql://db/atmo_prod" in settled.unresolved[run_id].what
    assert "unknown" == bench.journal.runs()[-1].state
