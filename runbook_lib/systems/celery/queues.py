"""Whether a Celery queue is empty: proved, or told what speaks against it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

from runbook_lib.errors import Refused
from runbook_lib.systems.celery.snapshot import QueueState, Snapshot, judge_all

if TYPE_CHECKING:
    from collections.abc import Sequence


class Inspector(Protocol):
    """What can inspect Celery: the broker with its workers, or the fixture."""

    def snapshot(self, queues: Sequence[str]) -> Snapshot:
        """Return what is held now; `queues` are those whose tasks in the broker are counted."""

    def address(self) -> str:
        """Return what it inspects, without credentials."""

    def close(self) -> None:
        """Close what was opened."""


class Queues:
    """Celery's queues, as its broker and its workers tell of them. Reads only."""

    def __init__(self, broker_url: str, *, inspector: Inspector | None = None) -> None:
        """Keep where the broker is; nothing is opened before the first use.

        Args:
            broker_url: Celery's broker, such as ``redis://127.0.0.1:6379/0``; empty when it is not configured.
            inspector: Inspects Celery in place of the broker; the fixture's.
        """
        self._url = broker_url
        self._inspector = inspector

    @property
    def configured(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self._url or self._inspector)

    def prepare(self) -> None:
        """Load Celery, which can take seconds: before a time limit begins to run. Nothing is read or sent."""
        if self._url and self._inspector is None:
            importlib.import_module("runbook_lib.systems.celery.broker")

    def state(self, name: str) -> QueueState:
        """Return what is known of one queue, in less than three seconds.

        Raises:
            Refused: No broker is configured (RUNBOOK_BROKER_URL).
            NotConnected: The broker does not answer.
        """
        return self.states([name])[name]

    def states(self, names: Sequence[str] = ()) -> dict[str, QueueState]:
        """Return what is known of these queues, and of every queue that a worker consumes; raises as `state` does."""
        return judge_all(self.snapshot(names), names)

    def snapshot(self, names: Sequence[str] = ()) -> Snapshot:
        """Return everything that broker and workers tell now; raises as `state` does."""
        return self._open().snapshot(names)

    def address(self) -> str:
        """Return where the broker is, without credentials; raises as `state` does when there is none."""
        return self._open().address()

    def close(self) -> None:
        """Close what was opened; the next use opens again."""
        if self._inspector:
            self._inspector.close()

    def _open(self) -> Inspector:
        if self._inspector is None:
            if not self._url:
                raise Refused(
                    what="Celery's queues can't be inspected",
                    why="RUNBOOK_BROKER_URL is not set",
                    next_step="set it to Celery's broker, as in Atmosphere's settings: redis://127.0.0.1:6379/0",
                )
            from runbook_lib.systems.celery.broker import Broker  # noqa: PLC0415 - Celery is slow to import

            self._inspector = Broker(self._url)
        return self._inspector
