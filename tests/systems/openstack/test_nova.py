"""Reading servers, quotas and hypervisors, tested on the fixture's stand-in and on the real Nova."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, TargetNotFound
from runbook_lib.systems.openstack import nova
from runbook_lib.systems.openstack.server import Flavor
from tests.systems.openstack.glance_benches import altered, clouds_of, passwords
from tests.systems.openstack.nova_benches import HUGE_GB, NO_HOST, server_of
from tests.systems.openstack.test_glance import NOWHERE, closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.nova_benches import NovaBench, RealNova


def test_active_server_is_read_by_its_uuid(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """It has its status, states, owner, flavor and hypervisor; all times are UTC."""
    server_id = server_of(nova_bench, "active")
    server = nova_admin.nova(4).server(server_id)
    assert server is not None
    assert (server_id, "a fixture server", "active") == (server.id, server.name, server.stage)
    assert ("ACTIVE", "", "active", "running") == (
        server.status,
        server.task_state,
        server.vm_state,
        server.power_state,
    )
    assert nova_bench.cloud.project_id == server.project_id
    assert nova_admin.nova(4).flavor(server.flavor_id) is not None
    assert ("fixture-node", (), {}, None) == (server.host, server.addresses, server.metadata, server.fault)
    assert server.image_id != ""
    assert server.launched_at is not None
    assert {UTC} == {time.tzinfo for time in (server.created, server.updated, server.launched_at)}
    assert server.created <= server.launched_at


def test_server_without_a_host_is_in_error_with_its_fault(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """The fault has Nova's literal sentence, including the final space, and administrators see the traceback."""
    server = nova_admin.nova(4).server(server_of(nova_bench, "error"))
    assert server is not None
    assert server.fault is not None
    assert ("ERROR", "error", "no state", None, "") == (
        server.status,
        server.vm_state,
        server.power_state,
        server.launched_at,
        server.host,
    )
    assert (500, NO_HOST, UTC) == (server.fault.code, server.fault.message, server.fault.created.tzinfo)
    assert "Traceback" in (server.fault.details or "")


def test_member_sees_the_fault_without_its_details(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds
) -> None:
    """The hypervisor is hidden too; everything else is the same."""
    server_id = server_of(nova_bench, "error")
    restricted, full = nova_member.nova(4).server(server_id), nova_admin.nova(4).server(server_id)
    assert full is not None
    assert full.fault is not None
    assert replace(full, host=None, fault=replace(full.fault, details=None)) == restricted


@pytest.mark.parametrize("instance_id", [NOWHERE, "", "not-a-uuid", "..", "../flavors", "detail?limit=1", "%2e", "zoë"])
def test_missing_server_returns_none(nova_admin: Clouds, instance_id: str) -> None:
    """Any invalid id results in None, never in a list or a request to another address."""
    assert nova_admin.nova(4).server(instance_id) is None


def test_member_cannot_see_a_server_of_another_project(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds
) -> None:
    """The administrator sees it; the member sees neither the server nor its actions."""
    server_id = server_of(nova_bench, "other")
    assert nova_admin.nova(4).server(server_id) is not None
    assert nova_member.nova(4).server(server_id) is None
    with pytest.raises(TargetNotFound, match=f"there is no server {server_id} in Nova of provider 4"):
        nova_member.nova(4).actions(server_id)


