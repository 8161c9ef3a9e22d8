"""How far back Flower's memory goes, and whether it has forgotten what its workers did; plain values, no I/O."""

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
    """What the workers that answer have done, by their own count.

    Attributes:
        taken: Tasks that they began since they started.
        workers: Their names.
    """

    taken: int
    workers: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """What Flower's memory is worth.

    Attributes:
        whole: True: it has seen everything that the present workers did. False: it has not. None: nobody knows.
        says: One or two sentences for the operator.
        since: When Flower started, UTC; None when this release does not say.
        received: How many tasks it saw arrive and, without `since`, still remembers.
        oldest: When the oldest task arrived that it remembers, UTC; None when it remembers none.
    """

    whole: bool | None
    says: str
    since: datetime | None
    received: int
    oldest: datetime | None


def start_and_received(metrics: str) -> tuple[datetime | None, int]:
    """Return when Flower's process began, and how many tasks it saw arrive, out of the text of ``/metrics``."""
    found = _START.search(metrics)
    since = datetime.fromtimestamp(float(found[1]), tz=UTC) if found else None
    return since, round(sum(float(number) for number in _RECEIVED.findall(metrics)))


def worker_totals(workers: Mapping[str, Any]) -> WorkerTotals:
    """Return what the workers of an answer to ``/api/workers?refresh=1`` have done.

    Raises:
        ValueError: It is not as Flower's answers are.
    """
    stats = {name: worker.get("stats") for name, worker in workers.items() if isinstance(worker, dict)}
    told = {name: stat for name, stat in stats.items() if isinstance(stat, dict)}
    try:
        taken = sum(int(number) for stat in told.values() for number in (stat.get("total") or {}).values())
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError("the workers' counts are no numbers") from error
    return WorkerTotals(taken, tuple(sorted(told)))


def judge(done: WorkerTotals, *, since: datetime | None, received: int, oldest: datetime | None) -> History:
    """Return what Flower's memory is worth.

    It is kept in the process alone: a restart empties it, and nothing in Flower's answers says so. The workers count
    what they began since their own start, so a Flower that saw less arrive was started after them, or was not told.

    Args:
        done: What the workers did.
        since: When Flower started, if it says so.
        received: How many tasks it saw arrive.
        oldest: When the oldest arrived that it remembers.
    """
    began = (
        f"Flower started on {since:%Y-%m-%d %H:%M:%S} UTC"
        if since
        else "This release of Flower does not say when it started"
    )
    kept = (
        f"the oldest task that it remembers arrived on {oldest:%Y-%m-%d %H:%M} UTC"
        if oldest
        else "it remembers no task"
    )
    facts = f"{began}; {kept}"
    if not done.workers:
        says = f"{facts}. No worker answers Flower, so nobody knows what it missed: one that was restarted is as empty"
        return History(whole=None, says=says, since=since, received=received, oldest=oldest)
    if done.taken > received:
        says = (
            f"{facts}. The workers began {count(done.taken, 'task')} since they started, and Flower knows of "
            f"{received}: it was restarted after them, its memory was full, or they run without -E. What it does not "
            "show may have happened all the same: the worker's log has it"
        )
        return History(whole=False, says=says, since=since, received=received, oldest=oldest)
    says = f"{facts}. That is all that the present workers began: {count(done.taken, 'task')}"
    return History(whole=True, says=says, since=since, received=received, oldest=oldest)
