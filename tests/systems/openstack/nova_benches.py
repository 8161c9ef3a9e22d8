"""Two Nova benches with the same methods, on provider 4: the fixture's stand-in, and a real Nova."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from runbook_lib.fixture.rows.nova_records import (
    StoredAction,
    StoredFault,
    StoredFlavor,
    StoredMachine,
    StoredServer,
)
from runbook_lib.fixture.stand_ins.nova import store as nova_store

if TYPE_CHECKING:
    from tests.services.openstack_nova import Compute
    from tests.systems.openstack.glance_benches import Bench, Real, StandIn

NO_HOST = "No valid host was found. "  # Nova's literal text ends with a space
HUGE_GB = 10**6


class NovaBench(Protocol):
    """A Nova with one hypervisor and an image; joetest is a member of the cloud's project."""

    @property
    def cloud(self) -> Bench:
        """The Keystone and the Glance of the same cloud."""

    @property
    def launched(self) -> dict[str, str]:
        """Kind → id of the servers that `server_of` launched."""

    def flavor(self, name: str, *, disk_gb: int = 1) -> str:
        """Create a flavor with one CPU and 64 MB; return its id."""

    def launch(self, flavor_id: str, *, account: str = "member") -> str:
        """Launch a server, wait until it is ACTIVE or in ERROR, and return its id."""


def server_of(bench: NovaBench, kind: str) -> str:
    """Return the id of a shared server that tests only read, launched at its first use.

    Args:
        bench: The Nova.
        kind: ``active`` or ``error`` for a server of joetest, ``other`` for one of the admin.
    """
    if kind not in bench.launched:
        disk_gb = HUGE_GB if kind == "error" else 1
        account = "admin" if kind == "other" else "member"
        bench.launched[kind] = bench.launch(bench.flavor(kind, disk_gb=disk_gb), account=account)
    return bench.launched[kind]


@dataclass(frozen=True)
class StandInNova:
    """The fixture's stand-in."""

    cloud: StandIn
    url: str
    launched: dict[str, str] = field(default_factory=dict)

    def flavor(self, name: str, *, disk_gb: int = 1) -> str:
        """Put a flavor into the state file."""
        row = StoredFlavor(4, str(uuid.uuid4()), name, disk=disk_gb)
        nova_store.put(self.cloud.folder / "nova.sqlite3", row)
        return row.id

    def launch(self, flavor_id: str, *, account: str = "member") -> str:
        """Put the resulting server into the state file; a flavor that fits on no hypervisor ends in ERROR."""
        state = self.cloud.folder / "nova.sqlite3"
        (flavor,) = [row for row in nova_store.every(state, 4, StoredFlavor) if row.id == flavor_id]
        (machine,) = nova_store.every(state, 4, StoredMachine)
        user, project = {"member": ("joetest", "fixture-project"), "admin": ("admin", "admin")}[account]
        start = "2026-01-15T11:00:00.000000"
        server = StoredServer(
            4,
            str(uuid.uuid4()),
            project_id=project,
            user_id=user,
            flavor_id=flavor_id,
            image_id=str(uuid.uuid4()),
            host=machine.name,
            actions=(StoredAction("create", start),),
        )
        if flavor.disk > machine.local_gb:
            server = replace(
                server,
                status="ERROR",
                vm_state="error",
                power_state=0,
                launched_at=None,
                host=None,
                fault=StoredFault(NO_HOST, "2026-01-15T11:00:02Z"),
                actions=(StoredAction("create", start, "Error"),),
            )
        nova_store.put(state, server)
        return server.id


@dataclass
class RealNova:
    """The real Nova, in RegionOne."""

    cloud: Real
    compute: Compute
    launched: dict[str, str] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)

    def flavor(self, name: str, *, disk_gb: int = 1) -> str:
        """Create a flavor through the API, with a unique name."""
        return self.compute.create_flavor(f"{name} {uuid.uuid4()}", disk_gb=disk_gb)

    def launch(self, flavor_id: str, *, account: str = "member") -> str:
        """Launch a server through the API, and wait."""
        if not self.images:
            self.images.append(self.cloud.create(visibility="public"))
        server_id = self.compute.create_server(account, flavor_id=flavor_id, image_id=self.images[0])
        self.compute.wait(server_id)
        return server_id
