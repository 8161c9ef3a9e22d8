"""Stopping the maintenance: every active record of both sites or neither; the warnings name the remaining records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, ParamError, PartlyApplied, StalePlan
from runbook_lib.fixture.clock import NOW
from runbook_lib.systems.db.queries import maintenance
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    undo_plan,
)

if TYPE_CHECKING:
    from runbook_lib.model import Database
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "stop_maintenance"
ATMOSPHERE_KEEPS = (
    "Atmosphere keeps its upcoming maintenance: 'February maintenance' (id 25504, from 2026-02-04 12:00 UTC)"
)
TROPOSPHERE_KEEPS = (
    "Troposphere keeps its upcoming maintenance: 'February maintenance' (id 27504, from 2026-02-04 12:00 UTC)"
)
BOUND = (
    "Atmosphere keeps the maintenance of a single provider: 'Storage work at IU' (id 25505, from 2026-01-15 09:00 UTC)"
)
END = '"2026-01-15T12:00:00+00:00"'
EVENING = '"2026-01-15T18:00:00+00:00"'
ON_ATMOSPHERE = [
    f"update atmosphere maintenance_record:25502  end_date: null → {END}",
    f"update atmosphere maintenance_record:25503  end_date: {EVENING} → {END}",
    f"update atmosphere maintenance_record:25501  end_date: null → {END}",
]
BEGUN = '"2025-12-25T12:00:00+00:00"'
ELEVEN = '"2026-01-15T11:00:00+00:00"'
ON_TROPOSPHERE = [
    f"update troposphere api_maintenancerecord:27502  end_date: null → {END}, modified_date: {BEGUN} → {END}",
    f"update troposphere api_maintenancerecord:27503  end_date: {EVENING} → {END}, modified_date: {EVENING} → {END}",
    f"update troposphere api_maintenancerecord:27501  end_date: null → {END}, modified_date: {ELEVEN} → {END}",
]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("site", "where", "kept"),
    [
        ("both", "Atmosphere or Troposphere", (ATMOSPHERE_KEEPS, TROPOSPHERE_KEEPS, BOUND)),
        ("atmosphere", "Atmosphere", (ATMOSPHERE_KEEPS, BOUND)),
        ("troposphere", "Troposphere", (TROPOSPHERE_KEEPS,)),
    ],
)
def test_no_active_maintenance_needs_no_change(
    world: World, bench: Bench, site: str, where: str, kept: tuple[str, ...]
) -> None:
    """Upcoming records and those of a single provider are not stopped; the warnings name them."""
    apply(world, bench, plan(world, NAME))

    planned = check_nothing_to_do(world, NAME, site=site, because=f"no maintenance is active on {where}")

    assert kept == planned.warnings


def test_unknown_site_is_refused(world: World, bench: Bench) -> None:
    """There are two sites."""
    check_refuses(world, bench, NAME, ParamError, "site must be both or atmosphere or troposphere", site="argo")


def test_every_active_record_is_ended_now(world: World) -> None:
    """On both sites, also one with a later end; Troposphere's modified_date changes; the warnings name the rest."""
    planned = check_plans(world, NAME, [*ON_ATMOSPHERE, *ON_TROPOSPHERE])

    assert (ATMOSPHERE_KEEPS, TROPOSPHERE_KEEPS, BOUND) == planned.warnings


@pytest.mark.both_databases
@pytest.mark.parametrize(("site", "expected"), [("atmosphere", ON_ATMOSPHERE), ("troposphere", ON_TROPOSPHERE)])
def test_single_site_can_be_opened(world: World, bench: Bench, site: Database, expected: list[str]) -> None:
    """The other site stays as it is, and so does everything after an undo."""
    check_plans(world, NAME, expected, site=site)
    check_round_trip(world, bench, NAME, site=site)


@pytest.mark.both_databases
def test_no_record_is_active_afterwards(world: World, bench: Bench) -> None:
    """Upstream's own query returns none; ended records are unchanged."""
    apply(world, bench, plan(world, NAME))

    for database in ("atmosphere", "troposphere"):
        assert [] == maintenance.active(database, now=NOW)
        over = maintenance.MODELS[database]._base_manager.get(title="2017-12-12 - v30 Deployment")
        assert over.end_date is not None
        assert 2017 == over.end_date.year
        assert maintenance.upcoming(database, now=NOW)[0].end_date is None
    assert maintenance.bound_to_provider(now=NOW)[0].end_date is None


@pytest.mark.both_databases
def test_record_that_starts_now_is_stopped(world: World, bench: Bench) -> None:
    """Start and stop work together on both sites, even within one tick of the clock."""
    apply(world, bench, plan(world, NAME))
    apply(world, bench, plan(world, "start_maintenance", title="short"))

    planned = plan(world, NAME)

    assert {"atmosphere", "troposphere"} == {
        change.database for change in planned.changes if hasattr(change, "database")
    }
    apply(world, bench, planned)
    check_nothing_to_do(world, NAME, because="no maintenance is active on Atmosphere or Troposphere")


@pytest.mark.both_databases
def test_record_stopped_by_somebody_else_makes_the_plan_stale(world: World, bench: Bench) -> None:
    """Their end stays; nothing is written on either site."""
    planned = plan(world, NAME)
    maintenance.MODELS["troposphere"]._base_manager.filter(pk=27501).update(end_date=NOW)
    before = everything(bench)

    with pytest.raises(StalePlan, match="api_maintenancerecord:27501: end_date was None"):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_undo_is_refused_after_an_edited_end(world: World, bench: Bench) -> None:
    """A later change is not overwritten."""
    outcome = apply(world, bench, plan(world, NAME))
    maintenance.MODELS["atmosphere"]._base_manager.filter(pk=25501).update(end_date=None)

    with pytest.raises(StalePlan, match="maintenance_record:25501: end_date was"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_partial_stop_is_completed_by_a_second_run(world: World, bench: Bench) -> None:
    """Atmosphere is open, Troposphere is not: the receipt says so, and the next plan has the rest."""

    def fail(point: str) -> None:
        if point == "about to: commit troposphere":
            raise NotConnected(kind="unreachable", system="the troposphere database", address="here", reason="gone")

    with pytest.raises(PartlyApplied) as caught:
        apply(world, bench, plan(world, NAME), watch=fail)
    assert caught.value.changed

    check_plans(world, NAME, ON_TROPOSPHERE)


@pytest.mark.both_databases
def test_partial_stop_can_be_undone(world: World, bench: Bench) -> None:
    """Undo of the interrupted run closes Atmosphere again."""
    before = everything(bench)

    def fail(point: str) -> None:
        if point == "about to: commit troposphere":
            raise NotConnected(kind="unreachable", system="the troposphere database", address="here", reason="gone")

    with pytest.raises(PartlyApplied) as caught:
        apply(world, bench, plan(world, NAME), watch=fail)
    assert before != everything(bench)

    apply(world, bench, undo_plan(world, bench, caught.value.run_id))
    assert before == everything(bench)
