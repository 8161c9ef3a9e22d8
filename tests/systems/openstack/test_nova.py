"""What procedures rely on, asked of the fixture's stand-in and of the real Nova alike."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, TargetNotFound
from runbook_lib.systems.openstack import nova
from runbook_lib.systems.openstack.capacity import Count
from runbook_lib.systems.openstack.server import Flavor
from tests.systems.openstack.glance_benches import altered, clouds_of, passwords
from tests.systems.openstack.nova_benches import HUGE_GB, NO_HOST, server_of
from tests.systems.openstack.test_glance import NOWHERE, closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.nova_benches import NovaBench, RealNova


def test_an_active_server_is_read_by_its_uuid(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """Status, states, whose it is, its size and where it runs; every time is UTC."""
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
    assert {UTC} == {moment.tzinfo for moment in (server.created, server.updated, server.launched_at)}
    assert server.created <= server.launched_at


def test_a_server_that_fits_nowhere_is_in_error_with_its_fault(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """Nova's sentence comes literally, the blank at its end too, and administrators see where it came from."""
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


def test_a_member_sees_the_fault_without_its_details(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds
) -> None:
    """And is told nothing about the machine; everything else is the same."""
    server_id = server_of(nova_bench, "error")
    seen, whole = nova_member.nova(4).server(server_id), nova_admin.nova(4).server(server_id)
    assert whole is not None
    assert whole.fault is not None
    assert replace(whole, host=None, fault=replace(whole.fault, details=None)) == seen


@pytest.mark.parametrize("instance_id", [NOWHERE, "", "not-a-uuid", "..", "../flavors", "detail?limit=1", "%2e", "zoë"])
def test_a_server_that_is_not_there_is_none(nova_admin: Clouds, instance_id: str) -> None:
    """A wrong id, whatever it looks like, is answered with None and never with a list or another address."""
    assert nova_admin.nova(4).server(instance_id) is None


def test_another_projects_server_is_not_there_for_a_member(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds
) -> None:
    """The administrator sees it, the member neither it nor what was done with it."""
    server_id = server_of(nova_bench, "other")
    assert nova_admin.nova(4).server(server_id) is not None
    assert nova_member.nova(4).server(server_id) is None
    with pytest.raises(TargetNotFound, match=f"there is no server {server_id} in Nova of provider 4"):
        nova_member.nova(4).actions(server_id)


