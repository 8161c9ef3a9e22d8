"""A project's usage and quota, and the capacity of a cloud's hypervisors, as Nova counts them."""

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
    """Usage and limit of one resource.

    Attributes:
        used: The amount in use.
        limit: The quota; None means unlimited.
    """

    used: int
    limit: int | None

    @property
    def available(self) -> int | None:
        """The unused amount, 0 if the usage exceeds the limit; None means unlimited."""
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True)
class Usage:
    """Usage and quota of one project in Nova.

    Attributes:
        project_id: Id of the project; empty for the account's own project.
        cores: CPUs.
        ram_mb: Memory in MB.
        instances: Servers.
        unknown: Resource that another service counts → how to read it there. Nova's own figures for addresses are
            meaningless because Neutron manages them: 0 of unlimited.
    """

    project_id: str
    cores: Count
    ram_mb: Count
    instances: Count
    unknown: Mapping[str, str] = field(default_factory=lambda: dict(ELSEWHERE))


@dataclass(frozen=True)
class Hypervisor:
    """One hypervisor as Nova counts it. Nova can allocate more CPUs than there are.

    Attributes:
        name: Host name.
        is_up: Whether it reported recently.
        is_enabled: Whether Nova may start new servers there.
        reason: The operator's reason for disabling it; can be empty.
        vcpus: Number of CPUs.
        vcpus_used: CPUs allocated to servers.
        ram_mb: Memory in MB.
        ram_mb_used: Memory in MB allocated to servers and to the hypervisor itself.
        disk_gb: Local disk in GB.
        disk_gb_used: Local disk in GB allocated to servers.
        servers: Number of servers that run there.
    """

    name: str
    is_up: bool
    is_enabled: bool
    reason: str
    vcpus: int
    vcpus_used: int
    ram_mb: int
    ram_mb_used: int
    disk_gb: int
    disk_gb_used: int
    servers: int


def usage_from_limits(body: Mapping[str, Any], project_id: str) -> Usage:
    """Return the usage from a response to ``/limits``."""
    limits = body["limits"]["absolute"]
    return Usage(
        project_id=project_id,
        cores=_count(limits["totalCoresUsed"], limits["maxTotalCores"]),
        ram_mb=_count(limits["totalRAMUsed"], limits["maxTotalRAMSize"]),
        instances=_count(limits["totalInstancesUsed"], limits["maxTotalInstances"]),
    )


def usage_from_quota(body: Mapping[str, Any], project_id: str) -> Usage:
    """Return the usage from a response to ``/os-quota-sets/…/detail``; reserved amounts count as used."""
    quotas = body["quota_set"]
    cores, ram, instances = (
        _count(quotas[name]["in_use"] + quotas[name]["reserved"], quotas[name]["limit"])
        for name in ("cores", "ram", "instances")
    )
    return Usage(project_id, cores, ram, instances)


def hypervisor_from_json(body: Mapping[str, Any]) -> Hypervisor:
    """Return Nova's JSON object as a `Hypervisor`."""
    return Hypervisor(
        name=body["hypervisor_hostname"],
        is_up=body["state"] == "up",
        is_enabled=body["status"] == "enabled",
        reason=body["service"]["disabled_reason"] or "",
        vcpus=body["vcpus"],
        vcpus_used=body["vcpus_used"],
        ram_mb=body["memory_mb"],
        ram_mb_used=body["memory_mb_used"],
        disk_gb=body["local_gb"],
        disk_gb_used=body["local_gb_used"],
        servers=body["running_vms"],
    )


def _count(used: int, limit: int) -> Count:
    return Count(used, None if limit == UNLIMITED else limit)
