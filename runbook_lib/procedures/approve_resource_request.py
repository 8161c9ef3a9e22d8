"""Approve a resource request: the user is told; quota and allocation are changed by procedures of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import RESOURCE_REQUEST_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import request_statuses, resource_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import ResourceRequest, StatusType
    from runbook_lib.world.world import World

MINUTES = 3
NEEDS = ("atmosphere",)
TELLS_MORE = {"api": "with it Atmosphere itself approves, and sends the e-mail"}
GRANTS_NOTHING = (
    "approving grants nothing by itself: give what was asked for with change_quota and change_allocation, before this"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which request."""

    request_id: int = RESOURCE_REQUEST_ID(example=18001)


def plan(world: World, params: Params) -> Plan:
    """Return the approval: through Atmosphere's API, which sends the e-mail; without it the new status alone.

    ``end_date`` stays empty, as upstream leaves it.

    Raises:
        TargetNotFound: No such request, or the site has no status of this name yet.
        Refused: The request is decided or ended; several statuses have the name; database and API disagree.
        NotConnected: The API is configured and does not answer, such as in a maintenance.

    Source: api/v2/views/resource_request.py of Atmosphere v37.
    """
    request = resource_requests.request(params.request_id)
    status = request.status.name
    if status == resource_requests.APPROVED and request.end_date is None:
        return Plan(because=f"{resource_requests.label(request)} is approved already", warnings=(GRANTS_NOTHING,))
    if status != resource_requests.PENDING or request.end_date is not None:
        raise _not_waiting(request)
    wanted = request_statuses.find_status(resource_requests.APPROVED)
    told = [resource_requests.describe(request), GRANTS_NOTHING]
    if not request.created_by.is_active:
        told.append(f"the account of {request.created_by.username} is not active")
    if not world.api.address:
        return _by_database(request, wanted, told)
    call = calls.resource_request_status(request.pk, before=status, after="approved")
    if (seen := world.api.current(call)) != status:
        raise Refused(
            what=f"{resource_requests.label(request)} is {status} in the database and {seen} in Atmosphere's API",
            next_step="check that RUNBOOK_ATMOSPHERE_DB and RUNBOOK_API_URL are of the same site",
        )
    return Plan(
        changes=(call,), warnings=(*told, f"Atmosphere sends an e-mail to {request.created_by.username} at once")
    )


def _by_database(request: ResourceRequest, wanted: StatusType, told: list[str]) -> Plan:
    """Return the new status alone, which is all that is left without the API."""
    nobody = (
        "Atmosphere's API is not configured, so this is written to the database and no e-mail is sent: "
        f"write to {request.created_by.username}"
    )
    return Plan(
        changes=edits.update(request, status_id=wanted.pk),
        warnings=(*told, request_statuses.describe_change(request, wanted), nobody),
        expects=(edits.expect(request, "end_date"),),
    )


def _not_waiting(request: ResourceRequest) -> Refused:
    """Return the error for a request that does not wait for a decision."""
    ended = "" if request.end_date is None else f", and ended on {request.end_date:%Y-%m-%d}"
    return Refused(
        what=f"{resource_requests.label(request)} is {request.status.name}{ended}",
        why="only a pending request waits for a decision, and the user was told another one",
        next_step="ask the user to send a new request; quota and allocation can be changed without any",
    )
