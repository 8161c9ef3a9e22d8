"""One instance as Atmosphere's database knows it: what it is, and what it has been through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatusHistory
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST = 100
"""The rows of history that are read: the latest."""
_SHORTEST_GUESS = 4  # characters of a uuid from which a search for similar ones is worth while
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
class Row:
    """A row of an instance's history.

    Attributes:
        status: The status's name.
        activity: The task within it; may be empty.
        start: When it was first seen; aware.
        end: When its row was closed; None while it is open.
        size: The size's name.
        size_alias: The cloud's id of the size.
        fault: What upstream kept of an error, likely secrets masked; empty when there is none.
    """

    status: str
    activity: str
    start: datetime
    end: datetime | None
    size: str
    size_alias: str
    fault: str


@dataclass(frozen=True)
class Known:
    """An instance.

    Attributes:
        instance_id: Nova's uuid.
        name: The name that its owner gave it.
        username: Whose it is.
        ip_address: Its address; empty while it has none.
        provider_id: The provider's id.
        location: The provider's name.
        image: The application, its id and version; empty when it started from a volume, or from an unknown image.
        image_id: The identifier of what it started from: Glance's uuid of an image, or Cinder's of a volume.
        started: When it was launched; aware.
        ended: When it ended; None while it lives.
        history: The latest `MOST` rows, the earliest first; of those that began together the highest key is last.
        cut: Whether there are more rows.
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
    history: tuple[Row, ...]
    cut: bool = False

    @property
    def present(self) -> Row | None:
        """The row of the present status; None when nobody has looked at the instance yet."""
        return self.history[-1] if self.history else None

    @property
    def provider(self) -> str:
        """The provider's id and name."""
        return f"{self.provider_id} {self.location}"


def read(instance_id: str) -> Known | None:
    """Return the instance of this uuid, also one that has ended; None when there is none. Two statements, by indexes.

    Source: core/models/instance.py and core/models/instance_history.py of Atmosphere v37.
    """
    of = Instance.objects.filter(provider_alias=instance_id).order_by("pk").values(*_COLUMNS).last()
    if of is None:
        return None
    rows = InstanceStatusHistory.objects.filter(instance_id=of["pk"]).order_by("-start_date", "-pk")
    latest = list(rows.values_list(*_ROW)[: MOST + 1])
    image = f"{of[_APPLICATION]} {of[_VERSION]} (application {of[_APPLICATION_ID]})" if of[_APPLICATION] else ""
    return Known(
        instance_id=of["provider_alias"],
        name=of["name"],
        username=of["created_by__username"],
        ip_address=str(of["ip_address"] or ""),
        provider_id=of["source__provider_id"],
        location=of["source__provider__location"],
        image=image,
        image_id=of["source__identifier"],
        started=of["start_date"],
        ended=of["end_date"],
        history=tuple(_row(row) for row in reversed(latest[:MOST])),
        cut=len(latest) > MOST,
    )


def similar(instance_id: str) -> list[str]:
    """Return the uuids of up to three living instances that begin alike."""
    if len(instance_id) < _SHORTEST_GUESS:
        return []
    near = Instance.objects.filter(provider_alias__startswith=instance_id[:8], end_date=None).order_by("-start_date")
    return list(near.values_list("provider_alias", flat=True)[:3])


def _row(values: Sequence[Any]) -> Row:
    status, activity, start, end, size, size_alias, extra = values
    return Row(status, activity or "", start, end, size, size_alias, fault(extra))


def fault(extra: object) -> str:
    """Return upstream's two texts about an error, each once, likely secrets masked."""
    told = [str(extra.get(name) or "") for name in ("display_error", "traceback")] if isinstance(extra, dict) else []
    return mask("\n".join(dict.fromkeys(text.strip() for text in told if text.strip())))
