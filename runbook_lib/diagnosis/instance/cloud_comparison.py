"""Compare Atmosphere's instances on one provider with Nova's servers there. Values only, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance.limits import LAG_MINUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from runbook_lib.systems.db.queries.provider_instances import ProviderInstance
    from runbook_lib.systems.openstack.server import Server

GONE = "gone from the cloud"
ENDED = "ended, but in the cloud"
UNKNOWN = "unknown to Atmosphere"
DIFFERS = "status differs"
KINDS = (GONE, ENDED, UNKNOWN, DIFFERS)
"""The kinds of differences, the worst first."""
UNCONFIRMED = "not confirmed: too many to look up one by one"
# Task of Nova, or the metadata tmp_status → the status that Atmosphere records for an active server.
# Source: core/models/instance.py:615-695 of v37-5 (OPENSTACK_TASK_STATUS_MAP, _get_openstack_name_map).
_STATUS_OF_TASK: Mapping[str, str] = MappingProxyType(
    {
        "shelving": "shelved",
        "shelving_image_uploading": "shelved",
        "shelving_image_pending_upload": "shelved",
        "resuming": "build",
        "suspending": "suspended",
        "powering-on": "build",
        "shutting-down": "suspended",
        "initializing": "build",
        "scheduling": "build",
        "spawning": "build",
        "networking": "networking",
        "redeploying": "redeploy",
        "deploying": "deploying",
        "running_boot_script": "deploying",
        "deploy_error": "deploy_error",
        "boot_script_error": "deploy_error",
    }
)


@dataclass(frozen=True)
class InstanceDifference:
    """One difference between the database and the cloud.

    Attributes:
        kind: One of `KINDS`.
        instance_id: Nova's UUID.
        name: Its name.
        owner: Its owner in Atmosphere; empty if the database has no such instance.
        database: Its state in the database.
        cloud: Its state in Nova.
        since: When the state in the database, or else the one in Nova, began; aware.
        note: A fact that is needed to judge it; can be empty.
        is_proved: Whether it was looked up on its own, so that the remedy can be offered.
    """

    kind: str
    instance_id: str
    name: str
    owner: str
    database: str
    cloud: str
    since: datetime
    note: str = ""
    is_proved: bool = True


def compare(
    recorded: Iterable[ProviderInstance],
    servers: Mapping[str, Server],
    *,
    absent: Mapping[str, bool],
    others: Mapping[str, tuple[str, datetime | None]],
    now: datetime,
) -> list[InstanceDifference]:
    """Return the differences, the worst kind first.

    Args:
        recorded: The instances in the database that have not ended.
        servers: UUID → server, as Nova lists them.
        absent: UUID → whether Nova has no such server, for unlisted instances that were looked up one by one.
        others: UUID → owner and end date, for listed servers that are not in `recorded` and that the database has.
        now: The time.
    """
    by_id = {instance.instance_id: instance for instance in recorded}
    differences = [*_of_instances(by_id.values(), servers, absent, now)]
    differences += [_of_server(server, others) for server in servers.values() if server.id not in by_id]
    return sorted(differences, key=lambda difference: (KINDS.index(difference.kind), difference.since))


def expected_status(server: Server) -> str:
    """Return the status that Atmosphere records for a server, in lower case."""
    status = server.status.lower()
    task = server.task_state or server.metadata.get("tmp_status", "")
    if "running_boot_script" in task:  # with the number of the script behind it
        task = "running_boot_script"
    return _STATUS_OF_TASK.get(task, status) if status == "active" else status


def _of_instances(
    instances: Iterable[ProviderInstance], servers: Mapping[str, Server], absent: Mapping[str, bool], now: datetime
) -> Iterator[InstanceDifference]:
    for instance in instances:
        server, since = servers.get(instance.instance_id), instance.since or instance.started
        row = (instance.instance_id, instance.name, instance.username, instance.status or "no status")
        if server is None:
            is_proved = instance.instance_id in absent
            if absent.get(instance.instance_id, True):
                note = "" if instance.has_identity else "no identity: Atmosphere's monitor never ends it"
                yield InstanceDifference(GONE, *row, "", since, note if is_proved else UNCONFIRMED, is_proved)
        elif (expected := expected_status(server)) != instance.status.lower():
            note = f"Nova changed it in the last {LAG_MINUTES} minutes" if _is_recent(server, now) else ""
            cloud = server.stage if expected == server.status.lower() else f"{server.stage} (recorded as {expected})"
            yield InstanceDifference(DIFFERS, *row, cloud, since, note)


def _of_server(server: Server, others: Mapping[str, tuple[str, datetime | None]]) -> InstanceDifference:
    if server.id not in others:
        return InstanceDifference(UNKNOWN, server.id, server.name, "", "no row", server.stage, server.created)
    owner, ended = others[server.id]
    if ended is None:
        return InstanceDifference(
            UNKNOWN, server.id, server.name, owner, "on another provider", server.stage, server.created
        )
    return InstanceDifference(ENDED, server.id, server.name, owner, "ended", server.stage, ended)


def _is_recent(server: Server, now: datetime) -> bool:
    return now - server.updated < timedelta(minutes=LAG_MINUTES)
