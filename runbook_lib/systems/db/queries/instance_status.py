"""The current status of many instances at once, by one statement that reads an index for each instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatus, InstanceStatusHistory
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime


MAX_INSTANCES = 10_000
_BATCH_SIZE = 500  # keys per statement
_NO_ACTIVITY = ("", "N/A")
_NO_STATUS = -1  # replaces the key of the status for an instance without one
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
class RunningInstance:
    """An instance in the database that has not ended.

    Attributes:
        key: The row's id.
        instance_id: Nova's uuid.
        name: The name that its owner gave it.
        ip_address: Its address; None if it has none.
        source_id: The id of the ``instance_source`` that it started from.
        username: Its owner.
        provider_id: The provider's id.
        location: The provider's name.
        image: The application and its version; empty if it started from a volume or from an unknown image.
        status: The current status.
        activity: The task within the status; can be empty.
        since: The time when Atmosphere first read the status; aware.
        size: The name of the size.
        cpu: The number of CPUs; negative if the size is unknown.
        memory_mb: The memory in MB; negative if the size is unknown.
        error_text: The error that upstream stored with the status, with likely secrets masked; empty if there is none.
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
    error_text: str

    @property
    def provider(self) -> str:
        """The provider's id and name."""
        return f"{self.provider_id} {self.location}"


@dataclass(frozen=True)
class RunningInstances:
    """Instances that have not ended.

    Attributes:
        instances: The instances, latest status change first.
        without_status: The number of instances without a status. Atmosphere writes one when it first reads the cloud.
        is_cut: Whether there are more than `MAX_INSTANCES` instances, so that the oldest are missing.
    """

    instances: tuple[RunningInstance, ...]
    without_status: int
    is_cut: bool = False


def instances_in_states(
    latest_begin: Mapping[str, datetime | None], *, in_task: Collection[str] = ()
) -> RunningInstances:
    """Return the instances that have not ended and whose current status is one of these.

    Args:
        latest_begin: Status → the latest begin of the status; None allows any.
        in_task: Further statuses, which count only while an activity that is not an error is within them.
    """
    statuses = list(InstanceStatus.objects.filter(name__in=sorted(latest_begin)).values_list("pk", flat=True))
    running = Instance.objects.filter(end_date=None).annotate(
        current=Coalesce(current_value("status_id"), _NO_STATUS, output_field=IntegerField())
    )
    wanted = Q(current__in=[*statuses, _NO_STATUS])
    if in_task:
        steady = list(InstanceStatus.objects.filter(name__in=sorted(in_task)).values_list("pk", flat=True))
        running = running.annotate(activity=Coalesce(current_value("activity"), Value("")))
        idle = Q(activity__in=_NO_ACTIVITY) | Q(activity__endswith="_error")
        wanted |= Q(current__in=steady) & ~idle
    read = _read(running.filter(wanted))
    matching = [instance for instance in read.instances if _began_in_time(instance, latest_begin)]
    return RunningInstances(tuple(matching), read.without_status, read.is_cut)


def instances_of_user(user: int) -> RunningInstances:
    """Return the instances of the user with this id that have not ended."""
    return _read(Instance.objects.filter(end_date=None, created_by_id=user))


def count_started_from(source_ids: Collection[int]) -> dict[int, int]:
    """Return the number of instances that have not ended, per source that they started from."""
    running = Instance.objects.filter(source_id__in=sorted(source_ids), end_date=None).order_by()
    return dict(running.values_list("source_id").annotate(Count("pk")))


def current_value(column: str) -> Subquery:
    """Return the subquery for a column of an instance's latest row: the latest by its begin, then by its key.

    The subquery refers only to the instance, so every database reads the index on ``instance_id`` once per instance.
    Three alternatives take many times as long on a large table: a window over all rows, a comparison of every pair of
    rows, and a join on this condition. PostgreSQL estimates one row for that join.

    Source: ``get_last_history`` in core/models/instance.py of Atmosphere v37.
    """
    rows = InstanceStatusHistory.objects.filter(instance_id=OuterRef("pk")).order_by("-start_date", "-pk")
    return Subquery(rows.values(column)[:1])


def latest_row_keys(instances: QuerySet[Instance]) -> QuerySet[Instance, int | None]:
    """Return the query for the key of each instance's latest row; None for an instance without rows."""
    return instances.annotate(latest=current_value("pk")).values_list("latest", flat=True)


def _read(instances: QuerySet[Instance]) -> RunningInstances:
    latest_keys = list(latest_row_keys(instances))
    keys = sorted((key for key in latest_keys if key is not None), reverse=True)
    rows: list[Sequence[Any]] = []
    for begin in range(0, min(len(keys), MAX_INSTANCES), _BATCH_SIZE):
        batch = InstanceStatusHistory.objects.filter(pk__in=keys[begin : min(begin + _BATCH_SIZE, MAX_INSTANCES)])
        rows += batch.values_list(*_COLUMNS)
    running = sorted(map(_instance, rows), key=lambda instance: (instance.since, instance.key), reverse=True)
    return RunningInstances(tuple(running), latest_keys.count(None), is_cut=len(keys) > MAX_INSTANCES)


def _began_in_time(instance: RunningInstance, latest_begin: Mapping[str, datetime | None]) -> bool:
    limit = latest_begin.get(instance.status)
    return limit is None or instance.since <= limit


def _instance(row: Sequence[Any]) -> RunningInstance:
    values = dict(zip(_COLUMNS, row, strict=True))
    instance = {column: values[f"instance__{column}"] for column in _INSTANCE}
    application, version = instance[_APPLICATION], instance[_VERSION]
    return RunningInstance(
        key=instance["pk"],
        instance_id=instance["provider_alias"],
        name=instance["name"],
        ip_address=instance["ip_address"],
        source_id=instance["source_id"],
        username=instance["created_by__username"],
        provider_id=instance["source__provider_id"],
        location=instance["source__provider__location"],
        image=f"{application} {version}" if application else "",
        status=values["status__name"],
        activity=values["activity"] or "",
        since=values["start_date"],
        size=values["size__name"],
        cpu=values["size__cpu"],
        memory_mb=values["size__mem"],
        error_text=_error_text(values["extra"]),
    )


def _error_text(extra: object) -> str:
    """Return upstream's two texts about an error without duplicates, with likely secrets masked."""
    texts = [str(extra.get(name) or "") for name in ("display_error", "traceback")] if isinstance(extra, dict) else []
    joined = "\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))
    return mask(joined) if joined else ""
