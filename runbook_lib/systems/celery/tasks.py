"""A task as Flower remembers it, and which of them a search means; plain values, no I/O."""

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
_SHORTEST, _LONGEST = 3, 1000  # characters; Flower 2 refuses a shorter or a much longer search
# What Flower would take for syntax, in one release or another: quotes and backslashes, a minus, the name of a field.
_SYNTAX = re.compile(r'["\\]|^-|^(?:name|state|worker|args|kwargs|result):', re.IGNORECASE)
_LATEST = 253402300799.0  # the end of the year 9999


@dataclass(frozen=True)
class SeenTask:
    """A task as Flower remembers it, since its own start at most. Every moment is UTC; None: Flower did not see it.

    Attributes:
        id: Celery's id.
        name: Its name, such as ``_deploy_instance``.
        state: One of `STATES`.
        args: Its arguments in words, the instance's id and the user's name among them; likely secrets are masked.
            Celery cuts long ones off, and of an object it shows only what the object says of itself.
        kwargs: Its arguments by name, in the same way.
        worker: Whose log has more; empty with Flower 0.9, which leaves it out of its lists.
        exception: Why it failed, or is tried again; empty otherwise. Likely secrets are masked, here and below.
        traceback: Where, line by line; empty when it did not fail.
        result: What it returned, in words.
        retries: How often it was tried before.
        runtime: Seconds that it took; None while it has not succeeded.
        received: When a worker took it.
        started: When the worker began.
        succeeded: When it ended well.
        failed: When it failed for good.
        retried: When the last try failed that is followed by another.
        revoked: When it was taken back.
        seen: When Flower last heard of it.
        eta: The moment it has to wait for, as Celery tells it; empty when there is none.
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
    seen: datetime | None = None
    eta: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it will not run again."""
        return self.state in _ENDED

    @property
    def is_trouble(self) -> bool:
        """Whether it failed, was taken back, or has to be tried again."""
        return self.state in _TROUBLE

    @property
    def ended(self) -> datetime | None:
        """When it ended, well or not; None while it has not, or nobody knows."""
        return (self.succeeded or self.failed or self.revoked) if self.has_ended else None

    @property
    def began(self) -> datetime | None:
        """The first that is known of it."""
        return min((moment for moment in (self.received, self.started, self.seen) if moment), default=None)


def from_json(task_id: str, row: Any) -> SeenTask:
    """Return one task of an answer.

    Raises:
        ValueError: It is not as Flower's are.
    """
    if not isinstance(row, dict):
        raise ValueError("it is no object")
    retries = row.get("retries")
    return SeenTask(
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
        received=_moment(row, "received"),
        started=_moment(row, "started"),
        succeeded=_moment(row, "succeeded"),
        failed=_moment(row, "failed"),
        retried=_moment(row, "retried"),
        revoked=_moment(row, "revoked"),
        seen=_moment(row, "timestamp"),
        eta=_text(row, "eta"),
    )


def search_for(text: str) -> str:
    """Return what Flower is asked to search for, so that it leaves out nothing that `means` would take; may be empty.

    A phrase in quotes is literal in every release, but for the signs that one release or another reads as syntax.

    Source: flower/utils/search.py of Flower 0.9.2, 1.2 and 2.2.
    """
    stripped = text.strip()
    return f'"{stripped}"' if _SHORTEST <= len(stripped) <= _LONGEST and not _SYNTAX.search(stripped) else ""


def means(row: Mapping[str, Any], *, text: str, state: str) -> bool:
    """Tell whether a task of an answer is one that was asked for: Flower 0.9 leaves the search to its caller.

    Args:
        row: The task, as Flower tells it.
        text: What must be in its id, name, arguments, worker or result, in upper or lower case; empty: anything.
        state: Its state; empty: any.
    """
    if state and row.get("state") != state:
        return False
    fields = ("uuid", "name", "state", "worker", "args", "kwargs", "result")
    return has_text(text, *(str(row.get(name) or "") for name in fields))


def has_text(text: str, *fields: str) -> bool:
    """Tell whether a text stands in one of the fields, in upper or lower case; an empty one stands in everything."""
    wanted = text.strip().casefold()
    return not wanted or any(wanted in field.casefold() for field in fields)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float | list | dict):
        raise ValueError(f"{name} is no text")
    return str(value)


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is no number")
    return float(value)


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    seconds = _number(row, name)
    if seconds is None:
        return None
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f"{name} is no moment")
    return datetime.fromtimestamp(seconds, tz=UTC)
