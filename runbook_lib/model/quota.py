"""The columns of a quota, the same in the table, in the API and on screens."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "cpu": "CPUs",
        "memory": "memory, GB",
        "storage": "storage, GB",
        "instance_count": "instances",
        "snapshot_count": "snapshots",
        "storage_count": "volumes",
        "floating_ip_count": "floating addresses",
        "port_count": "ports",
    }
)
"""Column → the limited resource."""
FIELDS = tuple(TITLES)
API_AT_LEAST_ONE = ("cpu", "memory", "storage", "storage_count")
"""The columns that Atmosphere's API accepts only from 1 on."""
