"""Maintenance records of both sites: active, upcoming, and bound to a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from runbook_lib.systems.db.models.atmosphere.models import MaintenanceRecord as AtmosphereRecord
from runbook_lib.systems.db.models.troposphere.models import MaintenanceRecord as TroposphereRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runbook_lib.model import Database

Record = AtmosphereRecord | TroposphereRecord
MODELS: dict[Database, type[Record]] = {"atmosphere": AtmosphereRecord, "troposphere": TroposphereRecord}


def active(database: Database, *, now: datetime) -> list[Record]:
    """Return the records that close a site now, by begin.

    Atmosphere's records that are bound to a provider are excluded, as in upstream's ``active()``. Troposphere excludes
    a record that begins exactly now; this function includes it, one microsecond earlier than Troposphere.

    Source: core/models/maintenance.py of Atmosphere v37, api/models.py of Troposphere v36.
    """
    return _of_the_site(database, Q(start_date__lte=now) & _unfinished(now))


def upcoming(database: Database, *, now: datetime) -> list[Record]:
    """Return the records that have not begun; upstream's ``stop`` does not change them."""
    return _of_the_site(database, Q(start_date__gt=now))


def open_ended(database: Database, title: str) -> list[Record]:
    """Return the active and upcoming records with this title and without an end, by begin."""
    return _of_the_site(database, Q(title=title, end_date=None))


def bound_to_provider(*, now: datetime) -> list[AtmosphereRecord]:
    """Return Atmosphere's unfinished records that are bound to a provider; ``stop`` does not change them either."""
    records = AtmosphereRecord.objects.filter(_unfinished(now)).exclude(provider=None)
    return list(records.order_by("start_date", "pk"))


def describe(records: Sequence[Record]) -> str:
    """Return the titles, ids and begins of records, for messages."""
    return ", ".join(
        f"{record.title!r} (id {record.pk}, from {record.start_date:%Y-%m-%d %H:%M} UTC)" for record in records
    )


def _unfinished(now: datetime) -> Q:
    return Q(end_date=None) | Q(end_date__gt=now)


def _of_the_site(database: Database, condition: Q) -> list[Record]:
    if database == "atmosphere":
        return list(AtmosphereRecord.objects.filter(condition, provider=None).order_by("start_date", "pk"))
    return list(TroposphereRecord.objects.filter(condition).order_by("start_date", "pk"))
