"""Prove that a Celery queue is empty, or report the evidence against it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

from runbook_lib.errors import Refused
from runbook_lib.systems.celery.snapshot import QueueState, Snapshot, judge_all

if TYPE_CHECKING:
    from collections.abc import Sequence


class Inspector(Protocol):
    """A source of Celery's state: the broker with its workers, or the fixture."""

    def snapshot(self, queues: Sequence[str]) -> Snapshot:
        """Return the current tasks; `queues` are those whose tasks in the broker are counted."""

    def address(self) -> str:
        """Return the address of the source, without credentials."""

    def close(self) -> None:
        """Close the connection."""


class Queues:
    """Celery's queues, from its broker and its workers. Read only."""

    def __init__(self, broker_url: str, *, inspector: Inspector | None = None) -> None:
        """Keep the broker's address. Opens nothing before the first use.

        Args:
            broker_url: Celery's broker, such as ``redis://127.0.0.1:6379/0``; empty when it is not configured.
            inspector: The fixture's source of Celery's state, which replaces the broker.
        """
        self._url = broker_url
        self._inspector = inspector

    @property
    def is_configured(self) -> bool:
        """Whether a broker or another source is configured."""
        return bool(self._url or self._inspector)

    def prepare(self) -> None:
        """Import Celery, which can take seconds, before a time limit starts. Reads and sends nothing."""
        if self._url and self._inspector is None:
            importlib.import_module("runbook_lib.systems.celery.broker")

    def state(self, name: str) -> QueueState:
        """Return the state of one queue, in less than three seconds.

        Raises:
            Refused: No broker is configured (RUNBOOK_BROKER_URL).
            NotConnected: The broker does not respond.
        """
        return self.states([name])[name]

    def states(self, names: Sequence[str] = ()) -> dict[str, QueueState]:
        """Return the states of these queues and of every queue that a worker consumes; raises as `state` does."""
        return judge_all(self.snapshot(names), names)

    def snapshot(self, names: Sequence[str] = ()) -> Snapshot:
        """Return the current snapshot of broker and workers; raises as `state` does."""
        return self._open().snapshot(names)

    def address(self) -> str:
        """Return the broker's address without credentials; raises as `state` does when not configured."""
        return self._open().address()

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._inspector:
            self._inspector.close()

    def _open(self) -> Inspector:
        if self._inspector is None:
            if not self._url:
                raise Refused(
                    what="Celery's queues can't be inspected",
                    why="RUNBOOK_BROKER_URL is not set",
                    next_step="set it to Celery's broker in Atmosphere's settings, such as redis://127.0.0.1:6379/0",
                )
            from runbook_lib.systems.celery.broker import Broker  # noqa: PLC0415 - Celery is slow to import

            self._inspector = Broker(self._url)
        return self._inspector