def test_all_servers_of_a_project_are_listed_newest_first(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages are read, and a member gets only the servers of their own project."""
    launched = {server_of(nova_bench, kind) for kind in ("active", "error")}
    launched.add(nova_bench.launch(nova_bench.flavor("small")))
    other = server_of(nova_bench, "other")
    unpaged = nova_admin.nova(4).servers(project_id=nova_bench.cloud.project_id)
    monkeypatch.setattr(nova, "PAGE", 2)
    paged = nova_admin.nova(4).servers(project_id=nova_bench.cloud.project_id)
    assert unpaged == paged
    assert launched <= {server.id for server in paged}
    assert other not in {server.id for server in paged}
    assert sorted((server.created for server in paged), reverse=True) == [server.created for server in paged]
    assert [server.id for server in paged] == [server.id for server in nova_member.nova(4).servers()]


def test_servers_of_all_projects_are_listed(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """An administrator gets those of other projects too."""
    launched = {server_of(nova_bench, kind) for kind in ("active", "error", "other")}
    assert launched <= {server.id for server in nova_admin.nova(4).servers(all_projects=True)}


def test_servers_are_found_by_name_and_address(nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds) -> None:
    """In all projects; the text is not a pattern."""
    nova, server_id = nova_admin.nova(4), server_of(nova_bench, "other")
    server = nova.server(server_id)
    assert server is not None
    matches = nova.matching(name=server.name)
    assert server in matches
    assert {server.name} == {match.name for match in matches}
    assert () == nova.matching(name=f"{server.name[:-1]}.")
    assert () == nova.matching(address="192.0.2.250")
    for address in server.addresses:
        assert server in nova.matching(address=address.address)
    with pytest.raises(Refused, match="to list servers"):
        nova_member.nova(4).matching(name=server.name)


def test_absence_of_a_server_is_proved_only_to_an_administrator(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds
) -> None:
    """Nova hides the servers of other projects from a member, so it refuses."""
    assert nova_admin.nova(4).is_absent(NOWHERE)
    assert not nova_admin.nova(4).is_absent(server_of(nova_bench, "other"))
    with pytest.raises(Refused, match="to list hypervisors"):
        nova_member.nova(4).is_absent(server_of(nova_bench, "other"))


def test_servers_are_listed_by_user(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """The list includes all projects."""
    server = nova_admin.nova(4).server(server_of(nova_bench, "other"))
    assert server is not None
    matches = nova_admin.nova(4).servers(user_id=server.user_id)
    assert server in matches
    assert {server.user_id} == {match.user_id for match in matches}


def test_actions_of_a_server_are_read(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """They show the creation, its time, and whether it failed."""
    nova = nova_admin.nova(4)
    for kind, message in (("active", ""), ("error", "Error")):
        (action,) = nova.actions(server_of(nova_bench, kind))
        assert ("create", message, UTC) == (action.action, action.message, action.start.tzinfo)
        assert action.request_id.startswith("req-")
    for nowhere in (NOWHERE, "", "../limits"):
        with pytest.raises(TargetNotFound):
            nova.actions(nowhere)


def test_flavor_is_read_by_its_id(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """For a deleted flavor the result is empty, although servers can still refer to it."""
    flavor_id = nova_bench.flavor("small", disk_gb=3)
    flavor = nova_admin.nova(4).flavor(flavor_id)
    assert flavor is not None
    assert Flavor(flavor_id, flavor.name, vcpus=1, ram_mb=64, disk_gb=3) == flavor
    assert flavor.name.startswith("small")
    assert [None, None] == [nova_admin.nova(4).flavor(key) for key in (NOWHERE, "")]


def test_usage_and_limits_of_a_project_are_read(nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds) -> None:
    """A server in ERROR counts too; the member's limits, the administrator's view and the quota agree."""
    project_id = nova_bench.cloud.project_id
    before = nova_member.nova(4).limits()
    nova_bench.launch(nova_bench.flavor("small"))
    nova_bench.launch(nova_bench.flavor("huge", disk_gb=HUGE_GB))
    after = nova_member.nova(4).limits()
    assert (2, 128, 2) == (
        after.cores.used - before.cores.used,
        after.ram_mb.used - before.ram_mb.used,
        after.instances.used - before.instances.used,
    )
    assert {"volumes", "floating addresses"} == after.unknown.keys()
    assert (20, 51200, 10) == (after.cores.limit, after.ram_mb.limit, after.instances.limit)
    assert replace(after, project_id=project_id) == nova_admin.nova(4).limits(project_id)
    assert replace(after, project_id=project_id) == nova_admin.nova(4).quota(project_id)


def test_missing_project_has_limits_but_no_quota(nova_admin: Clouds) -> None:
    """Nova returns its default limits for any id, so they do not prove that the project exists."""
    unknown = "0" * 32
    usage = nova_admin.nova(4).limits(unknown)
    assert (0, 20, 0, 10) == (usage.cores.used, usage.cores.limit, usage.instances.used, usage.instances.limit)
    with pytest.raises(TargetNotFound, match=f"there is no project {unknown} in Nova of provider 4"):
        nova_admin.nova(4).quota(unknown)


def test_hypervisors_are_listed_for_administrators(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """They have their capacity and the usage of their servers."""
    server_of(nova_bench, "active")
    hypervisors = nova_admin.nova(4).hypervisors()
    assert ["fixture-node"] == [hypervisor.name for hypervisor in hypervisors]
    machine = hypervisors[0]
    assert (1000, 800000, 600000) == (machine.vcpus, machine.ram_mb, machine.disk_gb)
    assert (True, True, "") == (machine.is_up, machine.is_enabled, machine.reason)
    assert machine.vcpus_used == machine.servers
    assert machine.servers >= 1
    assert (machine.ram_mb_used, machine.disk_gb_used) == (512 + 64 * machine.servers, machine.servers)


def test_member_cannot_read_about_others(nova_bench: NovaBench, nova_member: Clouds) -> None:
    """Each error names the policy and the next step, and the doctor's summary shows the missing permission."""
    nova = nova_member.nova(4)
    for question, policy in (
        (nova.hypervisors, "os_compute_api:os-hypervisors"),
        (lambda: nova.limits(nova_bench.cloud.project_id), "os_compute_api:limits:other_project"),
        (lambda: nova.quota(NOWHERE), "os_compute_api:os-quota-sets:detail"),
        (lambda: nova.servers(user_id=NOWHERE), "os_compute_api:servers:detail:get_all_tenants"),
    ):
        with pytest.raises(Refused, match=r"Nova of provider 4 .* rejected the request to") as failure:
            question()
        assert f"HTTP 403: Policy doesn't allow {policy}" in failure.value.why
        assert "admin role" in failure.value.next_step
    assert nova.summary().startswith("its account is not an administrator (HTTP 403: ")


def test_summary_shows_the_account_of_an_administrator(nova_admin: Clouds) -> None:
    """The doctor shows it with the number of hypervisors."""
    assert "its account is an administrator, 1 of 1 hypervisors up" == nova_admin.nova(4).summary()
    assert nova_admin.nova(4).address().endswith("/v2.1")


def test_each_run_of_the_real_nova_has_its_own_databases(real_nova: RealNova) -> None:
    """Each run copies the prepared databases, and the copies refer to the run's own paths."""
    folder = real_nova.compute.stack.folder
    with sqlite3.connect(folder / "nova/nova_api.db") as db:
        cells = dict(db.execute("select name, database_connection from cell_mappings"))
    db.close()
    expected = {name: f"sqlite:///{folder}/nova/nova_{name}.db?timeout=60" for name in ("cell0", "cell1")}
    assert expected == cells


def test_wrong_password_is_not_connected(nova_bench: NovaBench, tmp_path: Path) -> None:
    """The error contains neither password."""
    bench = nova_bench.cloud
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"password": "not-the-password"}))
    with pytest.raises(NotConnected, match="HTTP 401") as failure:
        clouds.nova(4).server(NOWHERE)
    secrets = {"not-the-password", *passwords(bench)}
    assert "login" == failure.value.kind
    assert [] == [secret for secret in secrets if secret in str(failure.value) + str(failure.value.__cause__)]
    clouds.close()


def test_nova_that_is_down_is_not_connected(nova_bench: NovaBench, tmp_path: Path) -> None:
    """The error names its address."""
    address = f"http://127.0.0.1:{closed_port()}/v2.1"
    bench = nova_bench.cloud
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, compute_endpoint_override=address))
    with pytest.raises(NotConnected, match=rf"Nova of provider 4 .* cannot be reached at {address}"):
        clouds.nova(4).limits()
    clouds.close()


def test_region_without_nova_is_not_connected(nova_bench: NovaBench, tmp_path: Path) -> None:
    """The error names the region setting as the likely cause."""
    bench = nova_bench.cloud
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, region_name="Elsewhere"))
    with pytest.raises(NotConnected, match=r"no compute service for this region; check region_name in clouds\.yaml"):
        clouds.nova(4).server(NOWHERE)
    clouds.close()
