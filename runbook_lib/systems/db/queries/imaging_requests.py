"""Imaging requests: lookup, requests in flight, failed requests, and the step where a request would resume."""

from __future__ import annotations

from runbook_lib.errors import TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

PENDING, APPROVED = "pending", "approved"
RUNNING = (APPROVED, "started", "processing", "validating")
"""The statuses of a running or failed request; a failure does not change the status."""
ENDED = ("completed", "denied", "closed")
"""The final statuses; Atmosphere does not change them."""
_ERROR_MARKS = ("ERROR", "Traceback", "Exception")
_PROCESSING = "processing - "


def request(request_id: int) -> MachineRequest:
    """Return an imaging request by id, with its status, instance, owner and requester.

    Raises:
        TargetNotFound: No imaging request has this id.
    """
    requests = MachineRequest.objects.select_related("status", "instance", "created_by", "new_machine_owner")
    row = requests.filter(pk=request_id).first()
    if row is None:
        open_keys = MachineRequest.objects.exclude(status__name__in=ENDED).order_by("-pk").values_list("pk", flat=True)
        newest = ", ".join(str(key) for key in open_keys[:5])
        raise TargetNotFound(
            kind="imaging request",
            key=str(request_id),
            where="the atmosphere database",
            next_step=(
                "the id is the number in the address of its page, /application/admin/imaging-requests/ID"
                + (f"; the newest open requests are {newest}" if newest else "")
            ),
        )
    return row


def in_flight() -> list[MachineRequest]:
    """Return the requests that are being imaged according to the database, by id.

    A failed request keeps its status, so a request with an error message does not count. A request whose worker was
    killed looks like a running one here; only Flower and the worker show the difference.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37.
    """
    rows = MachineRequest.objects.select_related("status", "instance", "created_by").filter(status__name__in=RUNNING)
    return [request for request in rows.order_by("pk") if not is_errored(request)]


def is_errored(request: MachineRequest) -> bool:
    """Return whether the request's message is an error."""
    return is_error(request.old_status)


def is_error(message: str | None) -> bool:
    """Return whether a message is an error, by the case-sensitive rule of the web interface."""
    return any(mark in (message or "") for mark in _ERROR_MARKS)


def resume_point(old_status: str) -> str:
    """Return the step that an approval would resume from, exactly as upstream reads it from the message.

    If the message has the word *exception*, in any case, the step is the text between its first ``(`` and first ``)``.
    Any other message is the step itself.

    Source: ``_recover_from_error`` in core/models/machine_request.py of Atmosphere v37.
    """
    if "exception" not in old_status.lower():
        return old_status
    return old_status[old_status.find("(") + 1 : old_status.find(")")]


UNKNOWN_SNAPSHOT = "a failed run's snapshot of the instance, or a new one"


def describe_resume(old_status: str | None, snapshot: str = UNKNOWN_SNAPSHOT) -> str:
    """Return the step that an approval would start with, as a phrase.

    Args:
        old_status: The request's message.
        snapshot: The snapshot that a run from the beginning would use.

    Source: ``start_machine_imaging`` in service/tasks/machine.py of Atmosphere v37; drivers/openstack.py:404-417 of
    Chromogenic 0.5.4 for the snapshot that it reuses.
    """
    if old_status is None:
        return "nowhere: its message is NULL, so the start fails after it has set the status to started"
    step = resume_point(old_status)
    if _PROCESSING in step:
        return f"with processing: it keeps the uploaded image {step.partition(_PROCESSING)[2]} and skips imaging"
    if step == "validating":
        return "with validation: it skips imaging and processing"
    return f"from the beginning, with {snapshot}"


def uploaded_image(request: MachineRequest) -> str:
    """Return the UUID of the image that a request uploaded but did not finish; empty if its message has none."""
    return uploaded_image_id(request.old_status)


def uploaded_image_id(message: str | None) -> str:
    """Return the UUID of the uploaded image in a message; empty if it has none."""
    return resume_point(message or "").partition(_PROCESSING)[2].strip()


def label(request: MachineRequest) -> str:
    """Return a request's id and the name of the requested application, for messages."""
    return f"imaging request {request.pk} ({request.new_application_name})"
