"""Read the API's responses: required fields, the progress of an imaging request, and errors."""

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
    """Return one value of a response.

    Raises:
        NotConnected: The value is absent, so this is not the API of a supported release.
    """
    for name in path:
        if not isinstance(body, dict) or name not in body:
            raise unexpected(address, f"its response has no {'.'.join(path)}")
        body = body[name]
    return body


def unexpected(address: str, reason: str) -> NotConnected:
    """Return the error for a response that the API of a supported release can't have sent."""
    return NotConnected(
        kind="wrong-answer",
        system=NAME,
        address=address,
        reason=reason,
        next_step="check that RUNBOOK_API_URL is the address of the API of Atmosphere v37",
    )


def progress(status: str, message: str) -> str:
    """Return the progress of an imaging request: pending, started, failed, denied or closed.

    Source: service/tasks/machine.py of Atmosphere v37. A failure writes a message and does not change the status.
    """
    if status not in _RUNNING:
        return status
    return FAILED if any(mark in message for mark in _ERROR_MARKS) else STARTED


def denied(answer: ApiResponse, operation: str, target: str) -> Refused | TargetNotFound:
    """Return the error for a response with a client error (4xx).

    Args:
        answer: The response.
        operation: The rejected operation, such as ``quota``.
        target: Its object: the path below the API's root.
    """
    if answer.status == _NOT_FOUND:
        return TargetNotFound(
            kind="object",
            key=target,
            where=NAME,
            next_step="check the id; a token of a user who is not staff does not see other users' requests",
        )
    step = "correct the value that it rejects, then make a new plan"
    if answer.status == _FORBIDDEN and answer.is_early:
        step = "set RUNBOOK_API_TOKEN to the token of a staff user"
    return Refused(
        what=f"{NAME} rejected {operation} of {target}", why=f"HTTP {answer.status}: {answer.message}", next_step=step
    )
