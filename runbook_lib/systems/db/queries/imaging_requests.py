"""Imaging requests: look them up, tell which are in flight, which failed, and where one would resume."""

from __future__ import annotations

from runbook_lib.errors import TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

PENDING, APPROVED = "pending", "approved"
RUNNING = (APPROVED, "started", "processing", "validating")
"""The statuses of a request that runs, or that failed: a failure leaves the status as it was."""
ENDED = ("completed", "denied", "closed")
"""The statuses from which a request does not come back by itself."""
_ERROR_MARKS = ("ERROR", "Traceback", "Exception")
_PROCESSING = "processing - "


def request(request_id: int) -> MachineRequest:
    """Return one imaging request, with its status, instance, owner and the user who asked.

    Raises:
        TargetNotFound: There is none of this id.
    """
    requests = MachineRequest.objects.select_related("status", "instance", "created_by", "new_machine_owner")
    found = requests.filter(pk=request_id).first()
    if found is None:
        open_ = MachineRequest.objects.exclude(status__name__in=ENDED).order_by("-pk").values_list("pk", flat=True)
        newest = ", ".join(str(key) for key in open_[:5])
        raise TargetNotFound(
            kind="imaging request",
            key=str(request_id),
            where="the atmosphere database",
            next_step=(
                "the id is the number in the address of its page, /application/admin/imaging-requests/ID"
                + (f"; the newest open ones are {newest}" if newest else "")
            ),
        )
    return found


def in_flight() -> list[MachineRequest]:
    """Return the requests that are being imaged as far as the database can tell, by id.

    A request that failed keeps its status, so the status alone would count it for ever. A request whose worker was
    killed looks as if it ran; only Flower and the worker can tell them apart.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37.
    """
    running = MachineRequest.objects.select_related("status", "instance", "created_by").filter(status__name__in=RUNNING)
    return [one for one in running.order_by("pk") if not is_errored(one)]


def is_errored(of: MachineRequest) -> bool:
    """Tell whether the request's message is an error."""
    return is_error(of.old_status)


def is_error(message: str | None) -> bool:
    """Tell whether a message is an error, as the web interface decides it: upper and lower case count."""
    return any(mark in (message or "") for mark in _ERROR_MARKS)


def resume_point(old_status: str) -> str:
    """Return the step that an approval would resume from, exactly as upstream reads it from the message.

    Only a message with the word *exception*, in upper or lower case, is taken apart: what stands between its first
    ``(`` and its first ``)``. Any other message is the step itself.

    Source: ``_recover_from_error`` in core/models/machine_request.py of Atmosphere v37.
    """
    if "exception" not in old_status.lower():
        return old_status
    return old_status[old_status.find("(") + 1 : old_status.find(")")]


def resumes(old_status: str | None) -> str:
    """Return in words what an approval would start with.

    Source: ``start_machine_imaging`` in service/tasks/machine.py of Atmosphere v37.
    """
    if old_status is None:
        return "nowhere: its message is NULL, on which the start fails after it has set the status to started"
    step = resume_point(old_status)
    if _PROCESSING in step:
        return f"with processing: the uploaded image {step.partition(_PROCESSING)[2]} is kept, imaging is skipped"
    if step == "validating":
        return "with validation: imaging and processing are skipped"
    return "from the beginning, with a new snapshot of the instance"


def uploaded_image(of: MachineRequest) -> str:
    """Return the UUID of the image that the request has uploaded and not finished; empty when its message has none."""
    return uploaded(of.old_status)


def uploaded(message: str | None) -> str:
    """Return the UUID of the uploaded image that a message names; empty when it names none."""
    return resume_point(message or "").partition(_PROCESSING)[2].strip()


def named(of: MachineRequest) -> str:
    """Return a request's id and the name of the application it asks for, for messages."""
    return f"imaging request {of.pk} ({of.new_application_name})"
