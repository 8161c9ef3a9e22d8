"""Deny a resource request, or close it without informing the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.diagnosis import consequences
from runbook_lib.errors import ParamError, Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import RESOURCE_REQUEST_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import request_statuses, resource_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import ResourceRequest
    from runbook_lib.world.world import World

GROUP = "Quotas and allocations"
MINUTES = 3
NEEDS = ("atmosphere",)
OPTIONAL = {"api": "Atmosphere itself denies the request and sends the email"}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The request, and the decision."""

    request_id: int = RESOURCE_REQUEST_ID(example=18002)
    decision: Literal["denied", "closed"] = param(
        "denied rejects the request and sends the user an email; closed removes it from the list without an email.",
        example="closed",
    )
    message: str = param(
        "The reason that the user reads in the email of a denial; required for denied.", default="", longest=1024
    )


def plan(world: World, params: Params) -> Plan:
    """Return the new status and the end date of the request.

    A denial goes through Atmosphere's API when it is configured, because only the API sends the email. Closing sends
    no email: the plan writes to the database what the API would write, which undo can restore.

    Raises:
        ParamError: A denial has no message, or a closed request has one.
        TargetNotFound: The request does not exist, or the site has no status of this name yet.
        Refused: The request is ended; it was approved and the decision is *denied*; several statuses have the name;
            database and API disagree.
        NotConnected: The API is required and does not respond, for example during a maintenance.

    Source: api/v2/views/resource_request.py:50-60 of Atmosphere v37-5, whose denial prints ``admin_message`` as its
    reason; ResourceRequestView.jsx:213 of Troposphere v36-6, which disables *Deny* until a reason is typed.
    """
    request = resource_requests.request(params.request_id)
    if request.status.name == params.decision:
        return _ended(world, request)
    _check(request, params.decision)
    _check_message(params)
    wanted = request_statuses.find_status(params.decision)
    if params.decision == resource_requests.DENIED and world.api.address:
        return _denied_by_the_api(world, request, params.message)
    values: dict[str, object] = {}
    no_email = f"no email is sent about the status {params.decision}: write to {request.created_by.username}"
    if params.decision == resource_requests.DENIED:
        values["admin_message"] = params.message
        no_email = f"Atmosphere's API is not configured, so the runbook writes to the database, and {no_email}"
    return Plan(
        changes=edits.update(request, **values, status_id=wanted.pk, end_date=world.now()),
        warnings=(
            resource_requests.describe(request),
            request_statuses.describe_change(request, wanted),
            no_email,
        ),
    )


def _ended(world: World, request: ResourceRequest) -> Plan:
    """Return an empty plan, or the missing end date."""
    name = request.status.name
    changes = () if request.end_date is not None else edits.update(request, end_date=world.now())
    if changes:
        warning = f"the request is already {name}, and only its end date is missing; no email is sent"
        return Plan(changes=changes, warnings=(warning,))
    return Plan(because=f"{resource_requests.label(request)} is already {name}, since {request.end_date:%Y-%m-%d}")


def _check(request: ResourceRequest, decision: str) -> None:
    """Raise unless the request can get this decision.

    Raises:
        Refused: The request is ended, or its user was informed of another decision.
    """
    status = request.status.name
    if request.end_date is not None or status in {resource_requests.DENIED, resource_requests.CLOSED}:
        ended = "" if request.end_date is None else f", since {request.end_date:%Y-%m-%d}"
        raise Refused(
            what=f"{resource_requests.label(request)} is already {status}{ended}",
            why="an ended request is no longer on the list, and its decision stays",
            next_step="leave it as it is"
            if request.end_date is not None
            else f"run this with decision={status}, which sets its end date",
        )
    if decision == resource_requests.DENIED and status != resource_requests.PENDING:
        raise Refused(
            what=f"{resource_requests.label(request)} is {status}, not pending",
            why="only a pending request waits for a decision; the user already has the email about the approval",
            next_step="close it instead (decision=closed)",
        )


def _check_message(params: Params) -> None:
    """Raise unless a denial has a reason for the user, and only a denial.

    Raises:
        ParamError: The message is missing, or nobody would read it.
    """
    if params.decision == resource_requests.DENIED and not params.message:
        problem, step = "message is missing: the email of a denial prints it as the reason", "give the reason"
    elif params.decision != resource_requests.DENIED and params.message:
        problem, step = "message is only for denied: closing sends no email", "leave it out, and write to the user"
    else:
        return
    raise ParamError(problems=[problem], next_step=step, procedure="close_resource_request")


def _denied_by_the_api(world: World, request: ResourceRequest, message: str) -> Plan:
    """Return the calls that set the message, deny the request and send the email."""
    call = calls.resource_request_status(request.pk, before=request.status.name, after="denied")
    if (current := world.api.current(call)) != call.before:
        raise Refused(
            what=f"{resource_requests.label(request)} is {call.before} in the database and {current} in Atmosphere's "
            "API",
            next_step="check that RUNBOOK_ATMOSPHERE_DB and RUNBOOK_API_URL belong to the same site",
        )
    user = request.created_by.username
    reason = calls.resource_request_message(request.pk, before=request.admin_message, after=message)
    return Plan(
        changes=(call,) if request.admin_message == message else (reason, call),
        predictions=consequences.resource_request(request, "denied", message),
        warnings=(
            resource_requests.describe(request),
            f"Atmosphere also sets the end date, and immediately sends an email with the message to {user}",
        ),
    )
