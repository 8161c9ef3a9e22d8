"""Inspect Celery through its broker: the workers that respond, their tasks, and the tasks in the broker."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from amqp.exceptions import AccessRefused  # type: ignore[import-untyped]  # Kombu's own client, without types
from celery import Celery
from celery.app.control import DuplicateNodenameWarning
from celery.exceptions import CeleryError
from kombu.exceptions import KombuError
from redis.exceptions import AuthenticationError, InvalidResponse, ResponseError

from runbook_lib.config.settings import without_credentials
from runbook_lib.errors import NotConnected
from runbook_lib.systems.celery import queue_order
from runbook_lib.systems.celery.snapshot import Held, Snapshot, Task, Worker
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runbook_lib.errors import Trouble

PING_SECONDS = 1.0  # always waited in full, since the number of workers is unknown
ANSWER_SECONDS = 0.35  # per request; the wait ends earlier when all workers have responded
CONNECT_SECONDS = 2.0
UNACKED = "unacked"
_SEPARATOR = "\x06\x16"  # Kombu's separator of queue and priority, and of the parts of a binding
_STAGES = ("scheduled", "reserved", "active")  # in the order of a task's progress, so that no moving task is missed
_PARSE_ERRORS = (CeleryError, KombuError, ValueError, TypeError, KeyError, AttributeError, IndexError)


class Broker:
    """Celery's broker; satisfies `Inspector`. Read only.

    It asks the workers through Celery's own remote control. Kombu keeps unacknowledged tasks of Redis in the hash
    ``unacked``. The tasks in any other broker are unknown here.
    """

    def __init__(self, url: str) -> None:
        """Keep the address. Opens nothing before the first request."""
        self._url = url
        self._app: Celery | None = None

    def address(self) -> str:
        """Return the broker's address without credentials."""
        return without_credentials(self._url)

    def snapshot(self, queues: Sequence[str]) -> Snapshot:
        """Return the current tasks of broker and workers.

        It reads the broker before and after the workers and keeps the larger numbers. So a task that moves from the
        broker to a worker meanwhile appears at least once.

        Raises:
            NotConnected: The broker does not respond, or rejects this account.
        """
        try:
            # Two connections: on a shared one, a late response of a worker could be mistaken for that of a read.
            with self._open().connection_for_read() as connection, self._open().connection_for_read() as asking:
                connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
                reader = _Redis(connection) if connection.transport.driver_type == "redis" else None
                version = reader.version() if reader else ""
                before = reader.held(queues) if reader else None
                workers = self._workers(asking)
                names = {*queues, *(name for worker in workers.values() for name in worker.queues or ())}
                after = reader.held(sorted(names)) if reader else None
        except OSError as error:
            raise self._not_connected(error) from error
        except Exception as error:
            if not isinstance(error, (KombuError, *_errors_of(self._open()))):
                raise
            raise self._not_connected(error) from error
        if before is None or after is None:
            reason = f"the tasks in a {self.address().partition(':')[0]} broker can't be read, only those in Redis"
            return Snapshot(workers=workers, held=None, unreadable=reason)
        held = {name: _larger(before.get(name), later) for name, later in after.items()}
        return Snapshot(workers=workers, held=held, version=version)

    def close(self) -> None:
        """Close the connection."""
        if self._app:
            self._app.close()
            self._app = None

    def _open(self) -> Celery:
        if self._app is None:
            self._app = Celery("runbook", broker=self._url, set_as_current=False, fixups=[])
            self._app.conf.update(
                accept_content=["json"],  # a pickle can run any code
                broker_connection_timeout=CONNECT_SECONDS,
                broker_transport_options={
                    "socket_connect_timeout": CONNECT_SECONDS,
                    "socket_timeout": CONNECT_SECONDS,
                    "max_retries": 1,
                },
            )
        return self._app

    def _workers(self, connection: Any) -> dict[str, Worker]:
        """Ping once, then ask the workers that responded."""
        control = self._open().control
        # Two workers with the same name count as one; the page requires different names.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DuplicateNodenameWarning)
            names = sorted(control.inspect(timeout=PING_SECONDS, connection=connection).ping() or {})
            if not names:
                return {}
            asked = control.inspect(names, timeout=ANSWER_SECONDS, limit=len(names), connection=connection)
            tasks = {stage: getattr(asked, stage)() or {} for stage in _STAGES}
            queues, stats = asked.active_queues() or {}, asked.stats() or {}
        return {
            name: Worker(
                name=name,
                queues=_queues(queues.get(name)),
                tasks=_tasks(name, {stage: answers.get(name) for stage, answers in tasks.items()}),
                pid=(stats.get(name) or {}).get("pid"),
            )
            for name in names
        }

    def _not_connected(self, error: Exception) -> NotConnected:
        reason = str(error).replace(self._url, self.address())
        return NotConnected(
            kind=_trouble(error),
            system="Celery's broker",
            address=self.address(),
            reason=reason or type(error).__name__,
            next_step="set RUNBOOK_BROKER_URL to Celery's broker in Atmosphere's settings, and check that it runs",
        )


