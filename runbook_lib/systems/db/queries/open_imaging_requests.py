"""All open imaging requests as plain values, with their state in the database: waiting, failed or running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MAX_REQUESTS = 5000
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
        message: The unchanged ``old_status``; None is NULL.
        submitted: The time of submission; aware. The database does not store the time of approval.
        username: The requester.
        application: The name of the requested application.
        instance_id: Nova's uuid of the instance.
        is_instance_ended: Whether the instance has ended.
        provider_id: The id of the instance's provider.
        location: The name of the instance's provider.
        target_id: The id of the provider for the new image.
    """

    key: int
    status: str
    message: str | None
    submitted: datetime
    username: str
    application: str
    instance_id: str
    is_instance_ended: bool
    provider_id: int
    location: str
    target_id: int

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for approval or denial."""
        return self.status == imaging_requests.PENDING

    @property
    def has_failed(self) -> bool:
        """Whether it failed. A failed request keeps its status. A resubmitted one keeps its message and waits."""
        return self.status == _FAILED or (
            self.status in imaging_requests.RUNNING and imaging_requests.is_error(self.message)
        )

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The identifiers in the arguments of the request's tasks: the instance and the uploaded image."""
        return tuple(mark for mark in (self.instance_id, imaging_requests.uploaded_image_id(self.message)) if mark)

    def has_same_state(self, other: Request | None) -> bool:
        """Return whether another reading has the same status and message."""
        return other is not None and (self.status, self.message) == (other.status, other.message)


def open_requests(*, created_by: int | None = None) -> list[Request]:
    """Return the requests that have not ended, by id; at most `MAX_REQUESTS`, the highest ids.

    A failed request is open too, because it keeps its status.

    Args:
        created_by: The id of the requester; None returns the requests of all users.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37.
    """
    statuses = (imaging_requests.PENDING, *imaging_requests.RUNNING, _FAILED)
    rows = MachineRequest.objects.filter(status__name__in=statuses).order_by("-pk")
    if created_by is not None:
        rows = rows.filter(created_by_id=created_by)
    return sorted(map(_request, rows.values_list(*_COLUMNS)[:MAX_REQUESTS]), key=lambda request: request.key)


def _request(row: Sequence[Any]) -> Request:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Request(
        key=values["pk"],
        status=values["status__name"],
        message=values["old_status"],
        submitted=values["start_date"],
        username=values["created_by__username"],
        application=values["new_application_name"],
        instance_id=values["instance__provider_alias"],
        is_instance_ended=values["instance__end_date"] is not None,
        provider_id=values["instance__source__provider_id"],
        location=values["instance__source__provider__location"],
        target_id=values["new_machine_provider_id"],
    )
