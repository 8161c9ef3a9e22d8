"""The waiting tasks of a queue in Redis, in the order in which workers take them.

Only the headers are read: a body can be a pickle, which can run any code. Celery 4 and later put the name and the
arguments as text into the headers. For a message without them, only the position is known.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.celery.snapshot import Task
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TASKS = 100
"""Maximum number of tasks read per queue; tasks after them wait for a long time anyway."""
WAITING = "waiting"
_PARSE_ERRORS = (ValueError, TypeError, KeyError, AttributeError)


def read(client: Any, keys: Sequence[str], *, queue: str) -> tuple[Task, ...]:
    """Return the first `MAX_TASKS` waiting tasks of a queue, the next one first. Reads the lists, removes nothing.

    Args:
        client: Kombu's Redis client.
        keys: The queue's lists, one per priority, the highest first.
        queue: The queue's name.

    Source: Kombu's Redis transport, which pushes on the left and takes from the right.
    """
    tasks: list[Task] = []
    for key in keys:
        remaining = MAX_TASKS - len(tasks)
        if remaining > 0:
            tasks += [_task(message, queue) for message in reversed(client.lrange(key, -remaining, -1))]
    return tuple(tasks)


def _task(message: bytes, queue: str) -> Task:
    """Return the task from a message's headers; absent values stay empty."""
    try:
        headers = json.loads(message)["headers"]
        name, args, task_id = (str(headers.get(part) or "") for part in ("task", "argsrepr", "id"))
    except _PARSE_ERRORS:
        name, args, task_id = "", "", ""
    return Task(name=name, args=mask(args), id=task_id, worker="", queue=queue, stage=WAITING)
