"""Redeploying: only what is active in the cloud, through the API alone, asked for once."""

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
    """Return the uuid of an instance of the fixture."""
    return Instance.objects.get(pk=instance_key(name)).provider_alias


@pytest.mark.parametrize("given", ["1111-222-3344", "guide-example", "11111111-2222-3333-4444-555555555555", "%"])
def test_an_unknown_instance_is_not_found(world: World, bench: Bench, given: str) -> None:
    """Its name or number will not do; what begins alike is offered."""
    error = check_refuses(world, bench, NAME, TargetNotFound, f"no instance {given!r}", instance_id=given)

    assert (given == "1111-222-3344") == (f"did you mean {GUIDE_INSTANCE}?" == error.why)


@pytest.mark.parametrize("name", ["terminated", "terminated-cleanly"])
def test_an_ended_instance_is_refused(world: World, bench: Bench, name: str) -> None:
    """An open row of its history changes nothing: its end date counts."""
    check_refuses(world, bench, NAME, Refused, "the cloud no longer has it", instance_id=instance_id(name))


def test_an_instance_without_a_history_is_refused(world: World, bench: Bench) -> None:
    """Upstream's own look would write a row; this one does not."""
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
def test_what_is_not_active_is_refused(world: World, bench: Bench, status: str, step: str) -> None:
    """Each status says what to do first."""
    error = check_refuses(
        world, bench, NAME, Refused, "only an active one can be redeployed", instance_id=instance_id(f"is-{status}")
    )

    assert step in error.next_step


def test_the_latest_row_counts_not_the_open_one(world: World, bench: Bench) -> None:
    """Its open row says active, its latest one suspended."""
    check_refuses(world, bench, NAME, Refused, "is suspended", instance_id=instance_id("late-row"))


def test_without_the_api_it_is_refused(world: World, bench: Bench) -> None:
    """A row in the database would start nothing."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")

    error = check_refuses(world, bench, NAME, Refused, "API is not configured", instance_id=GUIDE_INSTANCE)

    assert "RUNBOOK_API_URL" in error.next_step


@pytest.mark.parametrize(
    "name", ["is-active", "is-networking", "is-deploying", "is-deploy_error", "is-redeploy", "is-reboot", "is-build"]
)
def test_what_is_or_may_be_active_is_redeployed(world: World, name: str) -> None:
    """A build may be the wait after a reboot, and then Atmosphere takes it."""
    planned = plan(world, NAME, instance_id=instance_id(name))

    assert 1 == len(planned.changes)
    assert ("a build may be" in "".join(planned.warnings)) == (name == "is-build")


def test_plan_shows_the_status_and_when_to_check_again(world: World) -> None:
    """Whose it is, since when, how long the timers are, and that there is no way back."""
    seen = "active since 2026-01-13 10:00 UTC"

    line = f'call   api instances/{GUIDE_INSTANCE}  redeploy: "{seen}" → "requested; was {seen}"'
    planned = check_plans(world, NAME, [f"{line}  (irreversible)"], instance_id=GUIDE_INSTANCE)

    status = f"instance {GUIDE_INSTANCE} (guide-example, of joetest): {seen}, 2 days"
    assert f"{status}; this status can be 15 minutes old" == planned.warnings[0]
    assert "Nova of provider 4 (cloud fixture-4) currently shows: active" == planned.warnings[1]
    assert "Check again in 20 minutes" in planned.warnings[2]
    assert planned.warnings[2].endswith("All boot scripts run again, and the user gets another email")


def test_the_cloud_may_know_better(world: World, bench: Bench) -> None:
    """What is only stuck in the database, or gone from the cloud, or why it failed: each is told, in Nova's words."""
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
def test_a_cloud_that_does_not_tell_is_only_a_warning(world: World, bench: Bench, status: int, text: str) -> None:
    """The plan is made all the same."""
    nova_store.fail(nova_state(bench.practice), 4, status)

    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert planned.warnings[1].startswith("the cloud did not respond: Nova of provider 4 (cloud fixture-4) ")
    assert text in planned.warnings[1]
    assert 1 == len(planned.changes)


def test_without_a_cloud_nothing_is_said_of_it(world: World) -> None:
    """It is a source that tells more, never one that is needed."""
    world.endpoints = dataclasses.replace(world.endpoints, clouds={})

    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert [] == [warning for warning in planned.warnings if "Nova" in warning or "cloud did not respond" in warning]


@pytest.mark.both_databases
def test_it_is_asked_for_once_and_begins_a_new_row(world: World, bench: Bench) -> None:
    """The history gets a row, so the timers start again; the same plan is stale then, and an undo is refused."""
    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    outcome = apply(world, bench, planned)

    row = InstanceStatusHistory.objects.filter(instance_id=instance_key("guide-example")).latest("pk")
    assert ("applied", "redeploy", NOW) == (outcome.state, row.status.name, row.start_date)
    with pytest.raises(StalePlan, match="redeploy was"):
        apply(world, bench, planned)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_a_second_time_is_another_plan(world: World, bench: Bench) -> None:
    """The new status makes it one; the operator hears that a deployment runs already."""
    apply(world, bench, plan(world, NAME, instance_id=GUIDE_INSTANCE))

    again = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert "a deployment seems to run already" in "".join(again.warnings)
    assert "applied" == apply(world, bench, again).state


@pytest.mark.both_databases
def test_the_cloud_has_the_last_word(world: World, bench: Bench) -> None:
    """The database said build, Atmosphere says not active: a refusal in its words, and nothing is changed."""
    planned = plan(world, NAME, instance_id=instance_id("build-for-hours"))
    before = everything(bench)

    with pytest.raises(Refused) as caught:
        apply(world, bench, planned)

    assert "Cannot redeploy to an instance in a non-active state. (Current state: build)" in caught.value.why
    assert before == everything(bench)
    assert "not-applied" == bench.journal.runs()[-1].state
