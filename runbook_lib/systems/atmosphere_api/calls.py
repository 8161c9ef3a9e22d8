"""The calls that Atmosphere's API can make: plain values for plans; nothing is sent here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from runbook_lib.model import Call, System, SystemId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from runbook_lib.model import Json

_API = SystemId(System.API)
PENDING, STARTED, FAILED = "pending", "started", "failed"


def start_imaging(request_id: int) -> Call:
    """Return the approval of a pending imaging request: what its button sends, and what starts the chain of tasks.

    Before is ``pending``, after ``started``: it runs or ended well. What carries an error message reads ``failed``.
    """
    target = f"machine_requests/{request_id}"
    return Call(_API, target, action="imaging", before=PENDING, after=STARTED, reversible=False)


def redeploy(instance_id: str, *, seen: str) -> Call:
    """Return the action that runs networking and deployment again on an instance.

    Args:
        instance_id: Nova's uuid of the instance.
        seen: The status that the plan saw; it makes this action another one than the next.
    """
    return _action(instance_id, "redeploy", seen)


def reboot(instance_id: str, *, hard: bool, seen: str) -> Call:
    """Return a reboot of an instance; arguments as `redeploy` has them."""
    return _action(instance_id, "reboot HARD" if hard else "reboot SOFT", seen)


def quota(identity_uuid: str, username: str, *, before: Mapping[str, Json], after: Mapping[str, Json]) -> Call:
    """Return the change of an identity's quota, in Atmosphere and in OpenStack.

    Args:
        identity_uuid: The identity.
        username: Its user, whom the API wants to be named.
        before: Quota column → value now; None is unlimited.
        after: The same, wanted.
    """
    target = f"identities/{identity_uuid}?username={quote(username, safe='')}"
    return Call(_API, target, action="quota", before=dict(before), after=dict(after))


def imaging_request_status(request_id: int, *, before: str, after: Literal["pending", "denied", "closed"]) -> Call:
    """Return another status of an imaging request than approved: nothing is started by it."""
    return Call(_API, f"machine_requests/{request_id}", action="status", before=before, after=after)


def resource_request_status(request_id: int, *, before: str, after: Literal["approved", "denied", "closed"]) -> Call:
    """Return the decision on a resource request; the e-mail that it sends can't be taken back."""
    target = f"admin/resource_requests/{request_id}"
    return Call(_API, target, action="status", before=before, after=after, reversible=False)


def user_flag(user_id: int, flag: Literal["is_staff", "is_superuser"], *, after: bool) -> Call:
    """Return the change of one flag of a user."""
    return Call(_API, f"users/{user_id}", action=flag, before=not after, after=after)


def _action(instance_id: str, action: str, seen: str) -> Call:
    return Call(
        _API, f"instances/{instance_id}", action=action, before=seen, after=f"asked for; was {seen}", reversible=False
    )
