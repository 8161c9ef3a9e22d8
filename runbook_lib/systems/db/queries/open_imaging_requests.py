"""All open imaging requests as plain values, with what the database tells of each: waiting, failed, or running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST = 5000
_FAILED = "failed"  # a status that only upstream's unused set_request_as_failed writes
_COLUMNS = (
    "pk",
    "status__name",
    "old_status",
    "start_date",
    "created_by__username",
    "new_application_name",
    "instance__provider_alias",
    "instance__end_date",
    "instance__source__provider_id",
    "instance__source__provider__location",
    "new_machine_provider_id",
)


@dataclass(frozen=True)
class Request:
    """An imaging request that has not ended.

    Attributes:
        key: Its id.
        status: The name of its status.
        message: ``old_status``, as it is; None is NULL.
        submitted: When it was submitted; aware. When it was approved, the database does not know.
        username: Who asked.
        application: The name of the application that it asks for.
        instance_id: Nova's uuid of the instance.
        gone: Whether the instance has ended.
        provider_id: The instance's provider.
        location: That provider's name.
        target_id: The provider that the image goes to.
    """

    key: int
    status: str
    message: str | None
    submitted: datetime
    username: str
    application: str
    instance_id: str
    gone: bool
    provider_id: int
    location: str
    target_id: int

    @property
    def waits(self) -> bool:
        """Whether it is to be approved or denied."""
        return self.status == imaging_requests.PENDING

    @property
    def errored(self) -> bool:
        """Whether it failed. The status stays what it was; a re-submitted one keeps the message and waits."""
        return self.status == _FAILED or (
            self.status in imaging_requests.RUNNING and imaging_requests.is_error(self.message)
        )

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands in the arguments of a task of this request: the instance, and the image that was uploaded."""
        return tuple(mark for mark in (self.instance_id, imaging_requests.uploaded(self.message)) if mark)

    def same_as(self, other: Request | None) -> bool:
        """Tell whether another reading shows it in the same place."""
        return other is not None and (self.status, self.message) == (other.status, other.message)


def open_requests(*, created_by: int | None = None) -> list[Request]:
    """Return the requests that have not ended, by id; of more than `MOST`, those with the highest.

    A request's status alone does not say that it has ended: one that failed keeps it.

    Args:
        created_by: The key of the user who asked; None is everybody.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37.
    """
    statuses = (imaging_requests.PENDING, *imaging_requests.RUNNING, _FAILED)
    rows = MachineRequest.objects.filter(status__name__in=statuses).order_by("-pk")
    if created_by is not None:
        rows = rows.filter(created_by_id=created_by)
    return sorted(map(_request, rows.values_list(*_COLUMNS)[:MOST]), key=lambda one: one.key)


def _request(row: Sequence[Any]) -> Request:
    known = dict(zip(_COLUMNS, row, strict=True))
    return Request(
        key=known["pk"],
        status=known["status__name"],
        message=known["old_status"],
        submitted=known["start_date"],
        username=known["created_by__username"],
        application=known["new_application_name"],
        instance_id=known["instance__provider_alias"],
        gone=known["instance__end_date"] is not None,
        provider_id=known["instance__source__provider_id"],
        location=known["instance__source__provider__location"],
        target_id=known["new_machine_provider_id"],
    )
