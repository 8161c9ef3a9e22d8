"""Comparing the instances of one provider with Nova: gone, ended, unknown, differing, each with its remedy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.fixture.folder import nova_state
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.nova import ORPHAN
from runbook_lib.fixture.rows.nova_records import StoredServer
from runbook_lib.fixture.rows.people import IU, TACC
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from runbook_lib.procedures import check_instances
from runbook_lib.systems.db.models.atmosphere.models import Instance, Provider
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "check_instances"


def differences(inspection: Inspection) -> dict[str, tuple[Any, ...]]:
    """Return name → the other cells of its row."""
    (part,) = inspection.parts
    return {str(row[2]): (row[0], row[3], row[4], row[5], row[7]) for row in part.rows}  # type: ignore[union-attr]


def instance_id(name: str) -> str:
    """Return the UUID of an instance of the fixture."""
    return Instance.objects.get(pk=instance_key(name)).provider_alias


def test_unknown_provider_is_not_found(world: World, bench: Bench) -> None:
    """The error says where the number is."""
    with pytest.raises(TargetNotFound, match="no provider 77"):
        check_inspection(world, bench, NAME, provider_id=77)


def test_provider_without_a_cloud_is_refused(world: World, bench: Bench) -> None:
    """There is nothing to compare with."""
    with pytest.raises(Refused, match="has no cloud configured"):
        check_inspection(world, bench, NAME, provider_id=3)


def test_account_without_admin_rights_is_refused(world: World, bench: Bench) -> None:
    """It would see only its own project's servers, and all others would look gone."""
    world.endpoints = replace(world.endpoints, clouds={4: "fixture-4-member"})

    with pytest.raises(Refused, match="rejected the request to list servers"):
        check_inspection(world, bench, NAME, provider_id=4)


@pytest.mark.both_databases
def test_instance_that_has_gone_is_ended(world: World, bench: Bench) -> None:
    """Each has the command that ends it."""
    inspection = check_inspection(world, bench, NAME, provider_id=TACC)

    expected = ("gone from the cloud", "unlimited", "active", "", "")
    assert expected == differences(inspection)["deleted-in-nova"]
    command = f"runbook plan end_date_instance -p instance_id={instance_id('deleted-in-nova')}"
    assert command == inspection.steps[0].command


@pytest.mark.both_databases
def test_server_without_a_row_is_unknown(world: World, bench: Bench) -> None:
    """The step shows it in Nova."""
    inspection = check_inspection(world, bench, NAME, provider_id=TACC)

    assert ("unknown to Atmosphere", "", "no row", "error", "") == differences(inspection)["nobody's"]
    assert f"openstack server show {ORPHAN}" in [step.command for step in inspection.steps]
    assert (
        "3 running instances of Jetstream - TACC, 3 servers in Nova: 1 gone from the cloud, 1 unknown to Atmosphere."
        == inspection.answer
    )


def test_ended_instance_in_the_cloud_is_listed(world: World, bench: Bench) -> None:
    """Atmosphere's monitor removes such an end."""
    Instance.objects.filter(pk=instance_key("unreachable")).update(end_date=world.now())

    inspection = check_inspection(world, bench, NAME, provider_id=TACC)

    expected = ("ended, but in the cloud", "zoë", "ended", "active - deploy_error", "")
    owner = Instance.objects.select_related("created_by").get(pk=instance_key("unreachable")).created_by.username
    assert (expected[0], owner, *expected[2:]) == differences(inspection)["unreachable"]
    assert "monitor_instances_for(5)" in "".join(step.text for step in inspection.steps)


def test_instance_of_another_provider_is_unknown_here(world: World, bench: Bench) -> None:
    """Its row names another cloud."""
    state = nova_state(bench.practice)
    (server,) = [row for row in nova_store.every(state, IU, StoredServer) if row.name == "is-shutoff"]
    nova_store.put(state, replace(server, provider_id=TACC))

    rows = differences(check_inspection(world, bench, NAME, provider_id=TACC))

    assert ("unknown to Atmosphere", "joetest", "on another provider", "shutoff", "") == rows["is-shutoff"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deploying-2-hours", ("status differs", "joetest", "deploying", "active", "")),
        ("no-history", ("status differs", "joetest", "no status", "active", "")),
        (
            "is-running",
            ("status differs", "joetest", "running", "active", "Nova changed it in the last 15 minutes"),
        ),
        ("is-deploying", None),
        ("is-reboot", None),
        ("deploy-failed", None),
        ("user-script-failed", None),
    ],
)
def test_status_is_compared_as_atmosphere_records_it(
    world: World, bench: Bench, name: str, expected: tuple[str, ...] | None
) -> None:
    """A task and the metadata of an active server count, as in Atmosphere."""
    assert expected == differences(check_inspection(world, bench, NAME, provider_id=IU)).get(name)


def test_recorded_status_is_shown_beside_novas(world: World, bench: Bench) -> None:
    """It is what Atmosphere writes when it reads the cloud next."""
    state = nova_state(bench.practice)
    (server,) = [row for row in nova_store.every(state, IU, StoredServer) if row.name == "null-activity"]
    nova_store.put(state, replace(server, task_state="suspending"))

    rows = differences(check_inspection(world, bench, NAME, provider_id=IU))

    assert "active - suspending (recorded as suspended)" == rows["null-activity"][3]


def test_instance_without_an_identity_has_a_note(world: World, bench: Bench) -> None:
    """Atmosphere's monitor never ends it."""
    nova_store.remove(nova_state(bench.practice), IU, instance_id("no-identity"))

    rows = differences(check_inspection(world, bench, NAME, provider_id=IU))

    assert "no identity: Atmosphere's monitor never ends it" == rows["no-identity"][-1]


def test_instances_beyond_the_limit_are_not_confirmed(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nova's list can lack a server that exists, so they have no command."""
    monkeypatch.setattr(check_instances, "_MAX_LOOKED_UP", 0)

    inspection = check_inspection(world, bench, NAME, provider_id=TACC)

    assert "not confirmed: too many to look up one by one" == differences(inspection)["deleted-in-nova"][-1]
    assert "end_date_instance" not in "".join(step.command for step in inspection.steps)


def test_cloud_without_any_of_the_instances_gets_no_command(world: World, bench: Bench) -> None:
    """It is probably another cloud, so nothing is ended."""
    world.endpoints = replace(world.endpoints, clouds={**world.endpoints.clouds, 5: world.endpoints.clouds[7]})

    inspection = check_inspection(world, bench, NAME, provider_id=TACC)

    assert ["Check the entry of clouds.yaml: Nova has none of the instances, so it can be another cloud."] == [
        step.text for step in inspection.steps
    ]


def test_inactive_provider_is_named(world: World, bench: Bench) -> None:
    """Atmosphere's monitor skips it."""
    Provider.objects.filter(pk=TACC).update(active=False)

    answer = check_inspection(world, bench, NAME, provider_id=TACC).answer

    assert answer.endswith("The provider is not active, so Atmosphere's monitor does not check it.")


def test_provider_without_instances_has_no_differences(world: World, bench: Bench) -> None:
    """The answer says so."""
    inspection = check_inspection(world, bench, NAME, provider_id=7)

    assert "0 running instances of Example OpenStack - Tucson, 0 servers in Nova: no differences." == inspection.answer
    assert () == inspection.steps
