"""Deny or close an imaging request, as the buttons of the web interface do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import IMAGING_REQUEST_ID
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import imaging_requests, request_statuses

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

GROUP = "Imaging requests"
MINUTES = 3
NEEDS = ("atmosphere",)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The request, and the decision."""

    request_id: int = IMAGING_REQUEST_ID(example=16501)
    decision: Literal["denied", "closed"] = param(
        "denied rejects a pending request; closed removes a request in any status from the list.", example="denied"
    )


def plan(params: Params) -> Plan:
    """Return the new status, which is all that the buttons *Deny* and *Close* write.

    ``end_date`` stays as it is: Atmosphere sets it only when the owner withdraws the request (DELETE).

    Raises:
        TargetNotFound: The request does not exist, or the site has no status of this name yet.
        Refused: The request is completed and has a machine; the decision is *denied* and the request is not pending;
            several statuses have the name.

    Source: api/v2/views/machine_request.py of Atmosphere v37, ImageRequest.jsx of Troposphere v36.
    """
    request = imaging_requests.request(params.request_id)
    status = request.status.name
    if status == params.decision:
        return Plan(because=f"{imaging_requests.label(request)} is already {status}")
    if status == "completed" and request.new_machine_id is not None:
        raise Refused(
            what=f"{imaging_requests.label(request)} is completed",
            why="its image exists and would stay; only the record of how it was made would be lost",
            next_step="leave the request as it is; to remove the image, set an end date for the version on its page",
        )
    if params.decision == "denied" and status != imaging_requests.PENDING:
        raise Refused(
            what=f"{imaging_requests.label(request)} is {status}, not pending",
            why="the web interface offers Deny only while a request is pending",
            next_step="close it instead (decision=closed)" if status != "closed" else "leave it as it is",
        )
    wanted = request_statuses.find_status(params.decision)
    return Plan(
        changes=edits.update(request, status_id=wanted.pk),
        warnings=(
            f"{imaging_requests.label(request)}: {request_statuses.describe_change(request, wanted)}",
            *_warnings(request, params.decision),
        ),
    )


def _warnings(request: MachineRequest, decision: str) -> list[str]:
    """Return the missing email, the imaging that might continue, and the image that stays behind."""
    warnings = [f"Atmosphere sends no email about the status {decision}: write to {request.created_by.username}"]
    if request.status.name in imaging_requests.RUNNING and not imaging_requests.is_errored(request):
        warnings.append(
            f"its status is {request.status.name} and its message shows no error. If it is still running, closing "
            "does not stop it, and its next step overwrites the status"
        )
    if image := imaging_requests.uploaded_image(request):
        warnings.append(
            f"its uploaded image {image} stays in Glance of provider {request.new_machine_provider_id}; until it is "
            "processed such an image is public, even if the owner asked for a private one"
        )
    return warnings
