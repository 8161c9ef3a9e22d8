"""Build calls of Atmosphere's API: plain values for plans. Sends nothing."""

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
FIELDS = ("is_staff", "is_superuser", "admin_message")
"""The actions that set the field of their name."""


def start_imaging(request_id: int) -> Call:
    """Return the approval of a pending imaging request. Like the Approve button, it starts the chain of tasks.

    ``before`` is ``pending``. ``after`` is ``started``: the request runs or succeeded. One with an error message reads
    ``failed``.
    """
    target = f"machine_requests/{request_id}"
    return Call(_API, target, action="imaging", before=PENDING, after=STARTED, reversible=False)


def redeploy(instance_id: str, *, status: str) -> Call:
    """Return the action that runs networking and deployment again on an instance.

    Args:
        instance_id: Nova's UUID of the instance.
        status: The instance's status at the time of the plan, which distinguishes repeated actions.
    """
    return _action(instance_id, "redeploy", status)


def reboot(instance_id: str, *, hard: bool, status: str) -> Call:
    """Return a reboot of an instance; arguments as for `redeploy`."""
    return _action(instance_id, "reboot HARD" if hard else "reboot SOFT", status)


def quota(identity_uuid: str, username: str, *, before: Mapping[str, Json], after: Mapping[str, Json]) -> Call:
    """Return the change of an identity's quota, in Atmosphere and in OpenStack.

    Args:
        identity_uuid: The identity.
        username: Its user, which the API requires.
        before: Quota column → current value; None means unlimited.
        after: Quota column → wanted value; None means unlimited.
    """
    target = f"identities/{identity_uuid}?username={quote(username, safe='')}"
    return Call(_API, target, action="quota", before=dict(before), after=dict(after))


def imaging_request_status(request_id: int, *, before: str, after: Literal["pending", "denied", "closed"]) -> Call:
    """Return a status change of an imaging request that starts no task: any status except approved."""
    return Call(_API, f"machine_requests/{request_id}", action="status", before=before, after=after)


def resource_request_status(request_id: int, *, before: str, after: Literal["approved", "denied", "closed"]) -> Call:
    """Return the decision on a resource request. It sends an email, so it is irreversible."""
    target = f"admin/resource_requests/{request_id}"
    return Call(_API, target, action="status", before=before, after=after, reversible=False)


def resource_request_message(request_id: int, *, before: str, after: str) -> Call:
    """Return the change of the message to the user, which the email of a denial prints; irreversible like the email."""
    target = f"admin/resource_requests/{request_id}"
    return Call(_API, target, action="admin_message", before=before, after=after, reversible=False)


def user_flag(user_id: int, flag: Literal["is_staff", "is_superuser"], *, after: bool) -> Call:
    """Return the change of one flag of a user."""
    return Call(_API, f"users/{user_id}", action=flag, before=not after, after=after)


def _action(instance_id: str, action: str, status: str) -> Call:
    target, requested = f"instances/{instance_id}", f"requested; was {status}"
    return Call(_API, target, action=action, before=status, after=requested, reversible=False)
