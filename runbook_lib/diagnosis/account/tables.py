"""The tables of one account: rights, quotas beside what is used, allocations, instances, requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.messages import classify
from runbook_lib.model.inspection import Table
from runbook_lib.model.quota import FIELDS, TITLES
from runbook_lib.systems.db.queries import allocation_renewal, quotas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from runbook_lib.diagnosis.account.evidence import AccountEvidence
    from runbook_lib.model.inspection import Value
    from runbook_lib.systems.db.queries.account_details import AccountDetails, UsersIdentity, UsersSource
    from runbook_lib.systems.db.queries.staff import StaffRights
    from runbook_lib.systems.openstack.capacity import Count, Usage

DIFFERS, FULL = "OpenStack has another limit", "nothing is left"
"""What can be wrong with a figure."""
_SHOWN = 40
_GB = 1024  # MB
_RESTING = ("shelved_offloaded",)  # its machine has given CPUs and memory back


@dataclass(frozen=True)
class Line:
    """One figure of a quota.

    Attributes:
        provider: The provider's id and name.
        what: What is counted, in words.
        quota: Atmosphere's limit; None is unlimited.
        limit: OpenStack's limit; None is unlimited, or not known.
        used: What OpenStack counts; None is not known.
        counted: What Atmosphere's database counts; None is not counted there.
        remark: What is wrong; empty when nothing is.
    """

    provider: str
    what: str
    quota: int | None
    limit: int | None
    used: int | None
    counted: int | None
    remark: str


def rights(of: AccountEvidence) -> Table:
    """Return the account on both sites."""
    sites: tuple[tuple[str, StaffRights | None], ...] = (
        ("atmosphere", of.atmosphere.rights if of.atmosphere else None),
        ("troposphere", of.troposphere),
    )
    rows = tuple(_rights(name, found) for name, found in sites if name in of.told)
    return Table("Account", ("site", "rights", "active", "ended", "last login"), rows)


def _rights(site: str, of: StaffRights | None) -> tuple[Value, ...]:
    if of is None:
        return site, "no account", None, None, None
    return site, of.flags, of.active, of.ended, of.last_login


def lines(of: AccountEvidence) -> list[Line]:
    """Return every figure of every quota; two identities on one provider share what OpenStack counts."""
    found = of.atmosphere
    if found is None:
        return []
    return [line for identity in found.identities for line in _lines(identity, of.usage, _counted(found, identity.provider_id))]


def _lines(of: UsersIdentity, usage: Mapping[int, Usage | None], counted: Mapping[str, int]) -> Iterator[Line]:
    told = usage.get(of.provider_id)
    known: dict[str, Count] = {}
    if told is not None:
        known = {"cpu": told.cores, "memory": told.ram_mb, "instance_count": told.instances}
    for name in FIELDS:
        count = known.get(name)
        unit = _GB if name == "memory" else 1
        quota = None if quotas.is_unlimited(name, of.quota[name]) else of.quota[name]
        limit = None if count is None or count.most is None else count.most // unit
        used = None if count is None else -(-count.used // unit)
        remark = ""
        if count is not None and limit != quota:
            remark = DIFFERS
        elif quota is not None and _is_full(quota, used, counted.get(name)):
            remark = FULL
        yield Line(of.provider, TITLES[name], quota, limit, used, counted.get(name), remark)


def _is_full(quota: int, used: int | None, counted: int | None) -> bool:
    """Tell whether nothing is left: by what OpenStack counts, and only where it does not by what the database does."""
    known = counted if used is None else used
    return known is not None and known >= quota


def _counted(of: AccountDetails, provider_id: int) -> dict[str, int]:
    """Return what the database counts on a provider, in a quota's words; a size it does not know counts nothing."""
    mine = [instance for instance in of.instances.instances if instance.provider_id == provider_id]
    awake = [one for one in mine if one.status not in _RESTING]
    volumes, gigabytes = of.volumes.get(provider_id, (0, 0))
    return {
        "cpu": sum(max(0, one.cpu) for one in awake),
        "memory": sum(max(0, one.memory_mb) for one in awake) // _GB,
        "instance_count": len(mine),
        "storage": gigabytes,
        "storage_count": volumes,
    }


