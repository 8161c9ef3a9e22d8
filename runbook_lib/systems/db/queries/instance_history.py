"""One instance in Atmosphere's database, with its status history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatusHistory
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MAX_ROWS = 100
"""The maximum number of history rows; the latest ones are read."""
_MIN_PREFIX = 4  # the minimum length in characters of a uuid prefix for a search of similar ones
_VERSION = "source__providermachine__application_version__name"
_APPLICATION = "source__providermachine__application_version__application__name"
_APPLICATION_ID = "source__providermachine__application_version__application_id"
_COLUMNS = (
    "pk",
    "provider_alias",
    "name",
    "ip_address",
    "start_date",
    "end_date",
    "created_by__username",
    "source__identifier",
    "source__provider_id",
    "source__provider__location",
    _APPLICATION,
    _APPLICATION_ID,
    _VERSION,
)
_ROW = ("status__name", "activity", "start_date", "end_date", "size__name", "size__alias", "extra")


@dataclass(frozen=True)
class StatusRow:
    """A row of an instance's history.

    Attributes:
        status: The name of the status.
        activity: The task within the status; can be empty.
        start: The time when Atmosphere first read the status; aware.
        end: The time when Atmosphere closed the row; None if the row is open.
        size: The name of the size.
        size_alias: The cloud's id of the size.
        error_text: The error that upstream stored, with likely secrets masked; empty if there is none.
    """

    status: str
    activity: str
    start: datetime
    end: datetime | None
    size: str
    size_alias: str
    error_text: str


@dataclass(frozen=True)
class InstanceRecord:
    """An instance in Atmosphere's database.

    Attributes:
        instance_id: Nova's uuid.
        name: The name that its owner gave it.
        username: Its owner.
        ip_address: Its address; empty if it has none.
        provider_id: The provider's id.
        location: The provider's name.
        image: The application, its id and version; empty if it started from a volume or from an unknown image.
        image_id: The identifier of its source: Glance's uuid of an image or Cinder's uuid of a volume.
        started: The launch time; aware.
        ended: The end date; None if it has not ended.
        history: The latest `MAX_ROWS` rows, earliest first. Rows with the same start are in the order of their keys.
        is_cut: Whether there are more rows.
    """

    instance_id: str
    name: str
    username: str
    ip_address: str
    provider_id: int
    location: str
    image: str
    image_id: str
    started: datetime
    ended: datetime | None
    history: tuple[StatusRow, ...]
    is_cut: bool = False

    @property
    def current(self) -> StatusRow | None:
        """The row of the current status; None if Atmosphere has not read a status yet."""
        return self.history[-1] if self.history else None

    @property
    def provider(self) -> str:
        """The provider's id and name."""
        return f"{self.provider_id} {self.location}"


def read(instance_id: str) -> InstanceRecord | None:
    """Return the instance with this uuid, ended or not; None if there is none. Runs two statements, both by index.

    Source: core/models/instance.py and core/models/instance_history.py of Atmosphere v37.
    """
    values = Instance.objects.filter(provider_alias=instance_id).order_by("pk").values(*_COLUMNS).last()
    if values is None:
        return None
    rows = InstanceStatusHistory.objects.filter(instance_id=values["pk"]).order_by("-start_date", "-pk")
    latest = list(rows.values_list(*_ROW)[: MAX_ROWS + 1])
    image = ""
    if values[_APPLICATION]:
        image = f"{values[_APPLICATION]} {values[_VERSION]} (application {values[_APPLICATION_ID]})"
    return InstanceRecord(
        instance_id=values["provider_alias"],
        name=values["name"],
        username=values["created_by__username"],
        ip_address=str(values["ip_address"] or ""),
        provider_id=values["source__provider_id"],
        location=values["source__provider__location"],
        image=image,
        image_id=values["source__identifier"],
        started=values["start_date"],
        ended=values["end_date"],
        history=tuple(_row(row) for row in reversed(latest[:MAX_ROWS])),
        is_cut=len(latest) > MAX_ROWS,
    )


def similar_ids(instance_id: str) -> list[str]:
    """Return the uuids of up to three instances that have not ended and have the same first characters."""
    if len(instance_id) < _MIN_PREFIX:
        return []
    rows = Instance.objects.filter(provider_alias__startswith=instance_id[:8], end_date=None).order_by("-start_date")
    return list(rows.values_list("provider_alias", flat=True)[:3])


def _row(values: Sequence[Any]) -> StatusRow:
    status, activity, start, end, size, size_alias, extra = values
    return StatusRow(status, activity or "", start, end, size, size_alias, error_text(extra))


def error_text(extra: object) -> str:
    """Return upstream's two texts about an error without duplicates, with likely secrets masked."""
    texts = [str(extra.get(name) or "") for name in ("display_error", "traceback")] if isinstance(extra, dict) else []
    return mask("\n".join(dict.fromkeys(text.strip() for text in texts if text.strip())))
