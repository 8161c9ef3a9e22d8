"""Set an imaging request back to pending, so that it can be approved again, and show where it would resume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import leftover_snapshot
from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import IMAGING_REQUEST_ID
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import imaging_preconditions, imaging_requests, request_statuses

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
    from runbook_lib.world.world import World

GROUP = "Imaging requests"
MINUTES = 3
NEEDS = ("atmosphere",)
OPTIONAL = {"glance": "whether the next run reuses a snapshot of an earlier one"}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The request."""

    request_id: int = IMAGING_REQUEST_ID(example=16519)


def plan(world: World, params: Params) -> Plan:
    """Return the new status, which is all that the web interface's *Re-Submit* writes; the message stays.

    The plan relies on the message, because an approval reads from it where to resume.

    Raises:
        TargetNotFound: No such request, or the site has no status *pending*.
        Refused: The request is completed and has a machine or closed; or several statuses are called *pending*.

    Source: api/v2/views/machine_request.py and core/models/machine_request.py of Atmosphere v37.
    """
    request = imaging_requests.request(params.request_id)
    status = request.status.name
    if status == imaging_requests.PENDING:
        return Plan(
            because=f"{imaging_requests.label(request)} is already pending",
            warnings=tuple(_resume(world, request, "an approval now would resume")),
        )
    if status == "completed" and request.new_machine_id is not None:
        raise Refused(
            what=f"{imaging_requests.label(request)} is completed",
            why="its image exists; another approval would make a second image",
            next_step="for another image of the same instance, ask the owner to submit a new request",
        )
    if status == "closed":
        raise Refused(
            what=f"{imaging_requests.label(request)} is closed",
            why="the web interface offers Re-Submit for every status except closed",
            next_step="ask the owner to submit a new request",
        )
    pending = request_statuses.find_status(imaging_requests.PENDING)
    return Plan(
        changes=edits.update(request, status_id=pending.pk),
        warnings=(
            f"{imaging_requests.label(request)}: {request_statuses.describe_change(request, pending)}",
            *_warnings(world, request),
        ),
        expects=(edits.expect(request, "old_status"),),
    )


def _resume(world: World, request: MachineRequest, beginning: str) -> list[str]:
    """Return where the request would resume, and what an earlier run left for a run from the beginning."""
    if not imaging_preconditions.needs_snapshot(request):
        return [f"{beginning} {imaging_requests.describe_resume(request.old_status)}"]
    leftovers = leftover_snapshot.find(world, request)
    return [f"{beginning} {imaging_requests.describe_resume(request.old_status, leftovers.phrase)}", leftovers.sentence]


def _warnings(world: World, request: MachineRequest) -> list[str]:
    """Return where the request would resume, and the reasons against an immediate approval."""
    warnings = _resume(world, request, "the next approval resumes")
    if request.status.name == "completed":
        warnings.append(
            "it is completed, but has no machine (new_machine is NULL): Atmosphere completed it without an image"
        )
    if imaging_preconditions.is_validating_nothing(request):
        warnings.append(
            "it has no machine to validate, so approve_imaging_request refuses it. Before that, set its message to "
            "'processing - ' and the UUID of its image in Glance, or to 'pending', under "
            f"/admin/core/machinerequest/{request.pk}"
        )
    if request.old_status is None:
        warnings.append("set its message to 'pending' under /admin/core/machinerequest before you approve it")
    if request.status.name in imaging_requests.RUNNING and not imaging_requests.is_errored(request):
        warnings.append(
            f"its status is {request.status.name} and its message shows no error: it might still be running. "
            "Approve it only after the imaging queue was proved empty"
        )
    if request.status.name == "denied":
        warnings.append("it was denied; no one is informed that it is processed again")
    others = [other for other in imaging_requests.in_flight() if other.pk != request.pk]
    if others:
        listed = "; ".join(f"{imaging_requests.label(other)} is {other.status.name}" for other in others)
        warnings.append(f"at most one request can be in flight, so do not approve this one yet: {listed}")
    return warnings
