"""Deny a resource request, or close it without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import RESOURCE_REQUEST_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import request_statuses, resource_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import ResourceRequest
    from runbook_lib.world.world import World

MINUTES = 3
NEEDS = ("atmosphere",)
TELLS_MORE = {"api": "with it Atmosphere itself denies, and sends the e-mail"}


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which request, and what becomes of it."""

    request_id: int = RESOURCE_REQUEST_ID(example=18002)
    decision: Literal["denied", "closed"] = param(
        "Denied says no to the user, by e-mail; closed takes the request off the list and tells nobody.",
        example="closed",
    )


def plan(world: World, params: Params) -> Plan:
    """Return the new status and the end of the request.

    A denial goes through Atmosphere's API when it is configured, because only the API sends the e-mail. Closing sends
    none, so it is written to the database, which is all that the API would do, and can be taken back.

    Raises:
        TargetNotFound: No such request, or the site has no status of this name yet.
        Refused: The request is ended, or was approved and is to be denied; several statuses have the name; database and
            API disagree.
        NotConnected: The API is needed and does not answer, such as in a maintenance.

    Source: api/v2/views/resource_request.py of Atmosphere v37.
    """
    request = resource_requests.request(params.request_id)
    if request.status.name == params.decision:
        return _ended(world, request)
    _check(request, params.decision)
    wanted = request_statuses.find_status(params.decision)
    if params.decision == resource_requests.DENIED and world.api.address:
        return _denied_by_the_api(world, request)
    told = f"nobody is told by e-mail that it is {params.decision}: write to {request.created_by.username}"
    if params.decision == resource_requests.DENIED:
        told = f"Atmosphere's API is not configured, so this is written to the database; {told}"
    return Plan(
        changes=edits.update(request, status_id=wanted.pk, end_date=world.now()),
        warnings=(
            resource_requests.describe(request),
            request_statuses.describe_change(request, wanted),
            told,
        ),
    )


def _ended(world: World, request: ResourceRequest) -> Plan:
    """Return nothing to do, or the end that is still missing."""
    name = request.status.name
    changes = () if request.end_date is not None else edits.update(request, end_date=world.now())
    if changes:
        return Plan(changes=changes, warnings=(f"it is {name} already, and only its end is missing; nobody is told",))
    return Plan(because=f"{resource_requests.label(request)} is {name} already, since {request.end_date:%Y-%m-%d}")


def _check(request: ResourceRequest, decision: str) -> None:
    """Return if the request may be decided so.

    Raises:
        Refused: It is ended, or its user was told something else.
    """
    status = request.status.name
    if request.end_date is not None or status in {resource_requests.DENIED, resource_requests.CLOSED}:
        ended = "" if request.end_date is None else f", since {request.end_date:%Y-%m-%d}"
        raise Refused(
            what=f"{resource_requests.label(request)} is {status} already{ended}",
            why="an ended request is not on the list any more, and its decision stays",
            next_step="leave it as it is"
            if request.end_date is not None
            else f"run this with decision={status}, which sets its end",
        )
    if decision == resource_requests.DENIED and status != resource_requests.PENDING:
        raise Refused(
            what=f"{resource_requests.label(request)} is {status}, not pending",
            why="only a pending request waits for a decision; a user who was told yes would be told no",
            next_step="close it instead (decision=closed)",
        )


def _denied_by_the_api(world: World, request: ResourceRequest) -> Plan:
    """Return the call that denies the request and sends the e-mail."""
    call = calls.resource_request_status(request.pk, before=request.status.name, after="denied")
    if (seen := world.api.current(call)) != call.before:
        raise Refused(
            what=f"{resource_requests.label(request)} is {call.before} in the database and {seen} in Atmosphere's API",
            next_step="check that RUNBOOK_ATMOSPHERE_DB and RUNBOOK_API_URL are of the same site",
        )
    user = request.created_by.username
    return Plan(
        changes=(call,),
        warnings=(
            resource_requests.describe(request),
            f"Atmosphere sets the end too, and sends an e-mail to {user} at once",
        ),
    )
