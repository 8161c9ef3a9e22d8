"""What closes a site: its unfinished maintenance records as plain values, and Troposphere's banner."""

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

State = Literal["active", "forgotten", "to come"]
FORGOTTEN_AFTER = timedelta(days=2)
"""A record without an end that began earlier was probably forgotten; upstream knows no such limit."""
_MOST = 200
_COLUMNS = ("pk", "title", "message", "start_date", "end_date", "disable_login")


@dataclass(frozen=True)
class Closure:
    """One maintenance record that has not ended.

    Attributes:
        key: Its id on its own site.
        title: What users read as the title.
        message: What they read below it.
        begins: Aware.
        ends: Aware; None until somebody stops it.
        disable_login: What Troposphere's login page heeds.
        provider: The provider it is bound to, as ``id location``; empty when it is for the whole site.
        state: Whether it is under way, forgotten, or to come.
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
    def closes(self) -> bool:
        """Whether it closes its whole site now."""
        return self.state != "to come" and not self.provider


@dataclass(frozen=True)
class SiteMaintenance:
    """What closes one site.

    Attributes:
        closures: Its unfinished records, in the order they begin, at most 200.
        banner: The title of Troposphere's banner that announces a maintenance; empty when it is switched off.
    """

    closures: tuple[Closure, ...]
    banner: str = ""


def site(database: Database, *, now: datetime) -> SiteMaintenance:
    """Return the records of a site that are under way or to come. Reads its table of records, and its banner.

    Source: core/models/maintenance.py of Atmosphere v37, api/models.py of Troposphere v36.
    """
    unfinished = Q(end_date=None) | Q(end_date__gt=now)
    if database == "atmosphere":
        bound = ("provider_id", "provider__location")
        rows = AtmosphereRecord.objects.filter(unfinished).order_by("start_date", "pk").values_list(*_COLUMNS, *bound)
        return SiteMaintenance(tuple(_closure(row, now=now) for row in rows[:_MOST]))
    theirs = TroposphereRecord.objects.filter(unfinished).order_by("start_date", "pk").values_list(*_COLUMNS)
    return SiteMaintenance(tuple(_closure(row, now=now) for row in theirs[:_MOST]), banner=_banner(now))


def _closure(row: Sequence[Any], *, now: datetime) -> Closure:
    """Return one row of `_COLUMNS`, with the provider behind them on Atmosphere."""
    key, title, message, begins, ends, disable_login, *bound = row
    state: State = "active"
    if begins > now:
        state = "to come"
    elif ends is None and now - begins > FORGOTTEN_AFTER:
        state = "forgotten"
    provider = f"{bound[0]} {bound[1]}" if bound and bound[0] is not None else ""
    return Closure(key, title, message, begins, ends, disable_login, provider, state)


def _banner(now: datetime) -> str:
    """Return the title of the banner that is switched on; the row exists once."""
    title, end = MaintenanceNotice.objects.filter(show_message=True).values_list("title", "end_date").first() or (
        "",
        None,
    )
    past = end is not None and end <= now
    return f"{title} (its end, {end:%Y-%m-%d}, is past)" if title and past else title
