"""Resource requests: lookup and descriptions."""

from __future__ import annotations

from runbook_lib.errors import TargetNotFound
from runbook_lib.model import show
from runbook_lib.systems.db.models.atmosphere.models import ResourceRequest

PENDING, APPROVED, DENIED, CLOSED = "pending", "approved", "denied", "closed"
_MAX_SHOWN = 120  # characters of the user's text


def request(request_id: int) -> ResourceRequest:
    """Return a resource request by id, with its status and requester.

    Raises:
        TargetNotFound: No resource request has this id.
    """
    row = ResourceRequest.objects.select_related("status", "created_by").filter(pk=request_id).first()
    if row is None:
        pending = ResourceRequest.objects.filter(status__name=PENDING, end_date=None).order_by("-pk")
        newest = ", ".join(str(key) for key in pending.values_list("pk", flat=True)[:5])
        raise TargetNotFound(
            kind="resource request",
            key=str(request_id),
            where="the atmosphere database",
            next_step=(
                "the id is the number in the address of its page, /application/admin/resource-requests/ID"
                + (f"; the newest pending requests are {newest}" if newest else "")
            ),
        )
    return row


def label(request: ResourceRequest) -> str:
    """Return a request's id and requester, for messages."""
    return f"resource request {request.pk} of {request.created_by.username}"


def describe(request: ResourceRequest) -> str:
    """Return the request with its date and its text, shortened and on one line."""
    text = request.request if len(request.request) <= _MAX_SHOWN else f"{request.request[:_MAX_SHOWN]}…"
    return f"{label(request)}, since {request.start_date:%Y-%m-%d}: {show(text)}"
