"""The present status of living instances, many at once: found in one statement that reads an index for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatus, InstanceStatusHistory
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime


MOST = 10_000
_AT_ONCE = 500  # keys in one statement
_NONE = -1  # in place of the key of a status, where there is none
_VERSION = "source__providermachine__application_version__name"
_APPLICATION = "source__providermachine__application_version__application__name"
_INSTANCE = (
    "pk",
    "provider_alias",
    "name",
    "ip_address",
    "source_id",
    "created_by__username",
    "source__provider_id",
    "source__provider__location",
    _APPLICATION,
    _VERSION,
)
_ROW = ("status__name", "activity", "start_date", "size__name", "size__cpu", "size__mem", "extra")
_COLUMNS = (*(f"instance__{column}" for column in _INSTANCE), *_ROW)


@dataclass(frozen=True)
class Living:
    """An instance that has not ended, as the database knows it.

    Attributes:
        key: The row's id.
        instance_id: Nova's uuid.
        name: The name that its owner gave it.
        ip_address: None while it has none.
        source_id: The row of what it started from.
        username: Whose it is.
        provider_id: The provider's id.
        location: The provider's name.
        image: The application and its version; empty when it started from a volume, or from an unknown image.
        status: The present status.
        activity: The task within the status; may be empty.
        since: When the status was first seen; aware.
        size: The size's name.
        cpu: Its CPUs; negative when the size is unknown.
        memory_mb: Its memory in MB; negative when the size is unknown.
        fault: The error that upstream kept with the status, likely secrets masked; empty when there is none.
    """

    key: int
    instance_id: str
    name: str
    ip_address: str | None
    source_id: int
    username: str
    provider_id: int
    location: str
    image: str
    status: str
    activity: str
    since: datetime
    size: str
    cpu: int
    memory_mb: int
    fault: str

    @property
    def provider(self) -> str:
        """The provider's id and name."""
        return f"{self.provider_id} {self.location}"


@dataclass(frozen=True)
class RunningInstances:
    """Living instances.

    Attributes:
        instances: The latest to change first.
        without_status: How many have no row of history at all: Atmosphere writes the first when it looks.
        cut: Whether there are more than `MOST` and the rest was left out.
    """

    instances: tuple[Living, ...]
    without_status: int
    cut: bool = False


def in_states(began: Mapping[str, datetime | None]) -> RunningInstances:
    """Return the living instances whose present status is one of these.

    Args:
        began: Status → the latest moment at which it may have begun; None: any.
    """
    statuses = list(InstanceStatus.objects.filter(name__in=sorted(began)).values_list("pk", flat=True))
    living = Instance.objects.filter(end_date=None).annotate(
        present=Coalesce(_present("status_id"), _NONE, output_field=IntegerField())
    )
    found = _found(living.filter(present__in=[*statuses, _NONE]))
    kept = [one for one in found.instances if _is_meant(one, began)]
    return RunningInstances(tuple(kept), found.without_status, found.cut)


def of_user(user: int) -> RunningInstances:
    """Return the living instances of the user with this key."""
    return _found(Instance.objects.filter(end_date=None, created_by_id=user))


def started_from(source_ids: Collection[int]) -> dict[int, int]:
    """Return how many living instances started from each of these sources."""
    living = Instance.objects.filter(source_id__in=sorted(source_ids), end_date=None).order_by()
    return dict(living.values_list("source_id").annotate(Count("pk")))


def _present(column: str) -> Subquery:
    """Return a column of an instance's latest row: the latest by its begin, then by its key.

    It refers to the instance alone, so every database looks into the index on ``instance_id`` once an instance. A
    window over all rows, a comparison of each with each, or a join with this as its condition, which PostgreSQL then
    estimates at one row, take many times as long on a large table.

    Source: ``get_last_history`` in core/models/instance.py of Atmosphere v37.
    """
    rows = InstanceStatusHistory.objects.filter(instance_id=OuterRef("pk")).order_by("-start_date", "-pk")
    return Subquery(rows.values(column)[:1])


def latest(instances: QuerySet[Instance]) -> QuerySet[Instance, int | None]:
    """Return the query for the key of each instance's latest row; None for one that has no row."""
    return instances.annotate(latest=_present("pk")).values_list("latest", flat=True)


def _found(instances: QuerySet[Instance]) -> RunningInstances:
    found = list(latest(instances))
    keys = sorted((key for key in found if key is not None), reverse=True)
    rows: list[Sequence[Any]] = []
    for begin in range(0, min(len(keys), MOST), _AT_ONCE):
        chosen = InstanceStatusHistory.objects.filter(pk__in=keys[begin : min(begin + _AT_ONCE, MOST)])
        rows += chosen.values_list(*_COLUMNS)
    instances_ = sorted(map(_living, rows), key=lambda one: (one.since, one.key), reverse=True)
    return RunningInstances(tuple(instances_), found.count(None), cut=len(keys) > MOST)


def _is_meant(of: Living, began: Mapping[str, datetime | None]) -> bool:
    at_latest = began[of.status]
    return at_latest is None or of.since <= at_latest


def _living(row: Sequence[Any]) -> Living:
    known = dict(zip(_COLUMNS, row, strict=True))
    of = {column: known[f"instance__{column}"] for column in _INSTANCE}
    application, version = of[_APPLICATION], of[_VERSION]
    return Living(
        key=of["pk"],
        instance_id=of["provider_alias"],
        name=of["name"],
        ip_address=of["ip_address"],
        source_id=of["source_id"],
        username=of["created_by__username"],
        provider_id=of["source__provider_id"],
        location=of["source__provider__location"],
        image=f"{application} {version}" if application else "",
        status=known["status__name"],
        activity=known["activity"] or "",
        since=known["start_date"],
        size=known["size__name"],
        cpu=known["size__cpu"],
        memory_mb=known["size__mem"],
        fault=_fault(known["extra"]),
    )


def _fault(extra: object) -> str:
    """Return upstream's two texts about an error, each once."""
    told = [str(extra.get(name) or "") for name in ("display_error", "traceback")] if isinstance(extra, dict) else []
    joined = "\n".join(dict.fromkeys(text.strip() for text in told if text.strip()))
    return mask(joined) if joined else ""
