"""A server as Nova shows it: what Atmosphere calls an instance; times are UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_POWER = {0: "no state", 1: "running", 3: "paused", 4: "shut down", 6: "crashed", 7: "suspended"}


@dataclass(frozen=True)
class ServerFault:
    """Why a server is in ERROR; Atmosphere's database never has it.

    Attributes:
        code: As in HTTP.
        message: One sentence, literally: ``No valid host was found. `` ends with a blank.
        created: When, UTC.
        details: The traceback. None where Nova shows none to this account: as a rule only administrators see it.
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
        address: Of either version.
        kind: ``fixed`` or ``floating``; empty where the cloud does not say.
    """

    network: str
    address: str
    kind: str = ""


@dataclass(frozen=True)
class Server:
    """One server as one provider's Nova shows it.

    Attributes:
        id: The UUID, which Atmosphere calls the alias.
        name: The name in Nova.
        status: In capitals, such as ``ACTIVE``, ``BUILD``, ``ERROR``.
        task_state: What Nova is doing to it, such as ``spawning``; empty when it does nothing.
        vm_state: Such as ``active``, ``building``, ``error``.
        power_state: What the hypervisor last said, in words: ``running``, ``shut down`` …
        created: When it was asked for, UTC.
        updated: When Nova last changed its record, UTC.
        launched_at: When it first ran, UTC; None while it never did.
        project_id: The id of its project.
        user_id: The id of who started it.
        flavor_id: Atmosphere calls it the alias of the size.
        image_id: Empty when it was started from a volume.
        host: The hypervisor it is on, empty while it is on none. None where Nova tells this account nothing about it.
        addresses: Its addresses, in Nova's order.
        metadata: Atmosphere keeps ``tmp_status``, ``fault_message`` and ``fault_trace`` there.
        fault: Why it is in ERROR; None in any other status.
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
    def stage(self) -> str:
        """The status and what goes on within it, as Atmosphere's web interface has it: ``active - networking``.

        Source: core/models/instance.py and rtwo's models/instance.py of Atmosphere v37: Nova's task comes first, then,
        while it is active, what the metadata ``tmp_status`` says.
        """
        status = self.status.lower()
        within = self.task_state or (self.metadata.get("tmp_status", "") if status == "active" else "")
        return f"{status} - {within}" if within else status


@dataclass(frozen=True)
class Action:
    """Something that somebody asked Nova to do with a server.

    Attributes:
        action: Such as ``create``, ``reboot``, ``stop``.
        start: When, UTC.
        message: ``Error`` when it failed; empty otherwise.
        request_id: What Nova's logs call it.
        user_id: Who asked.
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
        id: Atmosphere's alias of it.
        name: Such as ``m1.small``.
        vcpus: How many CPUs.
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
        created=_moment(body["created"]),
        updated=_moment(body["updated"]),
        launched_at=_moment(body["OS-SRV-USG:launched_at"]) if body["OS-SRV-USG:launched_at"] else None,
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
        start=_moment(body["start_time"]),
        message=body["message"] or "",
        request_id=body["request_id"],
        user_id=body["user_id"] or "",
    )


def flavor_from_json(body: Mapping[str, Any]) -> Flavor:
    """Return Nova's JSON object as a `Flavor`."""
    return Flavor(id=body["id"], name=body["name"], vcpus=body["vcpus"], ram_mb=body["ram"], disk_gb=body["disk"])


def _fault(body: Mapping[str, Any]) -> ServerFault:
    return ServerFault(body["code"], body["message"] or "", _moment(body["created"]), body.get("details"))


def _moment(text: str) -> datetime:
    """Return a time of Nova's, which is UTC whether or not it says so."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
