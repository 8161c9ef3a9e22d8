"""Search all kinds of objects by UUID, number, name or address, with one statement per kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Min, Q, Value, When

from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSource,
    Application,
    ApplicationVersion,
    AtmosphereUser,
    Identity,
    Instance,
    MachineRequest,
    MaintenanceRecord,
    Project,
    Provider,
    ProviderMachine,
    Quota,
    ResourceRequest,
    Size,
    Volume,
)
from runbook_lib.systems.db.models.troposphere.models import MaintenanceRecord as TroposphereMaintenance
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from runbook_lib.systems.db.queries.instance_status import current_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import Model, Subquery

    from runbook_lib.model import Database
    from runbook_lib.text.identifiers import Identifier

MAX_PER_KIND = 20
MIN_PART = 3  # characters of a name from which on a part of it is searched, too


@dataclass(frozen=True)
class FoundObject:
    """An object that a text can identify.

    Attributes:
        kind: Its kind, such as ``instance``.
        database: The database with its row.
        key: The row's key.
        reference: What a procedure's parameter takes: a username, an alias, or the key.
        name: Its name.
        owner: The username of its owner; empty if it has none.
        state: Its state in words; empty if the kind has none.
        is_exact: Whether the entire text matched, not a part of a name.
        provider_id: Its provider; None for a kind without one.
    """

    kind: str
    database: Database
    key: str
    reference: str
    name: str
    owner: str
    state: str
    is_exact: bool
    provider_id: int | None = None


@dataclass(frozen=True)
class ObjectKind:
    """How one kind of object is found and shown; columns as Django's paths.

    Attributes:
        title: The kind in words.
        model: Its table.
        uuids: Columns of the type uuid.
        ids: Text columns that hold a UUID, or another identifier.
        names: Text columns that are compared without regard to case.
        addresses: Columns of the type inet.
        name: The column that is shown as its name.
        owner: The column with the username of its owner.
        reference: The column that procedures take; empty for the key.
        state: The column or the expression for the name of its status.
        end: The column with its end date.
        active: The column that shows whether it is in use.
        provider: The column with its provider; a ``Min`` for a kind with several.
    """

    title: str
    model: type[Model]
    uuids: tuple[str, ...] = ("uuid",)
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ("name",)
    addresses: tuple[str, ...] = ()
    name: str = "name"
    owner: str = "created_by__username"
    reference: str = ""
    state: str | Subquery = ""
    end: str = "end_date"
    active: str = ""
    provider: str | Min = ""


_ON = "instance_source__provider_id"
KINDS: Mapping[Database, tuple[ObjectKind, ...]] = {
    "atmosphere": (
        ObjectKind(
            "user",
            AtmosphereUser,
            uuids=("uuid",),
            names=("username", "email"),
            name="username",
            owner="username",
            reference="username",
            active="is_active",
        ),
        ObjectKind(
            "instance",
            Instance,
            uuids=(),
            ids=("provider_alias",),
            addresses=("ip_address",),
            reference="provider_alias",
            state=current_value("status__name"),
            provider="source__provider_id",
        ),
        ObjectKind(
            "volume",
            Volume,
            uuids=("instance_source__uuid",),
            ids=("instance_source__identifier",),
            owner="instance_source__created_by__username",
            end="instance_source__end_date",
            provider=_ON,
        ),
        ObjectKind(
            "application",
            Application,
            provider=Min("versions__machines__instance_source__provider_id"),
        ),
        ObjectKind("version", ApplicationVersion, uuids=("id",), provider=Min(f"machines__{_ON}")),
        ObjectKind(
            "machine",
            ProviderMachine,
            uuids=("instance_source__uuid",),
            ids=("instance_source__identifier",),
            names=(),
            name="application_version__application__name",
            owner="application_version__application__created_by__username",
            end="instance_source__end_date",
            provider=_ON,
        ),
        ObjectKind(
            "provider",
            Provider,
            names=("location",),
            name="location",
            owner="",
            active="active",
            provider="pk",
        ),
        ObjectKind(
            "identity",
            Identity,
            names=(),
            name="provider__location",
            end="",
            provider="provider_id",
        ),
        ObjectKind(
            "imaging request",
            MachineRequest,
            names=("new_application_name",),
            name="new_application_name",
            state="status__name",
            provider="new_machine_provider_id",
        ),
        ObjectKind("resource request", ResourceRequest, names=(), name="request", state="status__name"),
        ObjectKind("allocation source", AllocationSource, owner=""),
        ObjectKind("maintenance record", MaintenanceRecord, uuids=(), names=("title",), name="title", owner=""),
        ObjectKind("quota", Quota, names=(), name="cpu", owner="", end=""),
        ObjectKind("project", Project),
        ObjectKind("size", Size, ids=("alias",), owner="", provider="provider_id"),
    ),
    "troposphere": (
        ObjectKind(
            "user",
            TroposphereUser,
            names=("username", "email"),
            name="username",
            owner="username",
            reference="username",
            active="is_active",
        ),
        ObjectKind("maintenance record", TroposphereMaintenance, uuids=(), names=("title",), name="title", owner=""),
    ),
}
"""The kinds of objects, in the order of the output."""


def search(database: Database, wanted: Identifier, *, now: datetime) -> tuple[FoundObject, ...]:
    """Return the objects that a text can identify, at most `MAX_PER_KIND` per kind, exact matches first.

    Runs at most one statement per kind. Reads no credential.
    """
    return tuple(row for kind in KINDS[database] for row in _of_kind(kind, database, wanted, now))


def candidates(title: str, wanted: Identifier, *, now: datetime) -> tuple[FoundObject, ...]:
    """Return the objects of one kind in Atmosphere's database that a text can mean. Runs one statement.

    They have this identifier or name, or belong to the user of this name and have not ended.
    """
    kind = next(kind for kind in KINDS["atmosphere"] if kind.title == title)
    owned = Q(**{f"{kind.owner}__iexact": wanted.name, f"{kind.end}__isnull": True}) if wanted.name else Q()
    return tuple(row for row in _of_kind(kind, "atmosphere", wanted, now, owned) if row.is_exact)


def _of_kind(
    kind: ObjectKind, database: Database, wanted: Identifier, now: datetime, owned: Q | None = None
) -> Iterator[FoundObject]:
    exact, part = _conditions(kind, wanted)
    exact |= owned or Q()
    if not (exact or part):
        return
    shown = {name: getattr(kind, name) for name in ("name", "owner", "state", "end", "active", "provider")}
    computed = {f"found_{name}": value for name, value in shown.items() if not isinstance(value, str)}
    columns = {name: value if isinstance(value, str) else f"found_{name}" for name, value in shown.items() if value}
    columns["reference"] = kind.reference or "pk"
    query = kind.model._base_manager.using(database).filter(exact | part).annotate(**computed)
    is_exact = Case(When(exact, then=Value(1)), default=Value(0), output_field=IntegerField()) if exact else Value(0)
    rows = query.annotate(found_exact=is_exact).order_by("-found_exact", "-pk")
    for key, found_exact, *values in rows.values_list("pk", "found_exact", *columns.values())[:MAX_PER_KIND]:
        row = dict(zip(columns, values, strict=True))
        yield FoundObject(
            kind=kind.title,
            database=database,
            key=str(key),
            reference=str(row["reference"]),
            name=str(row["name"] if row["name"] is not None else ""),
            owner=str(row.get("owner") or ""),
            state=_state(row, now),
            is_exact=bool(found_exact),
            provider_id=row.get("provider"),
        )


def _conditions(kind: ObjectKind, wanted: Identifier) -> tuple[Q, Q]:
    """Return the condition for the entire text, and the one for a part of a name; each can be empty."""
    exact, part = Q(), Q()
    if wanted.uuid:
        for column in kind.uuids:
            exact |= Q(**{column: wanted.uuid})
    for column in kind.ids:
        exact |= Q(**{column: wanted.uuid or wanted.text})
    for column in kind.addresses if wanted.address else ():
        exact |= Q(**{column: wanted.address})
    for column in kind.names if wanted.name else ():
        exact |= Q(**{f"{column}__iexact": wanted.name})
        if len(wanted.name) >= MIN_PART:
            part |= Q(**{f"{column}__icontains": wanted.name})
    if wanted.number is not None and kind.model._meta.pk.get_internal_type() != "UUIDField":
        exact |= Q(pk=wanted.number)
    return exact, part


def _state(row: Mapping[str, Any], now: datetime) -> str:
    end = row.get("end")
    if isinstance(end, datetime) and end <= now:
        return f"ended {end.astimezone(UTC):%Y-%m-%d}"
    if row.get("active") is False:
        return "not active"
    return str(row.get("state") or "")