def quota_table(found: list[Line], of: AccountEvidence) -> Table:
    """Return the quotas beside what is used; OpenStack's figures are missing where its cloud did not tell."""
    rows = tuple(
        (
            one.provider,
            one.what,
            "no limit" if one.quota is None else one.quota,
            "-" if one.used is None else "no limit" if one.limit is None else one.limit,
            one.used,
            one.counted,
            one.remark,
        )
        for one in found
    )
    without = [str(key) for key, told in of.usage.items() if told is None]
    nowhere = f"; no project is named like the user on provider {', '.join(without)}" if without else ""
    columns = ("provider", "what", "quota", "limit in OpenStack", "used in OpenStack", "used in the database", "remark")
    note = f"Nova tells of CPUs, memory and instances; volumes are Cinder's, addresses and ports Neutron's{nowhere}"
    return Table("Quotas and what is used", columns, rows, note=note)


def identities(of: AccountDetails) -> Table:
    """Return the accounts on the clouds."""
    rows = tuple(
        (identity.provider, identity.key, identity.quota_id, identity.has_credentials, ", ".join(identity.groups), _state(identity))
        for identity in of.identities
    )
    columns = ("provider", "identity", "quota id", "has credentials", "groups that may use it", "state")
    return Table(
        "Identities", columns, rows, note="without credentials nothing is sent to the cloud; none is read here"
    )


def _state(of: UsersIdentity) -> str:
    if not of.in_use:
        return "the provider has ended"
    return "no membership goes on" if of.ended else "in use"


def sources(of: AccountDetails, now: datetime) -> Table:
    """Return the allocation sources that the user may charge."""
    rows = tuple(
        (
            source.name,
            _hours(source.allowed),
            source.used,
            source.used_by_user,
            _left(source),
            allocation_renewal.in_words(source, now=now),
        )
        for source in of.sources
    )
    plain = tuple(tuple(str(cell) if cell is not None else None for cell in row) for row in rows)
    columns = ("allocation source", "allowed, h", "used, h", "by this user, h", "left, h", "renews")
    return Table("Allocations", columns, plain, note="used is up to 15 minutes old; it begins at 0 with each renewal")


def _hours(allowed: int) -> str:
    return "no limit" if allowed < 0 else str(allowed)


def _left(of: UsersSource) -> Decimal | str | None:
    if of.allowed < 0:
        return "no limit"
    return None if of.used is None else max(of.allowed - of.used, of.used * 0)


def instances(of: AccountDetails) -> Table:
    """Return the living instances."""
    found = of.instances.instances
    rows = tuple(
        (
            one.status,
            one.since,
            one.name,
            one.instance_id,
            one.ip_address,
            one.provider,
            one.size,
            of.charged.get(one.key),
        )
        for one in found[:_SHOWN]
    )
    more = [f"{len(found) - len(rows)} more that changed earlier are left out"] if len(found) > len(rows) else []
    if of.instances.without_status:
        more.append(f"{of.instances.without_status} without any status are not listed")
    columns = ("state", "since", "name", "instance_id", "address", "provider", "size", "charged to")
    return Table("Living instances", columns, rows, note="; ".join(more))


def requests(of: AccountDetails) -> Table:
    """Return the open requests of both kinds."""
    imaging = [
        ("imaging", one.key, one.status, one.submitted, one.application, _says(one.message)) for one in of.imaging
    ]
    more = f"{len(imaging) - _SHOWN} more imaging requests are left out" if len(imaging) > _SHOWN else ""
    wishes = [("resources", wishe.key, "pending", wishe.submitted, wishe.text, "") for wishe in of.wishes]
    columns = ("request", "id", "status", "submitted", "asks for", "says")
    return Table("Open requests", columns, (*wishes, *imaging[:_SHOWN]), note=more)


def _says(message: str | None) -> str:
    entry = classify(message) if message else None
    return entry.meaning if entry and entry.kind != "state" else ""
