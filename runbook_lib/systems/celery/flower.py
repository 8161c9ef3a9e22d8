"""Flower's own API: the tasks in its memory, and its view of the workers. Read only."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from runbook_lib.systems.celery import history
from runbook_lib.systems.celery.flower_client import FlowerClient
from runbook_lib.systems.celery.tasks import FlowerTask, from_json, matches, search_phrase
from runbook_lib.systems.gateway import SHAPE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from runbook_lib.systems.celery.history import History

MAX_TASKS = 10_000  # the capacity of Flower 0.9
_ATTEMPTS, _PAUSE_SECONDS = 3, 0.4
_MAX_WORKERS = 40  # asked one by one when Flower does not return a task's worker


@dataclass(frozen=True)
class TaskMatches:
    """The result of a search.

    Attributes:
        tasks: The matches, those with the latest event first.
        is_partial: Whether there might be more matches.
    """

    tasks: tuple[FlowerTask, ...]
    is_partial: bool


class Flower:
    """Flower at one address. The library requests reads the login from ``~/.netrc``."""

    def __init__(
        self, url: str, *, auth: tuple[str, str] | None = None, login: Callable[[], str] | None = None
    ) -> None:
        """Keep the address. Sends nothing before the first use.

        Args:
            url: The root with its prefix, such as ``https://atmo.example.org/flower``; empty when not configured.
            auth: A login that replaces the one in ``~/.netrc``.
            login: Returns ``NAME:WORD`` at the time of use; replaces `auth`.
        """
        self._client = FlowerClient(url, auth=auth, login=login)

    def workers(self) -> dict[str, bool]:
        """Return each worker that Flower knows, and whether Flower considers it up.

        Raises:
            Refused: Flower is not configured, or rejects this account.
            NotConnected: It does not respond in time, or the response is not one of Flower.
        """
        workers = self._client.json("/api/workers", status="1")
        if not all("@" in name and isinstance(up, bool) for name, up in workers.items()):
            raise self._client.not_flower("the list of workers does not have Flower's format")
        return workers

    def lengths(self) -> dict[str, int]:
        """Return the lengths of the queues that Flower knows; raises as `workers` does.

        A missing queue is unknown, not empty: Flower knows a queue only from a worker that is up. A length of 0 is not
        a proof that a queue is empty; use `Queues` for that.
        """
        rows = self._client.json("/api/queues/length").get("active_queues", [])
        try:
            return {str(row["name"]): int(row["messages"]) for row in rows}
        except SHAPE_ERRORS as error:
            raise self._client.not_flower("the list of queues does not have Flower's format") from error

    def tasks(self, search: str, *, state: str = "", limit: int = 50) -> tuple[FlowerTask, ...]:
        """Return the newest tasks that contain `search`, such as an instance's id or a username; raises as above."""
        return self.search(search, state=state, limit=limit).tasks

    def search(self, text: str, *, state: str = "", limit: int = 50) -> TaskMatches:
        """Return the newest tasks in Flower's memory; raises as `workers` does.

        Flower 0.9, which Atmosphere uses, has no search, order or paging. In that case this method reads and searches
        the complete list, and finds each task's worker by listing the tasks of each worker.

        Args:
            text: A text in the id, name, arguments, worker or result; empty for every task.
            state: A state such as ``FAILURE``; empty for any state.
            limit: The maximum number of tasks to return.
        """
        query = {"state": state} if state else {}
        phrase = search_phrase(text)
        reads_all = bool(text.strip() and not phrase)
        rows = self._rows(MAX_TASKS if reads_all else limit + 1, **query, **({"search": phrase} if phrase else {}))
        matching = {task_id: row for task_id, row in rows.items() if matches(row, text=text, state=state)}
        if not reads_all and len(matching) < len(rows) > limit:  # this release ignores the search
            rows = self._rows(MAX_TASKS, **query)
            matching = {task_id: row for task_id, row in rows.items() if matches(row, text=text, state=state)}
        tasks = sorted((self._task(task_id, row) for task_id, row in matching.items()), key=_sort_key, reverse=True)
        is_partial = len(tasks) > limit or len(rows) >= MAX_TASKS
        return TaskMatches(self._with_workers(tasks[:limit], state), is_partial)

    def task(self, task_id: str) -> FlowerTask | None:
        """Return one task by Celery's id, or None if it is not in Flower's memory; raises as `workers` does."""
        row = self._client.json_or_none(f"/api/task/info/{quote(task_id, safe='')}")
        return None if row is None else self._task(task_id, row)

    def history(self) -> History:
        """Return the range and completeness of Flower's memory; raises as `workers` does.

        The response takes a second, because Flower asks the workers.
        """
        try:
            totals = history.worker_totals(self._client.json("/api/workers", refresh="1"))
        except ValueError as error:
            raise self._client.not_flower(str(error)) from error
        since, received, oldest = self._memory()
        for _ in range(_ATTEMPTS if totals.workers else 0):
            if received >= totals.started_tasks:
                break
            time.sleep(_PAUSE_SECONDS)  # the workers' latest events might not have reached Flower yet
            since, received, oldest = self._memory()
        return history.judge(totals, since=since, received=received, oldest=oldest)

    def _memory(self) -> tuple[datetime | None, int, datetime | None]:
        """Return Flower's start time, the number of tasks that it saw arrive, and the oldest task's arrival time."""
        since, received = history.start_and_received(self._client.text_or_none("/metrics") or "")
        rows = self._rows(MAX_TASKS) if since is None else self._rows(1, sort_by="received")
        tasks = [self._task(*item) for item in rows.items()]
        oldest = min((task.first_event for task in tasks if task.first_event), default=None)
        return since, len(tasks) if since is None else received, oldest

    def _rows(self, limit: int, **query: str) -> Mapping[str, Mapping[str, Any]]:
        """Return rows of the list of tasks. In every release these have the latest events, unless `query` sorts."""
        rows = self._client.json("/api/tasks", limit=str(limit), **query)
        if not all(isinstance(row, dict) for row in rows.values()):
            raise self._client.not_flower("the list of tasks does not have Flower's format")
        return rows

    def _task(self, task_id: str, row: Mapping[str, Any]) -> FlowerTask:
        try:
            return from_json(task_id, row)
        except ValueError as error:
            raise self._client.not_flower(f"a task does not have Flower's format: {error}") from error

    def _with_workers(self, tasks: list[FlowerTask], state: str) -> tuple[FlowerTask, ...]:
        """Return the tasks with their workers, which Flower 0.9 omits."""
        missing = {task.id for task in tasks if not task.worker}
        owners: dict[str, str] = {}
        for name in sorted(self.workers())[:_MAX_WORKERS] if missing else ():
            if not missing - owners.keys():
                break
            rows = self._rows(MAX_TASKS, workername=name, **({"state": state} if state else {}))
            owners |= dict.fromkeys(missing & rows.keys(), name)
        return tuple(task if task.worker else replace(task, worker=owners.get(task.id, "")) for task in tasks)


def _sort_key(task: FlowerTask) -> tuple[float, str]:
    """Return the time of the latest event, then the id."""
    return (task.last_event.timestamp() if task.last_event else 0.0, task.id)
