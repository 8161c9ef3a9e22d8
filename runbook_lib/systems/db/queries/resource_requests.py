"""Resource requests: look them up, and say which one it is."""

from __future__ import annotations

from runbook_lib.errors import TargetNotFound
from runbook_lib.model import show
from runbook_lib.systems.db.models.atmosphere.models import ResourceRequest

PENDING, APPROVED, DENIED, CLOSED = "pending", "approved", "denied", "closed"
_SHOWN = 120  # characters of a user's own words


def request(request_id: int) -> ResourceRequest:
    """Return one resource request, with its status and the user who asked.

    Raises:
        TargetNotFound: There is none of this id.
    """
    found = ResourceRequest.objects.select_related("status", "created_by").filter(pk=request_id).first()
    if found is None:
        pending = ResourceRequest.objects.filter(status__name=PENDING, end_date=None).order_by("-pk")
        newest = ", ".join(str(key) for key in pending.values_list("pk", flat=True)[:5])
        raise TargetNotFound(
            kind="resource request",
            key=str(request_id),
            where="the atmosphere database",
            next_step=(
                "the id is the number in the address of its page, /application/admin/resource-requests/ID"
                + (f"; the newest that wait are {newest}" if newest else "")
            ),
        )
    return found


def named(of: ResourceRequest) -> str:
    """Return a request's id and who asked, for messages."""
    return f"resource request {of.pk} of {of.created_by.username}"


def asked(of: ResourceRequest) -> str:
    """Return what was asked for, shortened and on one line, and since when."""
    words = of.request if len(of.request) <= _SHOWN else f"{of.request[:_SHOWN]}…"
    return f"{named(of)}, since {of.start_date:%Y-%m-%d}: {show(words)}"
