"""Ask several sources at once, all within one time limit, and say which did not tell and how to get it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import NotConnected, RunbookError
from runbook_lib.model.inspection import Gap
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from contextlib import AbstractContextManager

    from runbook_lib.model import SystemId

SECONDS = 10.0


@dataclass(frozen=True)
class Question:
    """One of several questions to the same system.

    Attributes:
        system: The system.
        about: What is asked for, such as ``actions``.
    """

    system: SystemId
    about: str

    def __str__(self) -> str:
        """Return the question's name, such as ``nova:4's actions``."""
        return f"{self.system}'s {self.about}"


@dataclass(frozen=True)
class Answers:
    """What the sources told.

    Attributes:
        told: Source → what it returned; a source that did not tell is not in it.
        errors: Source → why it did not tell.
    """

    told: Mapping[Any, Any]
    errors: Mapping[Any, RunbookError]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """One for each source that did not tell."""
        return tuple(gap(str(source), error) for source, error in self.errors.items())

    def get(self, source: Hashable, default: Any = None) -> Any:
        """Return what a source told, or `default` when it did not."""
        return self.told.get(source, default)

    def require_one(self) -> None:
        """Return if any source told.

        Raises:
            RunbookError: None did: the first one's error.
        """
        if not self.told:
            raise next(iter(self.errors.values()))


def ask(
    sources: Mapping[Any, Callable[[], Any]],
    *,
    seconds: float = SECONDS,
    around: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
) -> Answers:
    """Ask every source in a thread of its own. Reads what the sources read; writes nothing.

    Args:
        sources: A `System`, a `SystemId`, a `Question` or a name → a function that returns what it knows. One of our
            errors becomes a gap; any other exception is a defect and is raised.
        seconds: How long to wait for all of them together. A source that takes longer is left alone: its thread ends
            with the process at the latest.
        around: Entered in each thread around the question, such as `runbook_lib.world.world.World.own_connections`.
    """
    answers: queue.Queue[tuple[Any, Any, BaseException | None]] = queue.Queue()

    def put(name: Any, question: Callable[[], Any]) -> None:
        try:
            with around():
                answer = question()
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that asked
            answers.put((name, None, error))
        else:
            answers.put((name, answer, None))

    for name, question in sources.items():
        threading.Thread(target=put, args=(name, question), name=f"ask {name}", daemon=True).start()
    told: dict[Any, Any] = {}
    failed: dict[Any, RunbookError] = {}
    deadline = time.monotonic() + seconds
    while len(told) + len(failed) < len(sources):
        try:
            name, answer, error = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(error, RunbookError):
            failed[name] = error
        elif error is not None:
            raise error
        else:
            told[name] = answer
    errors = {name: failed.get(name) or _silent(str(name), seconds) for name in sources if name not in told}
    return Answers({name: told[name] for name in sources if name in told}, errors)


def gap(source: str, error: RunbookError) -> Gap:
    """Return what one of our errors means for an answer that goes on without this source."""
    return Gap(source, f"{error.what}: {error.why}" if error.why else error.what, error.next_step)


def _silent(source: str, seconds: float) -> NotConnected:
    return NotConnected(
        kind="unreachable",
        system=source,
        address="its address",
        reason=f"it did not answer within {seconds:g} s",
        next_step=f"ask again later; '{commands.DOCTOR}' shows what {source} does",
    )