def test_a_projects_servers_are_listed_newest_first_over_all_pages(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However short the pages are; the member gets the own project's alone, without asking for it."""
    launched = {server_of(nova_bench, kind) for kind in ("active", "error")}
    launched.add(nova_bench.launch(nova_bench.flavor("small")))
    other = server_of(nova_bench, "other")
    whole = nova_admin.nova(4).servers(project_id=nova_bench.cloud.project_id)
    monkeypatch.setattr(nova, "PAGE", 2)
    paged = nova_admin.nova(4).servers(project_id=nova_bench.cloud.project_id)
    assert whole == paged
    assert launched <= {server.id for server in paged}
    assert other not in {server.id for server in paged}
    assert sorted((server.created for server in paged), reverse=True) == [server.created for server in paged]
    assert [server.id for server in paged] == [server.id for server in nova_member.nova(4).servers()]


def test_servers_are_listed_by_who_started_them(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """Whatever project they are in."""
    server = nova_admin.nova(4).server(server_of(nova_bench, "other"))
    assert server is not None
    found = nova_admin.nova(4).servers(user_id=server.user_id)
    assert server in found
    assert {server.user_id} == {each.user_id for each in found}


def test_what_was_asked_of_a_server_is_told(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """Its creation, when, and whether that failed."""
    nova = nova_admin.nova(4)
    for kind, message in (("active", ""), ("error", "Error")):
        (action,) = nova.actions(server_of(nova_bench, kind))
        assert ("create", message, UTC) == (action.action, action.message, action.start.tzinfo)
        assert action.request_id.startswith("req-")
    for nowhere in (NOWHERE, "", "../limits"):
        with pytest.raises(TargetNotFound):
            nova.actions(nowhere)


def test_a_flavor_is_read_by_its_id(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """One that was deleted meanwhile is None: servers still name it."""
    flavor_id = nova_bench.flavor("small", disk_gb=3)
    flavor = nova_admin.nova(4).flavor(flavor_id)
    assert flavor is not None
    assert Flavor(flavor_id, flavor.name, vcpus=1, ram_mb=64, disk_gb=3) == flavor
    assert flavor.name.startswith("small")
    assert [None, None] == [nova_admin.nova(4).flavor(key) for key in (NOWHERE, "")]


def test_a_project_is_told_what_it_uses_and_may_use(
    nova_bench: NovaBench, nova_admin: Clouds, nova_member: Clouds
) -> None:
    """A server in ERROR counts too; the own limits, an administrator's view of them and the quota agree."""
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
    assert (20, 51200, 10) == (after.cores.most, after.ram_mb.most, after.instances.most)
    assert replace(after, project_id=project_id) == nova_admin.nova(4).limits(project_id)
    assert replace(after, project_id=project_id) == nova_admin.nova(4).quota(project_id)


def test_a_project_that_is_not_there_has_limits_but_no_quota(nova_admin: Clouds) -> None:
    """The limits of an id, Nova's defaults, are no proof that there is such a project."""
    unheard = "0" * 32
    usage = nova_admin.nova(4).limits(unheard)
    assert (0, 20, 0, 10) == (usage.cores.used, usage.cores.most, usage.instances.used, usage.instances.most)
    with pytest.raises(TargetNotFound, match=f"there is no project {unheard} in Nova of provider 4"):
        nova_admin.nova(4).quota(unheard)


def test_what_is_left_is_never_less_than_nothing() -> None:
    """A quota that was lowered below what is used leaves 0, and an unlimited one leaves no number."""
    assert [2, 0, None] == [Count(8, 10).left, Count(12, 10).left, Count(12, None).left]


def test_the_machines_are_listed_for_administrators(nova_bench: NovaBench, nova_admin: Clouds) -> None:
    """What they have, and what the servers on them use."""
    server_of(nova_bench, "active")
    machines = nova_admin.nova(4).hypervisors()
    assert ["fixture-node"] == [machine.name for machine in machines]
    machine = machines[0]
    assert (1000, 800000, 600000) == (machine.vcpus, machine.ram_mb, machine.disk_gb)
    assert (True, True, "") == (machine.up, machine.enabled, machine.reason)
    assert machine.vcpus_used == machine.servers
    assert machine.servers >= 1
    assert (machine.ram_mb_used, machine.disk_gb_used) == (512 + 64 * machine.servers, machine.servers)


def test_a_member_may_not_ask_about_others(nova_bench: NovaBench, nova_member: Clouds) -> None:
    """Each refusal names the policy and what to do; the doctor's sentence says it as well."""
    nova = nova_member.nova(4)
    for question, policy in (
        (nova.hypervisors, "os_compute_api:os-hypervisors"),
        (lambda: nova.limits(nova_bench.cloud.project_id), "os_compute_api:limits:other_project"),
        (lambda: nova.quota(NOWHERE), "os_compute_api:os-quota-sets:detail"),
        (lambda: nova.servers(user_id=NOWHERE), "os_compute_api:servers:detail:get_all_tenants"),
    ):
        with pytest.raises(Refused, match=r"Nova of provider 4 .* refused") as failure:
            question()
        assert f"HTTP 403: Policy doesn't allow {policy}" in failure.value.why
        assert "admin role" in failure.value.next_step
    assert nova.summary().startswith("its account is no administrator (HTTP 403: ")


def test_the_administrators_account_is_told(nova_admin: Clouds) -> None:
    """For the doctor."""
    assert "its account is an administrator, 1 of 1 hypervisors up" == nova_admin.nova(4).summary()
    assert nova_admin.nova(4).address().endswith("/v2.1")


def test_each_run_of_the_real_nova_has_databases_of_its_own(real_nova: RealNova) -> None:
    """Not the prepared ones, which every run copies, whatever path they were prepared under."""
    folder = real_nova.compute.stack.folder
    with sqlite3.connect(folder / "nova/nova_api.db") as db:
        cells = dict(db.execute("select name, database_connection from cell_mappings"))
    db.close()
    expected = {name: f"sqlite:///{folder}/nova/nova_{name}.db?timeout=60" for name in ("cell0", "cell1")}
    assert expected == cells


def test_a_wrong_password_is_not_connected(nova_bench: NovaBench, tmp_path: Path) -> None:
    """And neither password is in the message."""
    bench = nova_bench.cloud
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"password": "not-the-password"}))
    with pytest.raises(NotConnected, match="HTTP 401") as failure:
        clouds.nova(4).server(NOWHERE)
    words = {"not-the-password", *passwords(bench)}
    assert "login" == failure.value.kind
    assert [] == [word for word in words if word in str(failure.value) + str(failure.value.__cause__)]
    clouds.close()


def test_a_nova_that_is_down_is_not_connected(nova_bench: NovaBench, tmp_path: Path) -> None:
    """Its address is in the message."""
    address = f"http://127.0.0.1:{closed_port()}/v2.1"
    bench = nova_bench.cloud
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, compute_endpoint_override=address))
    with pytest.raises(NotConnected, match=rf"Nova of provider 4 .* cannot be reached at {address}"):
        clouds.nova(4).limits()
    clouds.close()


def test_a_region_without_a_nova_is_not_connected(nova_bench: NovaBench, tmp_path: Path) -> None:
    """The region is named as the likely cause."""
    bench = nova_bench.cloud
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, region_name="Elsewhere"))
    with pytest.raises(NotConnected, match=r"no compute service for this region; see region_name in clouds\.yaml"):
        clouds.nova(4).server(NOWHERE)
    clouds.close()
