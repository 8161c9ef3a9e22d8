"""A task in Flower's memory, and the search for tasks; plain values, no I/O."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES = ("PENDING", "RECEIVED", "STARTED", "SUCCESS", "FAILURE", "RETRY", "REVOKED", "REJECTED", "IGNORED")
"""Every state that Celery has."""
_ENDED = ("SUCCESS", "FAILURE", "REVOKED", "REJECTED", "IGNORED")
_TROUBLE = ("FAILURE", "RETRY", "REVOKED", "REJECTED")
_MIN_CHARACTERS, _MAX_CHARACTERS = 3, 1000  # Flower 2 rejects a shorter or a much longer search
# Syntax in at least one release of Flower: quotes and backslashes, a leading minus, the name of a field.
_SYNTAX = re.compile(r'["\\]|^-|^(?:name|state|worker|args|kwargs|result):', re.IGNORECASE)
_MAX_SECONDS = 253402300799.0  # the end of the year 9999


@dataclass(frozen=True)
class FlowerTask:
    """A task in Flower's memory. All times are UTC; None means that Flower did not see the event since its own start.

    Attributes:
        id: Celery's id.
        name: Name, such as ``_deploy_instance``.
        state: One of `STATES`.
        args: Arguments as text, including the instance's id and the username; likely secrets are masked. Celery
            truncates long arguments and shows an object only by its ``repr``.
        kwargs: Keyword arguments in the same form.
        worker: The worker whose log has details; empty with Flower 0.9, which omits it in its lists.
        exception: The reason for a failure or retry; empty otherwise. Likely secrets are masked, here and below.
        traceback: The traceback of a failure; empty otherwise.
        result: The return value as text.
        retries: Number of earlier attempts.
        runtime: Duration in seconds; None unless it succeeded.
        received: Time when a worker received it.
        started: Time when the worker started it.
        succeeded: Time of its success.
        failed: Time of its final failure.
        retried: Time of the latest failure that is followed by a retry.
        revoked: Time when it was revoked.
        last_event: Time of the latest event.
        eta: The time it waits for, in Celery's format; empty when there is none.
    """

    id: str
    name: str
    state: str
    args: str = ""
    kwargs: str = ""
    worker: str = ""
    exception: str = ""
    traceback: str = ""
    result: str = ""
    retries: int = 0
    runtime: float | None = None
    received: datetime | None = None
    started: datetime | None = None
    succeeded: datetime | None = None
    failed: datetime | None = None
    retried: datetime | None = None
    revoked: datetime | None = None
    last_event: datetime | None = None
    eta: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it will not run again."""
        return self.state in _ENDED

    @property
    def is_trouble(self) -> bool:
        """Whether it failed, was revoked, or waits for a retry."""
        return self.state in _TROUBLE

    @property
    def ended(self) -> datetime | None:
        """Time of its end, successful or not; None before, or when unknown."""
        return (self.succeeded or self.failed or self.revoked) if self.has_ended else None

    @property
    def first_event(self) -> datetime | None:
        """Time of the first known event; None when unknown."""
        return min((time for time in (self.received, self.started, self.last_event) if time), default=None)


def from_json(task_id: str, row: Any) -> FlowerTask:
    """Return one task of a response.

    Raises:
        ValueError: It does not have Flower's format.
    """
    if not isinstance(row, dict):
        raise ValueError("it is not a JSON object")
    retries = row.get("retries")
    return FlowerTask(
        id=task_id,
        name=_text(row, "name"),
        state=_text(row, "state"),
        args=mask(_text(row, "args")),
        kwargs=mask(_text(row, "kwargs")),
        worker=_text(row, "worker"),
        exception=mask(_text(row, "exception")),
        traceback=mask(_text(row, "traceback")),
        result=mask(_text(row, "result")),
        retries=retries if isinstance(retries, int) else 0,
        runtime=_number(row, "runtime"),
        received=_time(row, "received"),
        started=_time(row, "started"),
        succeeded=_time(row, "succeeded"),
        failed=_time(row, "failed"),
        retried=_time(row, "retried"),
        revoked=_time(row, "revoked"),
        last_event=_time(row, "timestamp"),
        eta=_text(row, "eta"),
    )


def search_phrase(text: str) -> str:
    """Return a search for Flower that finds at least every task that `matches` accepts; can be empty.

    A quoted phrase is literal in every release, except for characters that some release reads as syntax.

    Source: flower/utils/search.py of Flower 0.9.2, 1.2 and 2.2.
    """
    stripped = text.strip()
    return (
        f'"{stripped}"' if _MIN_CHARACTERS <= len(stripped) <= _MAX_CHARACTERS and not _SYNTAX.search(stripped) else ""
    )


def matches(row: Mapping[str, Any], *, text: str, state: str) -> bool:
    """Return whether a task of a response matches, for Flower 0.9, which has no search.

    Args:
        row: The task in Flower's format.
        text: A text in its id, name, arguments, worker or result, ignoring case; empty for any task.
        state: Its state; empty for any state.
    """
    if state and row.get("state") != state:
        return False
    fields = ("uuid", "name", "state", "worker", "args", "kwargs", "result")
    return has_text(text, *(str(row.get(name) or "") for name in fields))


def has_text(text: str, *fields: str) -> bool:
    """Return whether one of the fields contains a text, ignoring case; every field contains the empty text."""
    wanted = text.strip().casefold()
    return not wanted or any(wanted in field.casefold() for field in fields)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float | list | dict):
        raise ValueError(f"{name} is not a text")
    return str(value)


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    seconds = _number(row, name)
    if seconds is None:
        return None
    if not 0 <= seconds <= _MAX_SECONDS:
        raise ValueError(f"{name} is not a valid timestamp")
    return datetime.fromtimestamp(seconds, tz=UTC)
