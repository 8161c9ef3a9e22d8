"""Approve a resource request and inform the user; change quota and allocation with their own procedures first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import consequences
from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import RESOURCE_REQUEST_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import request_statuses, resource_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import ResourceRequest, StatusType
    from runbook_lib.world.world import World

GROUP = "Quotas and allocations"
MINUTES = 3
NEEDS = ("atmosphere",)
OPTIONAL = {"api": "Atmosphere itself approves the request and sends the email"}
GRANTS_NOTHING = (
    "an approval alone grants nothing: grant the requested resources first, with change_quota and change_allocation"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The request."""

    request_id: int = RESOURCE_REQUEST_ID(example=18001)


def plan(world: World, params: Params) -> Plan:
    """Return the approval through Atmosphere's API, which sends the email; without the API, only the new status.

    ``end_date`` stays empty, as upstream leaves it.

    Raises:
        TargetNotFound: The request does not exist, or the site has no status of this name yet.
        Refused: The request is decided or ended; several statuses have the name; database and API disagree.
        NotConnected: The API is configured and does not respond, for example during a maintenance.

    Source: api/v2/views/resource_request.py of Atmosphere v37.
    """
    request = resource_requests.request(params.request_id)
    status = request.status.name
    if status == resource_requests.APPROVED and request.end_date is None:
        return Plan(because=f"{resource_requests.label(request)} is already approved", warnings=(GRANTS_NOTHING,))
    if status != resource_requests.PENDING or request.end_date is not None:
        raise _not_waiting(request)
    wanted = request_statuses.find_status(resource_requests.APPROVED)
    warnings = [resource_requests.describe(request), GRANTS_NOTHING]
    if not request.created_by.is_active:
        warnings.append(f"the account of {request.created_by.username} is not active")
    if not world.api.address:
        return _in_database(request, wanted, warnings)
    call = calls.resource_request_status(request.pk, before=status, after="approved")
    if (current := world.api.current(call)) != status:
        raise Refused(
            what=f"{resource_requests.label(request)} is {status} in the database and {current} in Atmosphere's API",
            next_step="check that RUNBOOK_ATMOSPHERE_DB and RUNBOOK_API_URL belong to the same site",
        )
    email = f"Atmosphere immediately sends an email to {request.created_by.username}"
    predictions = consequences.resource_request(request, "approved")
    return Plan(changes=(call,), warnings=(*warnings, email), predictions=predictions)


def _in_database(request: ResourceRequest, wanted: StatusType, warnings: list[str]) -> Plan:
    """Return only the new status: without the API, no email can be sent."""
    no_email = (
        "Atmosphere's API is not configured, so the runbook writes the status to the database and no email is sent: "
        f"write to {request.created_by.username}"
    )
    return Plan(
        changes=edits.update(request, status_id=wanted.pk),
        warnings=(*warnings, request_statuses.describe_change(request, wanted), no_email),
        expects=(edits.expect(request, "end_date"),),
    )


def _not_waiting(request: ResourceRequest) -> Refused:
    """Return the refusal for a request that does not wait for a decision."""
    ended = "" if request.end_date is None else f", and ended on {request.end_date:%Y-%m-%d}"
    return Refused(
        what=f"{resource_requests.label(request)} is {request.status.name}{ended}",
        why="only a pending request waits for a decision, and the user was already informed of another one",
        next_step="ask the user to send a new request; you can change quota and allocation without a request",
    )
