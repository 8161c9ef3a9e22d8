"""Read the API's answers: fields that must be there, how far an imaging request is, and errors in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import NotConnected, Refused, TargetNotFound
from runbook_lib.systems.atmosphere_api.calls import FAILED, STARTED

if TYPE_CHECKING:
    from runbook_lib.systems.atmosphere_api.client import ApiResponse

NAME = "Atmosphere's API"
_FORBIDDEN, _NOT_FOUND = 403, 404
_ERROR_MARKS = ("ERROR", "Traceback", "Exception")
_RUNNING = ("approved", "started", "processing", "validating", "completed")


def field(address: str, body: Any, *path: str) -> Any:
    """Return a value of an answer.

    Raises:
        NotConnected: It is not there, so this is not the API that this release knows.
    """
    for name in path:
        if not isinstance(body, dict) or name not in body:
            raise NotConnected(
                kind="wrong-answer",
                system=NAME,
                address=address,
                reason=f"its answer has no {'.'.join(path)}",
                next_step="check that RUNBOOK_API_URL is the API of Atmosphere v37",
            )
        body = body[name]
    return body


def progress(status: str, message: str) -> str:
    """Return how far an imaging request is: pending, started, failed, denied or closed.

    Source: a failure leaves the status as it was and writes a message; service/tasks/machine.py of Atmosphere v37.
    """
    if status not in _RUNNING:
        return status
    return FAILED if any(mark in message for mark in _ERROR_MARKS) else STARTED


def denied(answer: ApiResponse, what: str) -> Refused | TargetNotFound:
    """Return the error for an answer that is an error of the caller's (4xx); `what` ends with the object."""
    if answer.status == _NOT_FOUND:
        return TargetNotFound(
            kind="object",
            key=what.rpartition(" ")[2],
            where=NAME,
            next_step="check the id; to a token whose user is not staff, other users' requests do not exist",
        )
    step = "correct what it objects to, then plan again"
    if answer.status == _FORBIDDEN:
        step = "use the token of a staff user in RUNBOOK_API_TOKEN"
    return Refused(what=f"{NAME} refused {what}", why=f"HTTP {answer.status}: {answer.words}", next_step=step)
