"""Flower's own API: what it remembers of tasks, and whether it sees the workers. Reads only."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from runbook_lib.systems.celery import history
from runbook_lib.systems.celery.flower_client import Wire
from runbook_lib.systems.celery.tasks import SeenTask, from_json, means, search_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from runbook_lib.systems.celery.history import History

MOST_TASKS = 10_000  # as many as Flower 0.9 remembers
_TRIES, _TRY_SECONDS = 3, 0.4
_MOST_WORKERS = 40  # asked one by one, when Flower does not say who had a task


@dataclass(frozen=True)
class TaskMatches:
    """What a search found.

    Attributes:
        tasks: Those that Flower heard of last come first.
        cut: Whether there may be more.
    """

    tasks: tuple[SeenTask, ...]
    cut: bool


class Flower:
    """Flower at one address; requests reads the login for it from ``~/.netrc``."""

    def __init__(
        self, url: str, *, auth: tuple[str, str] | None = None, login: Callable[[], str] | None = None
    ) -> None:
        """Keep the address; nothing is asked before the first use.

        Args:
            url: The root with its prefix, such as ``https://atmo.example.org/flower``; empty when there is none.
            auth: A login, in place of the one in ``~/.netrc``.
            login: Returns ``NAME:WORD`` at the time of use, in place of `auth`.
        """
        self._wire = Wire(url, auth=auth, login=login)

    def workers(self) -> dict[str, bool]:
        """Return the workers that Flower knows, and whether each is up as far as it knows.

        Raises:
            Refused: Flower is not configured, or not for this account.
            NotConnected: It does not answer in time, or not in the way that Flower does.
        """
        return {str(name): bool(up) for name, up in self._wire.json("/api/workers", status="1").items()}

    def lengths(self) -> dict[str, int]:
        """Return the lengths of the queues that Flower knows; raises as `workers` does.

        One that is missing is unknown, not empty: Flower learns of a queue from a worker that is up. And a length of 0
        proves nothing; `Queues` asks what does.
        """
        rows = self._wire.json("/api/queues/length").get("active_queues", [])
        try:
            return {str(row["name"]): int(row["messages"]) for row in rows}
        except (KeyError, TypeError, ValueError) as error:
            raise self._wire.not_flower("the list of queues is not as Flower's is") from error

    def tasks(self, search: str, *, state: str = "", limit: int = 50) -> tuple[SeenTask, ...]:
        """Return the newest tasks with `search` in them, such as an instance's id or a user's name; raises as above."""
        return self.search(search, state=state, limit=limit).tasks

    def search(self, text: str, *, state: str = "", limit: int = 50) -> TaskMatches:
        """Return the newest tasks that Flower remembers; raises as `workers` does.

        Flower 0.9, which Atmosphere has, takes no search, no order and no page: then the whole list is read and
        searched here, and who had a task is found by asking for each worker's.

        Args:
            text: What is in the id, the name, the arguments, the worker or the result; empty: every task.
            state: Such as ``FAILURE``; empty: any.
            limit: The most tasks to return.
        """
        asked = {"state": state} if state else {}
        phrase = search_for(text)
        whole = bool(text.strip() and not phrase)
        rows = self._rows(MOST_TASKS if whole else limit + 1, **asked, **({"search": phrase} if phrase else {}))
        fitting = {task_id: row for task_id, row in rows.items() if means(row, text=text, state=state)}
        if not whole and len(fitting) < len(rows) > limit:  # the search was not heard
            rows = self._rows(MOST_TASKS, **asked)
            fitting = {task_id: row for task_id, row in rows.items() if means(row, text=text, state=state)}
        found = sorted((self._task(task_id, row) for task_id, row in fitting.items()), key=_age, reverse=True)
        cut = len(found) > limit or len(rows) >= MOST_TASKS
        return TaskMatches(self._with_workers(found[:limit], state), cut)

    def task(self, task_id: str) -> SeenTask | None:
        """Return one task by Celery's id, or None when Flower does not remember it; raises as `workers` does."""
        row = self._wire.json_if_there(f"/api/task/info/{quote(task_id, safe='')}")
        return None if row is None else self._task(task_id, row)

    def history(self) -> History:
        """Return how far back Flower's memory goes, and what speaks against it; raises as `workers` does.

        Its answer takes a second: Flower asks the workers.
        """
        try:
            done = history.worker_totals(self._wire.json("/api/workers", refresh="1"))
        except ValueError as error:
            raise self._wire.not_flower(str(error)) from error
        since, received, oldest = self._memory()
        for _ in range(_TRIES if done.workers else 0):
            if received >= done.taken:
                break
            time.sleep(_TRY_SECONDS)  # what the workers tell of now may still be on its way to Flower
            since, received, oldest = self._memory()
        return history.judge(done, since=since, received=received, oldest=oldest)

    def _memory(self) -> tuple[datetime | None, int, datetime | None]:
        """Return when Flower started, how many tasks it saw arrive, and when the oldest did that it remembers."""
        since, received = history.start_and_received(self._wire.text_if_there("/metrics") or "")
        rows = self._rows(MOST_TASKS) if since is None else self._rows(1, sort_by="received")
        tasks = [self._task(*item) for item in rows.items()]
        oldest = min((task.began for task in tasks if task.began), default=None)
        return since, len(tasks) if since is None else received, oldest

    def _rows(self, limit: int, **query: str) -> Mapping[str, Mapping[str, Any]]:
        """Return rows of the list of tasks: those heard of last, in every release, unless `query` says otherwise."""
        rows = self._wire.json("/api/tasks", limit=str(limit), **query)
        if not all(isinstance(row, dict) for row in rows.values()):
            raise self._wire.not_flower("the list of tasks is not as Flower's is")
        return rows

    def _task(self, task_id: str, row: Mapping[str, Any]) -> SeenTask:
        try:
            return from_json(task_id, row)
        except ValueError as error:
            raise self._wire.not_flower(f"a task is not as Flower's are: {error}") from error

    def _with_workers(self, tasks: list[SeenTask], state: str) -> tuple[SeenTask, ...]:
        """Fill in who had a task, where Flower left it out."""
        nameless = {task.id for task in tasks if not task.worker}
        owners: dict[str, str] = {}
        for name in sorted(self.workers())[:_MOST_WORKERS] if nameless else ():
            if not nameless - owners.keys():
                break
            rows = self._rows(MOST_TASKS, workername=name, **({"state": state} if state else {}))
            owners |= dict.fromkeys(nameless & rows.keys(), name)
        return tuple(task if task.worker else replace(task, worker=owners.get(task.id, "")) for task in tasks)


def _age(task: SeenTask) -> tuple[float, str]:
    """Return what orders tasks by when they were heard of last."""
    return (task.seen.timestamp() if task.seen else 0.0, task.id)