class _Redis:
    """The tasks in Redis itself."""

    def __init__(self, connection: Any) -> None:
        self._client = connection.default_channel.client

    def version(self) -> str:
        """Return the server's name and release; empty when this account may not read them."""
        try:
            info = self._client.info("server")
        except ResponseError:
            return ""
        return f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"

    def held(self, queues: Sequence[str]) -> dict[str, Held]:
        """Return the waiting tasks of each queue at all priorities, and the unacknowledged ones."""
        unacked = [item for message in self._client.hvals(UNACKED) for item in self._unacked(message, queues)]
        keys = {name: (name, *(f"{name}{_SEPARATOR}{step}" for step in range(1, 10))) for name in queues}
        return {
            name: Held(
                waiting=sum(map(self._client.llen, keys[name])),
                unacked=tuple(sorted(task_id for queue, task_id in unacked if queue == name)),
                waiting_tasks=queue_order.read(self._client, keys[name], queue=name),
            )
            for name in queues
        }

    def _unacked(self, message: bytes, queues: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each queue of an unacknowledged message with its task's id; all queues for an unreadable message."""
        try:
            body, exchange, routing_key, *_ = json.loads(message)
            task_id = str(body["properties"]["correlation_id"])
        except _PARSE_ERRORS:
            yield from ((queue, "unreadable") for queue in queues)
            return
        bound = {routing_key, exchange}
        if exchange:
            for binding in self._client.smembers(f"_kombu.binding.{exchange}"):
                key, _, queue = binding.decode(errors="replace").split(_SEPARATOR, 2)
                bound |= {queue} if key == routing_key else set()
        yield from ((queue, task_id) for queue in sorted(bound & set(queues)))


def _queues(answer: Any) -> tuple[str, ...] | None:
    """Return the names in a response to ``active_queues``; None for an invalid response."""
    try:
        return tuple(sorted(queue["name"] for queue in answer))
    except _PARSE_ERRORS:
        return None


def _tasks(worker: str, answers: Mapping[str, Any]) -> tuple[Task, ...] | None:
    """Return a worker's tasks; None when a response is missing or invalid."""
    try:
        return tuple(_task(worker, stage, entry) for stage, entries in answers.items() for entry in entries)
    except _PARSE_ERRORS:
        return None


def _task(worker: str, stage: str, entry: Mapping[str, Any]) -> Task:
    """Return one entry as a task; a scheduled one is wrapped in another object."""
    request = entry["request"] if stage == "scheduled" else entry
    return Task(
        name=request["name"],
        args=mask(str(request.get("args", ""))),
        id=request["id"],
        worker=worker,
        queue=str((request.get("delivery_info") or {}).get("routing_key", "")),
        stage=stage,
    )


def _larger(before: Held | None, after: Held) -> Held:
    if before is None:
        return after
    unacked = tuple(sorted({*before.unacked, *after.unacked}))
    return Held(waiting=max(before.waiting, after.waiting), unacked=unacked, waiting_tasks=after.waiting_tasks)


def _trouble(error: BaseException) -> Trouble:
    """Return the kind of problem from the broker's own error, which is a cause of Kombu's error."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, AuthenticationError | AccessRefused) for cause in causes):
        return "login"
    return "wrong-answer" if any(isinstance(cause, InvalidResponse) for cause in causes) else "unreachable"


def _errors_of(app: Celery) -> tuple[type[Exception], ...]:
    """Return the errors that this broker's client raises for a failed connection or a rejection."""
    with app.connection_for_read() as connection:
        return (*connection.connection_errors, *connection.channel_errors)
