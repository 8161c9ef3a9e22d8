"""Inspect Celery through its broker: which workers answer, what they hold, and what only the broker holds."""

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

PING_SECONDS = 1.0  # waited in full: nobody knows how many will answer
ANSWER_SECONDS = 0.35  # per question; all answered is the end of the wait
CONNECT_SECONDS = 2.0
UNACKED = "unacked"
_SEPARATOR = "\x06\x16"  # Kombu's, between a queue and a priority, and between the parts of a binding
_STAGES = ("scheduled", "reserved", "active")  # the way a task goes, so that one on its way is not missed
_STRANGE = (CeleryError, KombuError, ValueError, TypeError, KeyError, AttributeError, IndexError)


class Broker:
    """Celery's broker; satisfies `Inspector`. Reads only.

    Workers are asked with Celery's own remote control. That Redis holds unacknowledged tasks in the hash ``unacked``
    is Kombu's way, and no other broker's: what another one holds is not known here.
    """

    def __init__(self, url: str) -> None:
        """Keep the address; nothing is opened before the first request."""
        self._url = url
        self._app: Celery | None = None

    def address(self) -> str:
        """Return where the broker is, without credentials."""
        return without_credentials(self._url)

    def snapshot(self, queues: Sequence[str]) -> Snapshot:
        """Return what is held now.

        The broker is read before and after the workers are asked, and the larger number counts: a task that moves on
        while they answer is seen in one place at least.

        Raises:
            NotConnected: The broker does not answer, or not to this account.
        """
        try:
            # Two connections: the answer to a question that still waits on one would be taken for a read's.
            with self._open().connection_for_read() as connection, self._open().connection_for_read() as asking:
                connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
                reader = _Redis(connection) if connection.transport.driver_type == "redis" else None
                version = reader.version() if reader else ""
                before = reader.held(queues) if reader else None
                workers = self._workers(asking)
                known = {*queues, *(name for worker in workers.values() for name in worker.queues or ())}
                after = reader.held(sorted(known)) if reader else None
        except OSError as error:
            raise self._not_connected(error) from error
        except Exception as error:
            if not isinstance(error, (KombuError, *_errors_of(self._open()))):
                raise
            raise self._not_connected(error) from error
        if before is None or after is None:
            what = f"what a broker like {self.address().partition(':')[0]} holds can't be read here, only that of Redis"
            return Snapshot(workers=workers, held=None, unreadable=what)
        held = {name: _larger(before.get(name), seen) for name, seen in after.items()}
        return Snapshot(workers=workers, held=held, version=version)

    def close(self) -> None:
        """Close what was opened."""
        if self._app:
            self._app.close()
            self._app = None

    def _open(self) -> Celery:
        if self._app is None:
            self._app = Celery("runbook", broker=self._url, set_as_current=False, fixups=[])
            self._app.conf.update(
                accept_content=["json"],  # a pickle runs whatever its writer wants
                broker_connection_timeout=CONNECT_SECONDS,
                broker_transport_options={
                    "socket_connect_timeout": CONNECT_SECONDS,
                    "socket_timeout": CONNECT_SECONDS,
                    "max_retries": 1,
                },
            )
        return self._app

    def _workers(self, connection: Any) -> dict[str, Worker]:
        """Ping once, then ask those that answered."""
        control = self._open().control
        # Two workers with one name answer as one; the page says that names must differ.
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
            next_step="check RUNBOOK_BROKER_URL, which is Celery's broker in Atmosphere's settings, and that it runs",
        )


class _Redis:
    """What Redis itself holds."""

    def __init__(self, connection: Any) -> None:
        self._client = connection.default_channel.client

    def version(self) -> str:
        """Return the server's release, in its own word for itself; empty when this account may not ask."""
        try:
            info = self._client.info("server")
        except ResponseError:
            return ""
        return f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"

    def held(self, queues: Sequence[str]) -> dict[str, Held]:
        """Return how many tasks of each queue wait, at every priority, and how many are not acknowledged."""
        unacked = [item for message in self._client.hvals(UNACKED) for item in self._unacked(message, queues)]
        keys = {name: (name, *(f"{name}{_SEPARATOR}{step}" for step in range(1, 10))) for name in queues}
        return {
            name: Held(
                waiting=sum(map(self._client.llen, keys[name])),
                unacked=tuple(sorted(task_id for queue, task_id in unacked if queue == name)),
                line=queue_order.read(self._client, keys[name], queue=name),
            )
            for name in queues
        }

    def _unacked(self, message: bytes, queues: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the queues that an unacknowledged message belongs to, and its task's id; all when it can't be read."""
        try:
            body, exchange, routing_key, *_ = json.loads(message)
            task_id = str(body["properties"]["correlation_id"])
        except _STRANGE:
            yield from ((queue, "unreadable") for queue in queues)
            return
        bound = {routing_key, exchange}
        if exchange:
            for binding in self._client.smembers(f"_kombu.binding.{exchange}"):
                key, _, queue = binding.decode(errors="replace").split(_SEPARATOR, 2)
                bound |= {queue} if key == routing_key else set()
        yield from ((queue, task_id) for queue in sorted(bound & set(queues)))


def _queues(answer: Any) -> tuple[str, ...] | None:
    """Return the names in an answer to ``active_queues``; None when it is none."""
    try:
        return tuple(sorted(queue["name"] for queue in answer))
    except _STRANGE:
        return None


def _tasks(worker: str, answers: Mapping[str, Any]) -> tuple[Task, ...] | None:
    """Return what a worker says it holds; None when one of the questions was not answered properly."""
    try:
        return tuple(_task(worker, stage, entry) for stage, entries in answers.items() for entry in entries)
    except _STRANGE:
        return None


def _task(worker: str, stage: str, entry: Mapping[str, Any]) -> Task:
    """Return one entry; one that waits for its moment is wrapped once more."""
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
    return Held(waiting=max(before.waiting, after.waiting), unacked=unacked, line=after.line)


def _trouble(error: BaseException) -> Trouble:
    """Return the kind of trouble, by the error of the broker's own client: Kombu raises its own from it."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, AuthenticationError | AccessRefused) for cause in causes):
        return "login"
    return "wrong-answer" if any(isinstance(cause, InvalidResponse) for cause in causes) else "unreachable"


def _errors_of(app: Celery) -> tuple[type[Exception], ...]:
    """Return what this broker's client raises when it is not reached or refuses."""
    with app.connection_for_read() as connection:
        return (*connection.connection_errors, *connection.channel_errors)
