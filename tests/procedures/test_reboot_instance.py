"""Rebooting: only active instances and failed deployments, a soft reboot by default, only through the API."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CannotUndo, OutcomeUnknown, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.folder import nova_state
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.launches import GUIDE_INSTANCE
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatusHistory
from tests.checks import apply, check_refuses, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "reboot_instance"


def instance_id(name: str) -> str:
    """Return the UUID of an instance of the fixture."""
    return Instance.objects.get(pk=instance_key(name)).provider_alias


def test_unknown_instance_is_not_found(world: World, bench: Bench) -> None:
    """Its name is not accepted."""
    check_refuses(world, bench, NAME, TargetNotFound, "no instance 'guide-example'", instance_id="guide-example")


def test_ended_instance_is_refused(world: World, bench: Bench) -> None:
    """The cloud no longer has it."""
    check_refuses(world, bench, NAME, Refused, "no longer has it", instance_id=instance_id("terminated"))


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("redeploy", "wait 20 minutes for the redeployment"),
        ("suspended", "resume it instead"),
        ("shelved", "unshelve it instead"),
        ("shelved_offloaded", "unshelve it instead"),
        ("shutoff", "start it instead"),
        ("paused", "unpause it"),
        ("error", "openstack server show"),
        ("deleted", "check it in the web interface"),
        ("verify_resize", "check it in the web interface"),
    ],
)
def test_status_without_a_reboot_is_refused(world: World, bench: Bench, status: str, step: str) -> None:
    """Each refusal names the alternative."""
    error = check_refuses(world, bench, NAME, Refused, "it cannot be rebooted", instance_id=instance_id(f"is-{status}"))

    assert step in error.next_step


def test_missing_api_is_refused(world: World, bench: Bench) -> None:
    """A change in the database would start nothing."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")

    check_refuses(world, bench, NAME, Refused, "API is not configured", instance_id=GUIDE_INSTANCE)


@pytest.mark.both_databases
@pytest.mark.parametrize(("hard", "action", "status"), [(False, "SOFT", "reboot"), (True, "HARD", "hard_reboot")])
def test_instance_is_rebooted(world: World, bench: Bench, *, hard: bool, action: str, status: str) -> None:
    """The kind is in the plan and in Atmosphere's record; the same plan is stale then, and an undo is refused."""
    planned = plan(world, NAME, instance_id=GUIDE_INSTANCE, hard=hard)
    assert f"reboot {action}: " in planned.changes[0].describe()
    assert hard == ("is lost" in "".join(planned.warnings))
    assert "All boot scripts run again, and the user gets another email" in "".join(planned.warnings)

    outcome = apply(world, bench, planned)

    row = InstanceStatusHistory.objects.filter(instance_id=instance_key("guide-example")).latest("pk")
    assert ("applied", status) == (outcome.state, row.status.name)
    with pytest.raises(StalePlan, match=f"reboot {action} was"):
        apply(world, bench, planned)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)


def test_state_in_the_cloud_is_shown(world: World, bench: Bench) -> None:
    """Its status in a plan and its fault in a refusal; a cloud that does not respond is only a warning."""
    planned = plan(world, NAME, instance_id=instance_id("is-deploying"))
    failed = check_refuses(world, bench, NAME, Refused, "is error", instance_id=instance_id("is-error")).why
    nova_store.fail(nova_state(bench.practice), 4, 503)
    silent = plan(world, NAME, instance_id=GUIDE_INSTANCE)

    assert "Nova of provider 4 (cloud fixture-4) currently shows: active - deploying" == planned.warnings[1]
    assert "Quota exceeded for cores: Requested 2, but already used 16 of 16 cores" in failed
    assert silent.warnings[1].startswith("the cloud did not respond: Nova of provider 4 (cloud fixture-4) ")


def test_hanging_reboot_leads_to_a_hard_reboot(world: World) -> None:
    """The plan of a soft reboot suggests it; that of a hard reboot does not."""
    for hard in (False, True):
        planned = plan(world, NAME, instance_id=instance_id("is-reboot"), hard=hard)
        assert hard != ("if it hangs, use hard=True" in "".join(planned.warnings))


@pytest.mark.both_databases
def test_conflict_in_the_cloud_leaves_the_outcome_unknown(world: World, bench: Bench) -> None:
    """Atmosphere passes on every conflict of Nova, also one that comes after the reboot; the error quotes it."""
    planned = plan(world, NAME, instance_id=instance_id("is-build"))

    with pytest.raises(OutcomeUnknown, match="run ") as caught:
        apply(world, bench, planned)

    assert "HTTP 409: 409 Conflict Cannot 'reboot' instance" in caught.value.why
    assert caught.value.changed is None
    assert "Nothing was changed" not in str(caught.value)
    assert "unknown" == bench.journal.runs()[-1].state
