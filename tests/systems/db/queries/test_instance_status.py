"""The present status of many instances: the latest row counts, whatever else there is, and each is read once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from runbook_lib.fixture.rows.launches import LAUNCHES, STATUSES
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, Instance, InstanceStatusHistory, Volume
from runbook_lib.systems.db.queries import instance_status
from tests import sessions

if TYPE_CHECKING:
    from runbook_lib.world.world import World

pytestmark = pytest.mark.both_databases

ANY = dict.fromkeys(STATUSES)


def names(found: instance_status.RunningInstances) -> dict[str, str]:
    """Return instance → its present status."""
    return {one.name: one.status for one in found.instances}


def volume_source() -> int:
    """Return the key of a volume's source."""
    return int(Volume.objects.order_by("pk").values_list("instance_source_id", flat=True)[0])


def test_the_row_that_began_last_counts(world: World) -> None:
    """Not the one without an end, and of two that began together the one with the higher key."""
    found = names(instance_status.instances_in_states(ANY))

    assert "active" == found["two-open-rows"]
    assert "active" == found["tied-rows"]
    assert "suspended" == found["late-row"]


def test_every_living_instance_is_found_once(world: World) -> None:
    """With the status of its last step; what ended is left out, what has no row is counted."""
    expected = {one.name: one.steps[-1].status for one in LAUNCHES if one.ended_minutes is None and one.steps}
    found = instance_status.instances_in_states(ANY)

    of_requests = {name for name in names(found) if name.startswith("source of ")}
    assert expected == {name: status for name, status in names(found).items() if name not in of_requests}
    assert len(found.instances) == len(names(found))
    assert (1, False) == (found.without_status, found.is_cut)


def test_a_state_counts_from_its_moment_on(world: World) -> None:
    """At the moment itself, and not a microsecond later; None is any moment."""
    exact = next(
        one
        for one in instance_status.instances_in_states({"networking": None}).instances
        if one.name == "networking-25-minutes"
    )

    at = instance_status.instances_in_states({"networking": exact.since})
    before = instance_status.instances_in_states({"networking": exact.since - timedelta(microseconds=1)})

    assert "networking-25-minutes" in names(at)
    assert "networking-25-minutes" not in names(before)
    assert "networking-3-hours" in names(before)
    assert {} == names(instance_status.instances_in_states({}))


def test_the_latest_to_change_comes_first(world: World) -> None:
    """So that what is left out for length is the oldest."""
    moments = [one.since for one in instance_status.instances_in_states(ANY).instances]

    assert sorted(moments, reverse=True) == moments


def test_an_instance_tells_its_image_size_and_fault(world: World) -> None:
    """With the provider's id before its name, for the names are not unique."""
    one = next(
        one
        for one in instance_status.instances_in_states({"deploy_error": None}).instances
        if one.name == "unreachable"
    )

    assert ("Genome Workbench 1.0", "5 Jetstream - TACC", "m1.small") == (one.image, one.provider, one.size)
    assert one.error_text.startswith("Error running playbooks\nAnsibleDeployException: Instance: ")
    assert one.error_text.endswith("- Unreachable")


def test_a_secret_in_a_fault_is_masked(world: World) -> None:
    """What upstream kept of a command line may hold one."""
    rows = InstanceStatusHistory.objects.filter(instance__name="deploy-failed", status__name="deploy_error")
    rows.update(extra={"display_error": "password=hunter2", "traceback": "password=hunter2"})

    one = next(
        one
        for one in instance_status.instances_in_states({"deploy_error": None}).instances
        if one.name == "deploy-failed"
    )

    assert "password=(masked)" == one.error_text


def test_what_started_from_no_image_is_found_too(world: World) -> None:
    """From a volume: there is no application to name."""
    volume = volume_source()
    Instance.objects.filter(name="deploy-failed").update(source_id=volume)

    one = next(
        one
        for one in instance_status.instances_in_states({"deploy_error": None}).instances
        if one.name == "deploy-failed"
    )

    assert "" == one.image
    assert {volume: 1} == instance_status.count_started_from({volume})


def test_only_the_living_count_as_started_from_a_source(world: World) -> None:
    """What ended says nothing about an image."""
    source = Instance.objects.get(name="terminated").source_id
    everything = Instance.objects.filter(source_id=source).count()

    assert {source: everything - 2} == instance_status.count_started_from({source})


def test_a_user_s_instances_are_theirs_alone(world: World) -> None:
    """In any state; what ended is left out."""
    user = AtmosphereUser.objects.get(username="0042")

    assert {"name with \"quotes\"; 'and' $(more)": "active"} == names(instance_status.instances_of_user(user.pk))


def test_the_statements_are_few_whatever_the_number(world: World) -> None:
    """The statuses' keys, the latest rows in one statement, and their details by the five hundred."""
    with sessions.statements() as seen:
        instance_status.instances_in_states(ANY)

    assert 3 == len([sql for sql in seen if sql.startswith("SELECT")])
    assert not any(" OVER " in sql for sql in seen)


def test_the_latest_rows_are_found_by_an_index(world: World) -> None:
    """On either database: one read of the index for each instance, no pass over the history.

    The table must be large enough for an index to pay, and the index must be there as upstream has it.
    """
    connection = connections["atmosphere"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX upstreams_instance_index ON instance_status_history (instance_id)")
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")
    plan = instance_status.latest_row_keys(Instance.objects.filter(end_date=None)).explain()

    assert "upstreams_instance_index" in plan
