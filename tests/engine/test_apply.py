"""The engine: the order of its steps, and what each kind of interruption leaves and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect, procedures
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected, PartlyApplied, Refused, VerifyFailed
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.model import SystemId
from runbook_lib.model.plan import Plan
from tests import sessions
from tests.checks import apply, everything, plan, undo_plan

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

MOVE = {"provider_id": 4, "image_id": GUIDE_IMAGE, "application_id": 1144, "version_name": "1.2"}


def _raise_at(wanted: str, error: BaseException) -> Any:
    def watch(point: str) -> None:
        if point == wanted:
            raise error

    return watch


def _states(bench: Bench) -> list[str]:
    return [run.state for run in bench.journal.runs()]


def test_steps_run_in_order_and_each_commit_is_announced(world: World, bench: Bench) -> None:
    """Both databases are locked and written before the first commit; Troposphere, which users see, commits last."""
    points: list[str] = []

    apply(world, bench, plan(world, "grant_staff", username="joetest"), watch=points.append)

    assert [
        "the intent is journaled",
        "rows are locked and match the plan",
        "rows are written, not committed",
        "about to: commit atmosphere",
        "done: commit atmosphere",
        "about to: commit troposphere",
        "done: commit troposphere",
        "verified",
        "outcome journaled: applied",
    ] == points


def test_journal_is_ahead_of_every_step(world: World, bench: Bench) -> None:
    """At each point the last record announces at least what has been done."""
    kinds: dict[str, str] = {}

    def watch(point: str) -> None:
        last = list(bench.journal.records())[-1]
        kinds[point] = f"{last['kind']} {last.get('about', '')}".strip()

    apply(world, bench, plan(world, "move_image_version", **MOVE), watch=watch)

    assert {
        "the intent is journaled": "intent",
        "rows are locked and match the plan": "intent",
        "rows are written, not committed": "intent",
        "about to: commit atmosphere": "step commit atmosphere",
        "done: commit atmosphere": "step commit atmosphere",
        "verified": "step commit atmosphere",
        "outcome journaled: applied": "outcome",
    } == kinds


def test_empty_plan_is_journaled_without_a_transaction(world: World, bench: Bench) -> None:
    """The record says that there was nothing to do, and who requested it."""
    points: list[str] = []

    outcome = apply(world, bench, plan(world, "grant_staff", username="staffmember"), watch=points.append)

    assert ("nothing-to-do", True, ()) == (outcome.state, outcome.verified, outcome.receipt)
    assert "outcome journaled: nothing-to-do" == points[-1]
    assert not [point for point in points if point.startswith("about to")]


def test_plan_for_other_systems_is_refused_and_not_journaled(world: World, bench: Bench) -> None:
    """The error names both sets of systems, and the journal has no run of the plan."""
    planned = plan(world, "move_image_version", **MOVE)
    elsewhere = Plan.from_json(_as_if_made_on(planned, {"atmosphere": "postgresql://db.example.org/atmo_prod"}))
    before = everything(bench)

    with pytest.raises(Refused) as caught:
        apply(world, bench, elsewhere)

    assert "postgresql://db.example.org/atmo_prod" in caught.value.what
    assert "practice = sample data" in caught.value.what
    assert before == everything(bench)
    assert [] == _states(bench)


def _as_if_made_on(planned: Plan, targets: dict[str, str]) -> dict[str, Any]:
    facts = {name: getattr(planned, name) for name in ("procedure", "params", "changes", "expects", "created")}
    return Plan(**facts, targets=targets).as_json()


def test_foreign_write_after_the_commit_fails_the_verification(world: World, bench: Bench) -> None:
    """Everything was applied, and one row differs: exit 6, the error names the row, and the receipt is kept."""

    def watch(point: str) -> None:
        if point == "done: commit atmosphere":
            sessions.execute(bench, "atmosphere", "UPDATE application_version SET name = 'other' WHERE name = '1.2'")

    with pytest.raises(VerifyFailed, match=r"not in effect: update atmosphere application_version:") as caught:
        apply(world, bench, plan(world, "move_image_version", **MOVE), watch=watch)

    assert (6, True) == (caught.value.exit_code, caught.value.changed)
    assert caught.value.run_id in caught.value.next_step
    [run] = bench.journal.runs()
    assert ("verify-failed", 1) == (run.state, len(run.receipt))


@pytest.mark.parametrize(
    "point", ["the intent is journaled", "rows are locked and match the plan", "rows are written, not committed"]
)
def test_ctrl_c_before_the_first_commit_changes_nothing(world: World, bench: Bench, point: str) -> None:
    """The caller gets the interrupt; rows are rolled back, and the journal says that nothing was applied."""
    before = everything(bench)
    planned = plan(world, "grant_staff", username="joetest")

    with pytest.raises(KeyboardInterrupt):
        apply(world, bench, planned, watch=_raise_at(point, KeyboardInterrupt()))

    assert before == everything(bench)
    assert ["not-applied"] == _states(bench)


def test_ctrl_c_between_two_commits_is_partly_applied(world: World, bench: Bench) -> None:
    """The error names the committed changes, and they can be undone."""
    before = everything(bench)
    watch = _raise_at("done: commit atmosphere", KeyboardInterrupt())

    with pytest.raises(PartlyApplied, match="KeyboardInterrupt") as caught:
        apply(world, bench, plan(world, "grant_staff", username="joetest"), watch=watch)

    assert ["partly-applied"] == _states(bench)
    apply(world, bench, undo_plan(world, bench, caught.value.run_id))
    assert before == everything(bench)


def test_call_to_unknown_system_is_refused_by_name(world: World) -> None:
    """The engine rejects a call to a system that it has no client for."""
    assert procedures.names()
    with pytest.raises(Refused, match="the runbook does not call nova:4"):
        world.outside(SystemId.parse("nova:4"))


def test_world_opens_without_any_database(tmp_path: Path) -> None:
    """The first use of a database that is not configured raises NotConnected; the fixture stays untouched."""
    settings = Settings(clouds={4: "somewhere"}, home=tmp_path / "home")

    with connect.open_world(settings, operator="tester@host") as opened, pytest.raises(NotConnected) as caught:
        plan(opened, "grant_staff", username="joetest")

    assert "RUNBOOK_ATMOSPHERE_DB, which is not set" in caught.value.what
    assert not (tmp_path / "home" / "practice").exists()
