"""Ending an instance that its cloud no longer has: upstream's two columns, and only with proof from Nova."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.folder import nova_state
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.nova_records import StoredServer
from runbook_lib.fixture.rows.people import IU
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from runbook_lib.model import RowUpdate
from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceSource, InstanceStatusHistory
from tests.checks import apply, check_nothing_to_do, check_plans, check_refuses, check_round_trip, plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "end_date_instance"
NOW = '"2026-01-15T12:00:00+00:00"'
COUNTED = "the last status counts as used until now, as when Atmosphere's monitor ends an instance"


def instance_id(name: str) -> str:
    """Return the UUID of an instance of the fixture."""
    return Instance.objects.get(pk=instance_key(name)).provider_alias


def open_rows(name: str) -> list[int]:
    """Return the keys of an instance's rows of history without an end."""
    rows = InstanceStatusHistory.objects.filter(instance_id=instance_key(name), end_date=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def remove_from_nova(bench: Bench, server_id: str) -> StoredServer:
    """Delete a server in the cloud of provider 4, and return it."""
    path = nova_state(bench.practice)
    (server,) = [row for row in nova_store.every(path, IU, StoredServer) if row.id == server_id]
    nova_store.remove(path, IU, server_id)
    return server


def test_unknown_instance_is_not_found(world: World, bench: Bench) -> None:
    """Its name is not accepted."""
    check_refuses(world, bench, NAME, TargetNotFound, "no instance 'deleted-in-nova'", instance_id="deleted-in-nova")


def test_instance_that_nova_still_has_is_refused(world: World, bench: Bench) -> None:
    """The refusal shows its state in Nova."""
    error = check_refuses(world, bench, NAME, Refused, "still exists", instance_id=instance_id("is-shutoff"))

    assert "currently shows: shutoff" in error.why
    assert error.next_step.endswith(f"runbook inspect triage_instance -p instance_id={instance_id('is-shutoff')}")


def test_provider_without_a_cloud_is_refused(world: World, bench: Bench) -> None:
    """Nothing proves that the instance is gone."""
    check_refuses(world, bench, NAME, Refused, "has no cloud configured", instance_id=instance_id("on-old-cloud"))


def test_account_without_admin_rights_is_refused(world: World, bench: Bench) -> None:
    """Nova hides other projects' servers from it, so a missing server proves nothing."""
    world.endpoints = replace(world.endpoints, clouds={**world.endpoints.clouds, 5: "fixture-5-member"})

    check_refuses(
        world,
        bench,
        NAME,
        Refused,
        "rejected the request to list hypervisors",
        instance_id=instance_id("deleted-in-nova"),
    )


def test_silent_cloud_is_refused(world: World, bench: Bench) -> None:
    """Nothing proves that the instance is gone."""
    world.endpoints = replace(world.endpoints, clouds={5: "nowhere"}, clouds_file=bench.home / "clouds.yaml")
    auth = "{auth_url: 'http://127.0.0.1:9/v3', username: u, password: p, project_name: p}"
    (bench.home / "clouds.yaml").write_text(f"clouds: {{nowhere: {{auth: {auth}, region_name: R}}}}\n")

    check_refuses(world, bench, NAME, NotConnected, "cannot be reached", instance_id=instance_id("deleted-in-nova"))


def test_ended_instance_needs_no_change(world: World) -> None:
    """Its history has ended too."""
    row = Instance.objects.select_related("created_by").get(pk=instance_key("terminated-cleanly"))
    because = f"instance {row.provider_alias} (terminated-cleanly, of joetest) and its history have ended"

    check_nothing_to_do(world, NAME, because=because, instance_id=row.provider_alias)


@pytest.mark.both_databases
def test_instance_and_its_open_history_are_ended(world: World, bench: Bench) -> None:
    """Two columns change, and undo restores them.

    Source: core/models/instance.py:327-348 of Atmosphere v37-5.
    """
    given = instance_id("deleted-in-nova")
    (row,) = open_rows("deleted-in-nova")
    expected = [
        f"update atmosphere instance_status_history:{row}  end_date: null → {NOW}",
        f"update atmosphere instance:{instance_key('deleted-in-nova')}  end_date: null → {NOW}",
    ]

    planned = check_plans(world, NAME, expected, instance_id=given)

    assert (COUNTED,) == planned.warnings
    check_round_trip(world, bench, NAME, instance_id=given)


@pytest.mark.both_databases
def test_open_history_of_an_ended_instance_is_ended(world: World, bench: Bench) -> None:
    """Upstream's function also ends rows that an earlier end left open."""
    planned = plan(world, NAME, instance_id=instance_id("terminated"))

    assert open_rows("terminated") == [change.pk["id"] for change in planned.changes if isinstance(change, RowUpdate)]
    assert {"instance_status_history"} == {change.table for change in planned.changes if isinstance(change, RowUpdate)}
    check_round_trip(world, bench, NAME, instance_id=instance_id("terminated"))


def test_several_open_rows_are_ended(world: World, bench: Bench) -> None:
    """Several rows can lack an end."""
    remove_from_nova(bench, instance_id("two-open-rows"))

    planned = plan(world, NAME, instance_id=instance_id("two-open-rows"))

    assert 2 == len(open_rows("two-open-rows"))
    assert 3 == len(planned.changes)


def test_instance_without_history_is_ended(world: World, bench: Bench) -> None:
    """Only the instance changes."""
    remove_from_nova(bench, instance_id("no-history"))

    planned = plan(world, NAME, instance_id=instance_id("no-history"))

    assert ["instance"] == [change.table for change in planned.changes if isinstance(change, RowUpdate)]
    assert () == planned.warnings


def test_missing_identity_is_a_warning(world: World, bench: Bench) -> None:
    """Atmosphere's monitor goes through identities, so it never ends such an instance.

    Source: service/monitoring.py:44-60 of Atmosphere v37-5.
    """
    remove_from_nova(bench, instance_id("no-identity"))

    warnings = plan(world, NAME, instance_id=instance_id("no-identity")).warnings

    assert "no identity is recorded for it, so Atmosphere's monitor would never have ended it" in warnings


def test_inactive_provider_is_a_warning(world: World) -> None:
    """Atmosphere's monitor skips it."""
    provider = InstanceSource.objects.get(instance=instance_key("deleted-in-nova")).provider
    provider.active = False
    provider.save()

    warnings = plan(world, NAME, instance_id=instance_id("deleted-in-nova")).warnings

    assert f"{provider.location} is not active, so Atmosphere's monitor does not check it" in warnings


@pytest.mark.both_databases
def test_server_that_is_back_when_the_plan_is_applied_is_refused(world: World, bench: Bench) -> None:
    """Nova is asked again under the locks."""
    given = instance_id("is-shutoff")
    server = remove_from_nova(bench, given)
    planned = plan(world, NAME, instance_id=given)
    nova_store.put(nova_state(bench.practice), server)

    with pytest.raises(StalePlan, match="still exists"):
        apply(world, bench, planned)
    assert Instance.objects.get(provider_alias=given).end_date is None
