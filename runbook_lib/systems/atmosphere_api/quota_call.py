"""Change an identity's quota with two requests, and report what a failure between or after them leaves.

The first request adds a row to the table quota, or reuses an equal one. The second one assigns the row. Atmosphere then
writes an event, sets the limits in Nova, Neutron and Cinder in this order, and writes the identity's row last. So an
unchanged identity proves nothing, and a failure on the way is HTTP 400.
Source: api/v2/serializers/details/identity.py:29-50, core/hooks/quota.py and service/quota.py:163-193 of Atmosphere
v37-5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import CallUnsettled, NothingChanged
from runbook_lib.systems.atmosphere_api import answers
from runbook_lib.systems.atmosphere_api.answers import NAME

if TYPE_CHECKING:
    from runbook_lib.model import Call
    from runbook_lib.systems.atmosphere_api.client import ApiResponse, Client

_OK = range(200, 300)
_ROW = "a row with the new limits might have been added to the table quota, which changes no limit by itself"
_LIMITS = (
    "the limits in Nova, Neutron and Cinder, and the event quota_assigned, might have changed: Atmosphere writes the "
    "identity last; compare them with 'openstack quota show PROJECT'"
)


def send(client: Client, call: Call) -> ApiResponse:
    """Send both requests, and return the response to the second one.

    Raises:
        Refused, TargetNotFound: The API rejected the first request, and nothing was done.
        NotConnected: The first request did not reach the API.
        CallUnsettled: The response to the first request was lost, or the second one was not processed.
    """
    created = client.request("POST", "v2/quotas", body=call.after)
    if created.status not in _OK:
        if created.is_lost:
            raise CallUnsettled(f"{NAME}: {created.reason}; {_ROW}; {call.target} was not changed")
        raise answers.denied(created, call.action, call.target)
    try:
        reference = {"quota": {"id": answers.field(client.address, created.body, "id")}}
        assigned = client.request("PATCH", f"v2/{call.target}", body=reference)
    except NothingChanged as error:
        raise CallUnsettled(f"{error.what}: {error.why}; {_ROW}; {call.target} was not changed") from error
    if assigned.is_early:
        raise CallUnsettled(f"{NAME}: {assigned.reason}; {_ROW}; {call.target} was not changed")
    return assigned


def unsettled(call: Call, answer: ApiResponse) -> CallUnsettled:
    """Return the error for a second request that failed and left the identity's quota as it was."""
    return CallUnsettled(f"{NAME}: {answer.reason}; {call.target} still has its old quota, but {_LIMITS}")
