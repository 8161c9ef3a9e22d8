"""What a project uses of what it may use, and what a cloud's hypervisors have left, as Nova counts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNLIMITED = -1
ELSEWHERE = {
    "volumes": "Cinder counts them: openstack --os-cloud NAME limits show --absolute",
    "floating addresses": "Neutron counts them: openstack --os-cloud NAME quota show --usage PROJECT",
}


@dataclass(frozen=True)
class Count:
    """One figure of a quota.

    Attributes:
        used: How much is used.
        most: How much may be; None is unlimited.
    """

    used: int
    most: int | None

    @property
    def left(self) -> int | None:
        """How much is left, 0 when more is used than may be; None is unlimited."""
        return None if self.most is None else max(0, self.most - self.used)


@dataclass(frozen=True)
class Usage:
    """What one project uses and may use in Nova.

    Attributes:
        project_id: Whose; empty is the account's own project.
        cores: CPUs.
        ram_mb: Memory in MB.
        instances: Servers.
        unknown: What is counted elsewhere and was not asked for, each with where. Nova's own figures for addresses say
            nothing since Neutron has them: 0 of unlimited.
    """

    project_id: str
    cores: Count
    ram_mb: Count
    instances: Count
    unknown: Mapping[str, str] = field(default_factory=lambda: dict(ELSEWHERE))


@dataclass(frozen=True)
class Hypervisor:
    """One machine that servers run on, as Nova counts it: CPUs may be shared out more than once.

    Attributes:
        name: Its host name.
        up: Whether it reported lately.
        enabled: Whether new servers may go there.
        reason: Why not, if somebody said.
        vcpus: CPUs.
        vcpus_used: CPUs that servers have.
        ram_mb: Memory in MB.
        ram_mb_used: Of that, what servers and the machine itself have.
        disk_gb: Local disk in GB.
        disk_gb_used: Of that, what servers have.
        servers: How many servers run there.
    """

    name: str
    up: bool
    enabled: bool
    reason: str
    vcpus: int
    vcpus_used: int
    ram_mb: int
    ram_mb_used: int
    disk_gb: int
    disk_gb_used: int
    servers: int


def usage_from_limits(body: Mapping[str, Any], project_id: str) -> Usage:
    """Return what ``/limits`` says."""
    told = body["limits"]["absolute"]
    return Usage(
        project_id=project_id,
        cores=_count(told["totalCoresUsed"], told["maxTotalCores"]),
        ram_mb=_count(told["totalRAMUsed"], told["maxTotalRAMSize"]),
        instances=_count(told["totalInstancesUsed"], told["maxTotalInstances"]),
    )


def usage_from_quota(body: Mapping[str, Any], project_id: str) -> Usage:
    """Return what ``/os-quota-sets/…/detail`` says; what is reserved counts as used."""
    told = body["quota_set"]
    cores, ram, instances = (
        _count(told[name]["in_use"] + told[name]["reserved"], told[name]["limit"])
        for name in ("cores", "ram", "instances")
    )
    return Usage(project_id, cores, ram, instances)


def hypervisor_from_json(body: Mapping[str, Any]) -> Hypervisor:
    """Return one of Nova's JSON objects as a `Hypervisor`."""
    return Hypervisor(
        name=body["hypervisor_hostname"],
        up=body["state"] == "up",
        enabled=body["status"] == "enabled",
        reason=body["service"]["disabled_reason"] or "",
        vcpus=body["vcpus"],
        vcpus_used=body["vcpus_used"],
        ram_mb=body["memory_mb"],
        ram_mb_used=body["memory_mb_used"],
        disk_gb=body["local_gb"],
        disk_gb_used=body["local_gb_used"],
        servers=body["running_vms"],
    )


def _count(used: int, most: int) -> Count:
    return Count(used, None if most == UNLIMITED else most)
