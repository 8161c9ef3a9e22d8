"""Redeploying: only instances that are active in the cloud, only through the API, only once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CannotUndo, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.folder import nova_state
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.launches import GUIDE_INSTANCE
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatusHistory
from tests.checks import apply, check_plans, check_refuses, everything, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "redeploy_instance"


def instance_id(name: str) -> str:
    """Return the UUID of an instance of the fixture."""
    return Instance.objects.get(pk=instance_key(name)).provider_alias


@pytest.mark.parametrize("given", ["1111-222-3344", "guide-example", "11111111-2222-3333-4444-555555555555", "%"])
def test_unknown_instance_is_not_found(world: World, bench: Bench, given: str) -> None:
    """Its name or number is not accepted; the error suggests a UUID with the same beginning."""
    error = check_refuses(world, bench, NAME, TargetNotFound, f"no instance {given!r}", instance_id=given)

    assert (given == "1111-222-3344") == (f"did you mean {GUIDE_INSTANCE}?" == error.why)


@pytest.mark.parametrize("name", ["terminated", "terminated-cleanly"])
def test_ended_instance_is_refused(world: World, bench: Bench, name: str) -> None:
    """Its end date counts, even if its history has an open row."""
    check_refuses(world, bench, NAME, Refused, "the cloud no longer has it", instance_id=instance_id(name))


def test_instance_without_a_history_is_refused(world: World, bench: Bench) -> None:
    """Atmosphere's own inspection would write a row; this one does not."""
    text = "has no status in the database"

    check_refuses(world, bench, NAME, Refused, text, instance_id=instance_id("no-history"))


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("suspended", "resume it first"),
        ("shelved", "unshelve it first"),
        ("shelved_offloaded", "unshelve it first"),
        ("shutoff", "start it first"),
        ("paused", "unpause it"),
        ("error", "openstack server show"),
        ("deleted", "check it in the web interface"),
        ("unknown", "check it in the web interface"),
        ("Unknown-capital", "check it in the web interface"),
        ("resize", "check it in the web interface"),
        ("pending", "check it in the web interface"),
    ],
)
def test_inactive_instance_is_refused(world: World, bench: Bench, status: str, step: str) -> None:
    """Each refusal names the first step."""
    error = check_refuses(
        world,
        bench,
        NAME,
        Refused,
        "only an active instance can be redeployed",
        instance_id=instance_id(f"is-{status}"),
    )

    assert step in error.next_step


def test_latest_history_row_counts(world: World, bench: Bench) -> None:
    """Its open row says active, its latest row suspended."""
    check_refuses(world, bench, NAME, Refused, "is suspended", instance_id=instance_id("late-row"))


def test_missing_api_is_refused(world: World, bench: Bench) -> None:
    """A change in the database would start nothing."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")

    error = check_refuses(world, bench, NAME, Refused, "API is not configured", instance_id=GUIDE_INSTANCE)

    assert "RUNBOOK_API_URL" in error.next_step


@pytest.mark.parametrize(
    "name", ["is-active", "is-networking", "is-deploying", "is-deploy_error", "is-redeploy", "is-reboot", "is-build"]
)
def test_possibly_active_instance_is_redeployed(world: World, name: str) -> None:
    """The status build can be the wait after a reboot, and then Atmosphere accepts it."""
    planned = plan(world, NAME, instance_id=instance_id(name))

    assert 1 == len(planned.changes)
    assert ("build can mean" in "".join(planned.warnings)) == (name == "is-build")


def test_plan_shows_the_status_and_when_to_check_again(world: World) -> None:
    """The plan shows the owner, the age of the status, the timers, and that the call is irreversible."""
    status = "active since 2026-01-13 10:00 UTC"

    line = f'call   api instances/{GUIDE_INSTANCE}  redeploy: "{status}" → "requested; was {status}"'
    planned = check_plans(world, NAME, [f"{line}  (irreversible)"], instance_id=GUIDE_INSTANCE)

    expected = (
        f"instance {GUIDE_INSTANCE} (guide-example, of joetest): {status}, 2 days; this status can be 15 minutes old"
    )
    assert expected == planned.warnings[0]
    assert "Nova of provider 4 (cloud fixture-4) currently shows: active" == planned.warnings[1]
    assert "Check again in 20 minutes" in planned.warnings[2]
    assert planned.warnings[2].endswith("All boot scripts run again, and the user gets another email")


def test_state_in_the_cloud_is_shown(world: World, bench: Bench) -> None:
    """Stuck only in the database, gone from the cloud, or failed there: each is quoted from Nova."""
    stuck = plan(world, NAME, instance_id=instance_id("deploying-2-hours")).warnings[1]
    failed = check_refuses(world, bench, NAME, Refused, "is error", instance_id=instance_id("no-host")).why
    gone = check_refuses(world, bench, NAME, Refused, "is deleted", instance_id=instance_id("is-deleted")).why

    assert stuck.endswith("currently shows: active")
    assert failed.endswith("currently shows: error; fault at 2026-01-15 11:32 UTC: 'No valid host was found. '")
    assert gone.endswith("currently has no such server, or its account can't see it")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (503, "cannot be reached at http://127.0.0.1:"),
        (401, "in clouds.yaml (HTTP 401)"),
        (403, "rejected the request to show"),
    ],
)
def test_unresponsive_cloud_is_only_a_warning(world: World, bench: Bench, status: int, text: str) -> None:
    """The plan is still made."""
    nova_store.fail(nova_state(bench.practice), 4, status)

    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert planned.warnings[1].startswith("the cloud did not respond: Nova of provider 4 (cloud fixture-4) ")
    assert text in planned.warnings[1]
    assert 1 == len(planned.changes)


def test_missing_cloud_gives_no_warning(world: World) -> None:
    """It is an optional data source, never a required one."""
    world.endpoints = dataclasses.replace(world.endpoints, clouds={})

    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert [] == [warning for warning in planned.warnings if "Nova" in warning or "cloud did not respond" in warning]


@pytest.mark.both_databases
def test_redeployment_starts_a_new_history_row(world: World, bench: Bench) -> None:
    """The timers start again; the same plan is stale then, and an undo is refused."""
    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    outcome = apply(world, bench, planned)

    row = InstanceStatusHistory.objects.filter(instance_id=instance_key("guide-example")).latest("pk")
    assert ("applied", "redeploy", NOW) == (outcome.state, row.status.name, row.start_date)
    with pytest.raises(StalePlan, match="redeploy was"):
        apply(world, bench, planned)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_second_redeployment_needs_a_new_plan(world: World, bench: Bench) -> None:
    """The new status makes the plan different, and the warning says that a deployment is running."""
    apply(world, bench, plan(world, NAME, instance_id=GUIDE_INSTANCE))

    second = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert "a deployment seems to be running already" in "".join(second.warnings)
    assert "applied" == apply(world, bench, second).state


@pytest.mark.both_databases
def test_refusal_by_atmosphere_changes_nothing(world: World, bench: Bench) -> None:
    """The database says build, Atmosphere says not active: the refusal quotes it."""
    planned = plan(world, NAME, instance_id=instance_id("build-for-hours"))
    before = everything(bench)

    with pytest.raises(Refused) as caught:
        apply(world, bench, planned)

    assert "Cannot redeploy to an instance in a non-active state. (Current state: build)" in caught.value.why
    assert before == everything(bench)
    assert "not-applied" == bench.journal.runs()[-1].state
