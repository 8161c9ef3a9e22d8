"""A server as Nova shows it, which Atmosphere calls an instance; all times are UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_POWER = {0: "no state", 1: "running", 3: "paused", 4: "shut down", 6: "crashed", 7: "suspended"}


@dataclass(frozen=True)
class ServerFault:
    """The reason for a server's ERROR status; Atmosphere's database does not have it.

    Attributes:
        code: Nova's error code, like an HTTP status.
        message: Nova's literal sentence; ``No valid host was found. `` ends with a space.
        created: Time of the fault, UTC.
        details: The traceback; None when Nova does not show it to this account. Usually only administrators see it.
    """

    code: int
    message: str
    created: datetime
    details: str | None = None


@dataclass(frozen=True)
class Address:
    """One address of a server.

    Attributes:
        network: The network's name.
        address: The IPv4 or IPv6 address.
        kind: ``fixed`` or ``floating``; empty when the cloud does not return it.
    """

    network: str
    address: str
    kind: str = ""


@dataclass(frozen=True)
class Server:
    """One server as one provider's Nova shows it.

    Attributes:
        id: UUID, which Atmosphere calls the alias.
        name: Name in Nova.
        status: Status in capitals, such as ``ACTIVE``, ``BUILD``, ``ERROR``.
        task_state: Nova's current task for it, such as ``spawning``; empty when there is none.
        vm_state: State such as ``active``, ``building``, ``error``.
        power_state: Last state that the hypervisor reported, in words: ``running``, ``shut down`` …
        created: Time of the request, UTC.
        updated: Time of Nova's last change to the record, UTC.
        launched_at: Time of the first start, UTC; None before.
        project_id: Id of its project.
        user_id: Id of the user who started it.
        flavor_id: Id of the flavor, which Atmosphere calls the alias of the size.
        image_id: Id of the image; empty when it was started from a volume.
        host: Its hypervisor; empty while it has none. None when Nova does not show it to this account.
        addresses: Its addresses, in Nova's order.
        metadata: Metadata, including Atmosphere's ``tmp_status``, ``fault_message`` and ``fault_trace``.
        fault: The reason for the status ERROR; None in any other status.
    """

    id: str
    name: str
    status: str
    task_state: str
    vm_state: str
    power_state: str
    created: datetime
    updated: datetime
    launched_at: datetime | None
    project_id: str
    user_id: str
    flavor_id: str
    image_id: str
    host: str | None = None
    addresses: tuple[Address, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    fault: ServerFault | None = None

    @property
    def activity(self) -> str:
        """Nova's current task; for an active server without one, the metadata ``tmp_status``; empty without both.

        Source: core/models/instance.py and rtwo's models/instance.py of Atmosphere v37.
        """
        return self.task_state or (self.metadata.get("tmp_status", "") if self.status == "ACTIVE" else "")

    @property
    def stage(self) -> str:
        """The status and the activity, as in Atmosphere's web interface: ``active - networking``."""
        return f"{self.status.lower()} - {self.activity}" if self.activity else self.status.lower()


@dataclass(frozen=True)
class Action:
    """An action on a server that a user requested from Nova.

    Attributes:
        action: Name such as ``create``, ``reboot``, ``stop``.
        start: Start time, UTC.
        message: ``Error`` when it failed; empty otherwise.
        request_id: Id of the request in Nova's logs.
        user_id: Id of the user.
    """

    action: str
    start: datetime
    message: str
    request_id: str
    user_id: str


@dataclass(frozen=True)
class Flavor:
    """A size.

    Attributes:
        id: Id, which Atmosphere calls the alias.
        name: Name such as ``m1.small``.
        vcpus: Number of CPUs.
        ram_mb: Memory in MB.
        disk_gb: Root disk in GB.
    """

    id: str
    name: str
    vcpus: int
    ram_mb: int
    disk_gb: int


def server_from_json(body: Mapping[str, Any]) -> Server:
    """Return Nova's JSON object as a `Server`."""
    return Server(
        id=body["id"],
        name=body["name"] or "",
        status=body["status"],
        task_state=body["OS-EXT-STS:task_state"] or "",
        vm_state=body["OS-EXT-STS:vm_state"] or "",
        power_state=_POWER.get(body["OS-EXT-STS:power_state"], "unknown"),
        created=_utc(body["created"]),
        updated=_utc(body["updated"]),
        launched_at=_utc(body["OS-SRV-USG:launched_at"]) if body["OS-SRV-USG:launched_at"] else None,
        project_id=body["tenant_id"],
        user_id=body["user_id"],
        flavor_id=body["flavor"]["id"],
        image_id=body["image"]["id"] if body["image"] else "",
        host=(body["OS-EXT-SRV-ATTR:host"] or "") if "OS-EXT-SRV-ATTR:host" in body else None,
        addresses=tuple(
            Address(network, row["addr"], row.get("OS-EXT-IPS:type") or "")
            for network, rows in body["addresses"].items()
            for row in rows
        ),
        metadata=dict(body["metadata"]),
        fault=_fault(body["fault"]) if body.get("fault") else None,
    )


def action_from_json(body: Mapping[str, Any]) -> Action:
    """Return one action of Nova's list as an `Action`."""
    return Action(
        action=body["action"],
        start=_utc(body["start_time"]),
        message=body["message"] or "",
        request_id=body["request_id"],
        user_id=body["user_id"] or "",
    )


def flavor_from_json(body: Mapping[str, Any]) -> Flavor:
    """Return Nova's JSON object as a `Flavor`."""
    return Flavor(id=body["id"], name=body["name"], vcpus=body["vcpus"], ram_mb=body["ram"], disk_gb=body["disk"])


def _fault(body: Mapping[str, Any]) -> ServerFault:
    return ServerFault(body["code"], body["message"] or "", _utc(body["created"]), body.get("details"))


def _utc(text: str) -> datetime:
    """Return one of Nova's times, which are in UTC even without an offset."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
