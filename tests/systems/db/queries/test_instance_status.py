"""The current status of many instances: the latest row counts, and each instance is read once."""

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


def statuses(result: instance_status.RunningInstances) -> dict[str, str]:
    """Return instance name → current status."""
    return {instance.name: instance.status for instance in result.instances}


def volume_source() -> int:
    """Return the id of a volume's source."""
    return int(Volume.objects.order_by("pk").values_list("instance_source_id", flat=True)[0])


@pytest.mark.parametrize(
    ("activity", "listed"), [("unshelving", {"is-shelved"}), ("", set()), ("N/A", set()), ("user_deploy_error", set())]
)
def test_steady_status_counts_only_with_a_task(world: World, activity: str, listed: set[str]) -> None:
    """A status of `in_task` counts while an activity that is not an error is within it."""
    InstanceStatusHistory.objects.filter(instance__name="is-shelved").update(activity=activity)

    by_name = statuses(instance_status.instances_in_states({"networking": None}, in_task=["shelved"]))

    assert listed == {name for name, status in by_name.items() if status == "shelved"}
    assert "networking" in by_name.values()


def test_row_with_the_latest_begin_counts(world: World) -> None:
    """A row without an end does not matter; of two rows with the same begin, the higher key counts."""
    by_name = statuses(instance_status.instances_in_states(ANY))

    assert "active" == by_name["two-open-rows"]
    assert "active" == by_name["tied-rows"]
    assert "suspended" == by_name["late-row"]


def test_every_running_instance_is_returned_once(world: World) -> None:
    """Each has the status of its last step; ended instances are excluded, and those without a row are counted."""
    expected = {
        launch.name: launch.steps[-1].status for launch in LAUNCHES if launch.ended_minutes is None and launch.steps
    }
    result = instance_status.instances_in_states(ANY)

    sources_of_requests = {name for name in statuses(result) if name.startswith("source of ")}
    assert expected == {name: status for name, status in statuses(result).items() if name not in sources_of_requests}
    assert len(result.instances) == len(statuses(result))
    assert (1, False) == (result.without_status, result.is_cut)


def test_status_counts_up_to_its_latest_begin(world: World) -> None:
    """A status that began at the limit counts, one that began a microsecond later does not; None allows any begin."""
    exact = next(
        instance
        for instance in instance_status.instances_in_states({"networking": None}).instances
        if instance.name == "networking-25-minutes"
    )

    at = instance_status.instances_in_states({"networking": exact.since})
    before = instance_status.instances_in_states({"networking": exact.since - timedelta(microseconds=1)})

    assert "networking-25-minutes" in statuses(at)
    assert "networking-25-minutes" not in statuses(before)
    assert "networking-3-hours" in statuses(before)
    assert {} == statuses(instance_status.instances_in_states({}))


def test_latest_status_change_comes_first(world: World) -> None:
    """So a truncated result lacks the oldest instances."""
    begins = [instance.since for instance in instance_status.instances_in_states(ANY).instances]

    assert sorted(begins, reverse=True) == begins


def test_instance_has_its_image_size_and_error(world: World) -> None:
    """The provider's id precedes its name, because names are not unique."""
    instance = next(
        instance
        for instance in instance_status.instances_in_states({"deploy_error": None}).instances
        if instance.name == "unreachable"
    )

    assert ("Genome Workbench 1.0", "5 Jetstream - TACC", "m1.small") == (
        instance.image,
        instance.provider,
        instance.size,
    )
    assert instance.error_text.startswith("Error running playbooks\nAnsibleDeployException: Instance: ")
    assert instance.error_text.endswith("- Unreachable")


def test_secret_in_an_error_is_masked(world: World) -> None:
    """Upstream stores parts of a command line, which can contain a secret."""
    rows = InstanceStatusHistory.objects.filter(instance__name="deploy-failed", status__name="deploy_error")
    rows.update(extra={"display_error": "password=hunter2", "traceback": "password=hunter2"})

    instance = next(
        instance
        for instance in instance_status.instances_in_states({"deploy_error": None}).instances
        if instance.name == "deploy-failed"
    )

    assert "password=(masked)" == instance.error_text


def test_instance_from_a_volume_is_returned_too(world: World) -> None:
    """It has no application to name."""
    volume = volume_source()
    Instance.objects.filter(name="deploy-failed").update(source_id=volume)

    instance = next(
        instance
        for instance in instance_status.instances_in_states({"deploy_error": None}).instances
        if instance.name == "deploy-failed"
    )

    assert "" == instance.image
    assert {volume: 1} == instance_status.count_started_from({volume})


def test_only_running_instances_count_for_a_source(world: World) -> None:
    """Ended instances say nothing about an image."""
    source = Instance.objects.get(name="terminated").source_id
    everything = Instance.objects.filter(source_id=source).count()

    assert {source: everything - 2} == instance_status.count_started_from({source})


def test_only_instances_of_the_user_are_returned(world: World) -> None:
    """Their status does not matter; ended instances are excluded."""
    user = AtmosphereUser.objects.get(username="0042")

    assert {"name with \"quotes\"; 'and' $(more)": "active"} == statuses(instance_status.instances_of_user(user.pk))


def test_number_of_statements_is_small(world: World) -> None:
    """One statement reads the statuses, one the latest rows, and one the details of up to 500 instances."""
    with sessions.statements() as statements:
        instance_status.instances_in_states(ANY)

    assert 3 == len([sql for sql in statements if sql.startswith("SELECT")])
    assert not any(" OVER " in sql for sql in statements)


def test_latest_rows_are_read_by_an_index(world: World) -> None:
    """Either database reads the index once per instance and does not scan the history.

    PostgreSQL uses an index only on a large table, so sequential scans are off. The index is upstream's.
    """
    connection = connections["atmosphere"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX upstream_instance_index ON instance_status_history (instance_id)")
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")
    plan = instance_status.latest_row_keys(Instance.objects.filter(end_date=None)).explain()

    assert "upstream_instance_index" in plan
