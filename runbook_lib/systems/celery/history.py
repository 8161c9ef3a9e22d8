"""The range and completeness of Flower's memory; plain values, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping

_START = re.compile(r"^process_start_time_seconds\s+([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*$", re.MULTILINE)
_RECEIVED = re.compile(
    r"^flower_events_total\{(?=[^}\n]*\btype=\"task-received\")[^}\n]*\}\s+([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class WorkerTotals:
    """The task count of the workers that respond.

    Attributes:
        started_tasks: Number of tasks that they started since their own start.
        workers: Names of the workers.
    """

    started_tasks: int
    workers: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """The completeness of Flower's memory.

    Attributes:
        is_complete: Whether Flower saw every task that the running workers started; None when unknown.
        description: One or two sentences for the operator.
        since: Flower's start time, UTC; None when this release does not report it.
        received: Number of tasks that Flower saw arrive. Without `since`, only tasks that it still remembers count.
        oldest: Arrival time of the oldest task that it remembers, UTC; None when it remembers no task.
    """

    is_complete: bool | None
    description: str
    since: datetime | None
    received: int
    oldest: datetime | None


def start_and_received(metrics: str) -> tuple[datetime | None, int]:
    """Return Flower's start time and the number of tasks that it saw arrive, from the text of ``/metrics``."""
    match = _START.search(metrics)
    since = datetime.fromtimestamp(float(match[1]), tz=UTC) if match else None
    return since, round(sum(float(number) for number in _RECEIVED.findall(metrics)))


def worker_totals(workers: Mapping[str, Any]) -> WorkerTotals:
    """Return the task count of the workers in a response to ``/api/workers?refresh=1``.

    Raises:
        ValueError: The response is not one of Flower.
    """
    stats = {name: worker.get("stats") for name, worker in workers.items() if isinstance(worker, dict)}
    reported = {name: stat for name, stat in stats.items() if isinstance(stat, dict)}
    try:
        started = sum(int(number) for stat in reported.values() for number in (stat.get("total") or {}).values())
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError("the workers' counts are not numbers") from error
    return WorkerTotals(started, tuple(sorted(reported)))


def judge(totals: WorkerTotals, *, since: datetime | None, received: int, oldest: datetime | None) -> History:
    """Return the completeness of Flower's memory.

    Flower keeps its memory only in its process: a restart empties it, and no response of Flower shows that. The workers
    count the tasks that they started. If Flower saw fewer tasks arrive, it started later or missed some events.

    Args:
        totals: The task count of the workers.
        since: Flower's start time, if it reports it.
        received: Number of tasks that Flower saw arrive.
        oldest: Arrival time of the oldest task that it remembers.
    """
    began = (
        f"Flower started on {since:%Y-%m-%d %H:%M:%S} UTC"
        if since
        else "This release of Flower does not report its start time"
    )
    kept = (
        f"the oldest task in its memory arrived on {oldest:%Y-%m-%d %H:%M} UTC"
        if oldest
        else "its memory contains no task"
    )
    facts = f"{began}; {kept}"
    if not totals.workers:
        text = (
            f"{facts}. No worker responds to Flower, so it is unknown which tasks it missed: after a restart, its "
            "memory is empty too"
        )
        return History(is_complete=None, description=text, since=since, received=received, oldest=oldest)
    if totals.started_tasks > received:
        text = (
            f"{facts}. The workers started {count(totals.started_tasks, 'task')}, but Flower saw only {received}: it "
            "restarted after them, its memory was full, or they run without -E. For the missing tasks, read the "
            "workers' logs"
        )
        return History(is_complete=False, description=text, since=since, received=received, oldest=oldest)
    text = f"{facts}. It has every task that the running workers started: {count(totals.started_tasks, 'task')}"
    return History(is_complete=True, description=text, since=since, received=received, oldest=oldest)
