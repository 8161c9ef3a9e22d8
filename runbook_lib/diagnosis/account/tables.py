"""Build the tables of one account: rights, quotas and usage, allocations, instances, requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.messages import classify
from runbook_lib.messages.topics import IMAGING_REQUEST
from runbook_lib.model.inspection import Table
from runbook_lib.model.quota import FIELDS, TITLES
from runbook_lib.systems.db.queries import allocation_renewal, quotas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from runbook_lib.diagnosis.account.evidence import AccountEvidence
    from runbook_lib.model.inspection import Value
    from runbook_lib.systems.db.queries.account_details import AccountDetails, UserIdentity, UserSource
    from runbook_lib.systems.db.queries.staff import StaffRights
    from runbook_lib.systems.openstack.capacity import Count, Usage

DIFFERS, FULL = "OpenStack has another limit", "used up"
"""The problems that a line can have."""
_MAX_ROWS = 40
_GB = 1024  # MB
_RELEASED = ("shelved_offloaded",)  # the instance uses no CPUs and no memory of a hypervisor


@dataclass(frozen=True)
class Line:
    """One limit of a quota.

    Attributes:
        provider: The id and name of the provider.
        resource: The title of the limited resource.
        quota: Atmosphere's limit; None if unlimited.
        limit: OpenStack's limit; None if unlimited or unknown.
        used: The usage in OpenStack; None if unknown.
        counted: The usage in Atmosphere's database; None if the database does not count it.
        remark: The problem; empty if there is none.
    """

    provider: str
    resource: str
    quota: int | None
    limit: int | None
    used: int | None
    counted: int | None
    remark: str


def rights(evidence: AccountEvidence) -> Table:
    """Return the table of the account's rights on both sites."""
    sites: tuple[tuple[str, StaffRights | None], ...] = (
        ("atmosphere", evidence.atmosphere.rights if evidence.atmosphere else None),
        ("troposphere", evidence.troposphere),
    )
    rows = tuple(_rights(name, account) for name, account in sites if name in evidence.responded)
    return Table("Account", ("site", "rights", "active", "ended", "last login"), rows)


def _rights(site: str, account: StaffRights | None) -> tuple[Value, ...]:
    if account is None:
        return site, "no account", None, None, None
    return site, account.flags, account.is_active, account.ended, account.last_login


def lines(evidence: AccountEvidence) -> list[Line]:
    """Return every limit of every quota; identities on one provider share the usage in OpenStack."""
    account = evidence.atmosphere
    if account is None:
        return []
    return [
        line
        for identity in account.identities
        for line in _lines(identity, evidence.usage, _counted(account, identity.provider_id))
    ]


