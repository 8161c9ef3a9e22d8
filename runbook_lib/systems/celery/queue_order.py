"""The tasks that wait in a queue of Redis, in the order in which workers take them; told from headers, no body is read.

A body may be a pickle, which runs whatever its writer wants. Celery 4 and later say the name and the arguments in words
beside it; of a message without them only the place is known.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.celery.snapshot import Task
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 100
"""The most tasks of one queue that are read; what waits behind them waits long."""
WAITING = "waiting"
_STRANGE = (ValueError, TypeError, KeyError, AttributeError)


def read(client: Any, keys: Sequence[str], *, queue: str) -> tuple[Task, ...]:
    """Return the first `MOST` waiting tasks of a queue, the next to be taken first. Reads the lists, takes nothing.

    Args:
        client: Kombu's Redis client.
        keys: The queue's lists, one a priority, the highest first.
        queue: Its name.

    Source: Kombu's Redis transport, which pushes on the left and takes from the right.
    """
    found: list[Task] = []
    for key in keys:
        room = MOST - len(found)
        if room > 0:
            found += [_task(message, queue) for message in reversed(client.lrange(key, -room, -1))]
    return tuple(found)


def _task(message: bytes, queue: str) -> Task:
    """Return what a message's headers say; a name and arguments that are not there stay empty."""
    try:
        headers = json.loads(message)["headers"]
        name, args, task_id = (str(headers.get(part) or "") for part in ("task", "argsrepr", "id"))
    except _STRANGE:
        name, args, task_id = "", "", ""
    return Task(name=name, args=mask(args), id=task_id, worker="", queue=queue, stage=WAITING)
