"""Maintenance records of both sites: which are active, which are to come, and which are bound to a provider."""

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
    """Return the records that close a site now, in the order they began.

    On Atmosphere those bound to a provider are not among them, as upstream's ``active()`` leaves them out. Troposphere
    asks for a begin before now, not at it: that is the same a microsecond later, and here the earlier one is taken.

    Source: core/models/maintenance.py of Atmosphere v37, api/models.py of Troposphere v36.
    """
    return _of_the_site(database, Q(start_date__lte=now) & _unfinished(now))


def to_come(database: Database, *, now: datetime) -> list[Record]:
    """Return the records that have not begun; upstream's ``stop`` leaves them alone."""
    return _of_the_site(database, Q(start_date__gt=now))


def open_ended(database: Database, title: str) -> list[Record]:
    """Return the records of this title without an end, under way or to come, in the order they begin."""
    return _of_the_site(database, Q(title=title, end_date=None))


def bound(*, now: datetime) -> list[AtmosphereRecord]:
    """Return Atmosphere's unfinished records that are bound to one provider; ``stop`` leaves them alone too."""
    records = AtmosphereRecord.objects.filter(_unfinished(now)).exclude(provider=None)
    return list(records.order_by("start_date", "pk"))


def names(records: Sequence[Record]) -> str:
    """Return records in words: title, key and begin."""
    words = (f"{one.title!r} (id {one.pk}, from {one.start_date:%Y-%m-%d %H:%M} UTC)" for one in records)
    return ", ".join(words)


def _unfinished(now: datetime) -> Q:
    return Q(end_date=None) | Q(end_date__gt=now)


def _of_the_site(database: Database, condition: Q) -> list[Record]:
    if database == "atmosphere":
        return list(AtmosphereRecord.objects.filter(condition, provider=None).order_by("start_date", "pk"))
    return list(TroposphereRecord.objects.filter(condition).order_by("start_date", "pk"))