def _lines(identity: UserIdentity, usage: Mapping[int, Usage | None], counted: Mapping[str, int]) -> Iterator[Line]:
    project = usage.get(identity.provider_id)
    counts: dict[str, Count] = {}
    if project is not None:
        counts = {"cpu": project.cores, "memory": project.ram_mb, "instance_count": project.instances}
    for name in FIELDS:
        count = counts.get(name)
        unit = _GB if name == "memory" else 1
        quota = None if quotas.is_unlimited(name, identity.quota[name]) else identity.quota[name]
        limit = None if count is None or count.limit is None else count.limit // unit
        used = None if count is None else -(-count.used // unit)
        remark = ""
        if count is not None and limit != quota:
            remark = DIFFERS
        elif quota is not None and _is_full(quota, used, counted.get(name)):
            remark = FULL
        yield Line(identity.provider, TITLES[name], quota, limit, used, counted.get(name), remark)


def _is_full(quota: int, used: int | None, counted: int | None) -> bool:
    """Return whether the quota is used up, by OpenStack's count, or by the database's if OpenStack has none."""
    usage = counted if used is None else used
    return usage is not None and usage >= quota


def _counted(account: AccountDetails, provider_id: int) -> dict[str, int]:
    """Return the usage in the database on one provider, by field of the quota; an unknown size counts as 0."""
    instances = [instance for instance in account.instances.instances if instance.provider_id == provider_id]
    active = [instance for instance in instances if instance.status not in _RELEASED]
    volumes, gigabytes = account.volumes.get(provider_id, (0, 0))
    return {
        "cpu": sum(max(0, instance.cpu) for instance in active),
        "memory": sum(max(0, instance.memory_mb) for instance in active) // _GB,
        "instance_count": len(instances),
        "storage": gigabytes,
        "storage_count": volumes,
    }


def quota_table(lines: list[Line], evidence: AccountEvidence) -> Table:
    """Return the quotas with their usage; OpenStack's cells are empty for a cloud that did not respond."""
    rows = tuple(
        (
            line.provider,
            line.resource,
            "no limit" if line.quota is None else line.quota,
            "-" if line.used is None else "no limit" if line.limit is None else line.limit,
            line.used,
            line.counted,
            line.remark,
        )
        for line in lines
    )
    without = [str(provider_id) for provider_id, project in evidence.usage.items() if project is None]
    missing = f"; no project has the username as its name on provider {', '.join(without)}" if without else ""
    columns = (
        "provider",
        "resource",
        "quota",
        "limit in OpenStack",
        "used in OpenStack",
        "used in the database",
        "remark",
    )
    note = f"Nova counts CPUs, memory and instances; Cinder counts volumes, Neutron counts addresses and ports{missing}"
    return Table("Quotas and usage", columns, rows, note=note)


def identities(account: AccountDetails) -> Table:
    """Return the accounts on the clouds."""
    rows = tuple(
        (
            identity.provider,
            identity.key,
            identity.quota_id,
            identity.has_credentials,
            ", ".join(identity.groups),
            _state(identity),
        )
        for identity in account.identities
    )
    columns = ("provider", "identity", "quota id", "has credentials", "groups that can use it", "state")
    note = "Atmosphere sends nothing to the cloud for an identity without credentials; this table reads no credentials"
    return Table("Identities", columns, rows, note=note)


def _state(identity: UserIdentity) -> str:
    if not identity.is_in_use:
        return "the provider has ended"
    return "all memberships have ended" if identity.has_ended else "in use"


def sources(account: AccountDetails, now: datetime) -> Table:
    """Return the allocation sources that the user can charge."""
    rows = tuple(
        (
            source.name,
            _hours(source.allowed),
            source.used,
            source.used_by_user,
            _hours_left(source),
            allocation_renewal.describe(source, now=now),
        )
        for source in account.sources
    )
    plain = tuple(tuple(str(cell) if cell is not None else None for cell in row) for row in rows)
    columns = ("allocation source", "allowed, h", "used, h", "by this user, h", "left, h", "renews")
    return Table("Allocations", columns, plain, note="used is up to 15 minutes old; it restarts at 0 with each renewal")


def _hours(allowed: int) -> str:
    return "no limit" if allowed < 0 else str(allowed)


def _hours_left(source: UserSource) -> Decimal | str | None:
    if source.allowed < 0:
        return "no limit"
    return None if source.used is None else max(source.allowed - source.used, source.used * 0)


def instances(account: AccountDetails) -> Table:
    """Return the running instances, the latest change first."""
    running = account.instances.instances
    rows = tuple(
        (
            instance.status,
            instance.since,
            instance.name,
            instance.instance_id,
            instance.ip_address,
            instance.provider,
            instance.size,
            account.charged_sources.get(instance.key),
        )
        for instance in running[:_MAX_ROWS]
    )
    notes = [f"{len(running) - len(rows)} more that changed earlier are left out"] if len(running) > len(rows) else []
    if account.instances.without_status:
        notes.append(f"{account.instances.without_status} without any status are not listed")
    columns = ("state", "since", "name", "instance_id", "address", "provider", "size", "charged to")
    return Table("Running instances", columns, rows, note="; ".join(notes))


def requests(account: AccountDetails) -> Table:
    """Return the open requests of both kinds."""
    imaging = [
        (
            "imaging",
            request.key,
            request.status,
            request.submitted,
            request.application,
            _meaning(request.message),
        )
        for request in account.imaging_requests
    ]
    note = f"{len(imaging) - _MAX_ROWS} more imaging requests are left out" if len(imaging) > _MAX_ROWS else ""
    resources = [("resources", wish.key, "pending", wish.submitted, wish.text, "") for wish in account.waiting_requests]
    columns = ("request", "id", "status", "submitted", "asks for", "meaning")
    return Table("Open requests", columns, (*resources, *imaging[:_MAX_ROWS]), note=note)


def _meaning(message: str | None) -> str:
    entry = classify(message, IMAGING_REQUEST)
    return entry.meaning if entry and entry.kind in {"cause", "symptom"} else ""
