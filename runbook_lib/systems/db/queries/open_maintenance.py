"""The maintenance of a site: its unfinished records as plain values, and Troposphere's banner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import Q

from runbook_lib.systems.db.models.atmosphere.models import MaintenanceRecord as AtmosphereRecord
from runbook_lib.systems.db.models.troposphere.models import MaintenanceNotice
from runbook_lib.systems.db.models.troposphere.models import MaintenanceRecord as TroposphereRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runbook_lib.model import Database

State = Literal["active", "overdue", "upcoming"]
OVERDUE_AFTER = timedelta(days=2)
"""The age from which a record without an end counts as overdue; upstream has no such limit."""
_MAX_RECORDS = 200
_COLUMNS = ("pk", "title", "message", "start_date", "end_date", "disable_login")


@dataclass(frozen=True)
class Closure:
    """One maintenance record that has not ended.

    Attributes:
        key: Its id on its site.
        title: The title that users see.
        message: The text that users see below the title.
        begins: The begin; aware.
        ends: The end; aware, None if it has no end.
        disable_login: The flag that Troposphere's login page obeys.
        provider: The provider that it is bound to, as ``id location``; empty if it concerns the entire site.
        state: Whether it is active, overdue or upcoming.
    """

    key: int
    title: str
    message: str
    begins: datetime
    ends: datetime | None
    disable_login: bool
    provider: str
    state: State

    @property
    def is_closing_site(self) -> bool:
        """Whether it closes the entire site now."""
        return self.state != "upcoming" and not self.provider


@dataclass(frozen=True)
class SiteMaintenance:
    """The maintenance of one site.

    Attributes:
        closures: The unfinished records by begin, at most 200.
        banner: The title of Troposphere's maintenance banner; empty if the banner is off.
    """

    closures: tuple[Closure, ...]
    banner: str = ""


def read_maintenance(database: Database, *, now: datetime) -> SiteMaintenance:
    """Return the active and upcoming records of a site. Reads its table of records and its banner.

    Source: core/models/maintenance.py of Atmosphere v37, api/models.py of Troposphere v36.
    """
    unfinished = Q(end_date=None) | Q(end_date__gt=now)
    if database == "atmosphere":
        bound = ("provider_id", "provider__location")
        rows = AtmosphereRecord.objects.filter(unfinished).order_by("start_date", "pk").values_list(*_COLUMNS, *bound)
        return SiteMaintenance(tuple(_closure(row, now=now) for row in rows[:_MAX_RECORDS]))
    records = TroposphereRecord.objects.filter(unfinished).order_by("start_date", "pk").values_list(*_COLUMNS)
    return SiteMaintenance(tuple(_closure(row, now=now) for row in records[:_MAX_RECORDS]), banner=_banner(now))


def _closure(row: Sequence[Any], *, now: datetime) -> Closure:
    """Return the closure of a row with `_COLUMNS`, followed by the provider's id and location on Atmosphere."""
    key, title, message, begins, ends, disable_login, *bound = row
    state: State = "active"
    if begins > now:
        state = "upcoming"
    elif ends is None and now - begins > OVERDUE_AFTER:
        state = "overdue"
    provider = f"{bound[0]} {bound[1]}" if bound and bound[0] is not None else ""
    return Closure(key, title, message, begins, ends, disable_login, provider, state)


def _banner(now: datetime) -> str:
    """Return the title of the banner if it is on; empty otherwise. Its table has one row."""
    title, end = MaintenanceNotice.objects.filter(show_message=True).values_list("title", "end_date").first() or (
        "",
        None,
    )
    past = end is not None and end <= now
    return f"{title} (its end, {end:%Y-%m-%d}, is past)" if title and past else title
