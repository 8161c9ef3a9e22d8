"""Query several sources at once, within one time limit, and report those that did not respond."""

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
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from runbook_lib.model import SystemId

SECONDS = 10.0


@dataclass(frozen=True)
class Question:
    """One of several questions to the same system.

    Attributes:
        system: The system.
        about: The subject, such as ``actions``.
    """

    system: SystemId
    about: str

    def __str__(self) -> str:
        """Return the question's name, such as ``nova:4's actions``."""
        return f"{self.system}'s {self.about}"


@dataclass(frozen=True)
class Answers:
    """The responses of several sources.

    Attributes:
        responses: Source → its value. A source that did not respond is absent.
        errors: Source → the error, for each source that did not respond.
    """

    responses: Mapping[Any, Any]
    errors: Mapping[Any, RunbookError]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The missing sources, one per error."""
        return tuple(gap(str(source), error) for source, error in self.errors.items())

    def get(self, source: Hashable, default: Any = None) -> Any:
        """Return a source's response, or `default` if there is none."""
        return self.responses.get(source, default)

    def require_any(self) -> None:
        """Return if at least one source responded.

        Raises:
            RunbookError: No source responded. This is the first source's error.
        """
        if not self.responses:
            raise next(iter(self.errors.values()))


def ask(
    sources: Mapping[Any, Callable[[], Any]],
    *,
    seconds: float = SECONDS,
    around: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
    pending: Callable[[Sequence[str]], None] = lambda _: None,
) -> Answers:
    """Query each source in its own thread. Writes nothing.

    Args:
        sources: A `System`, a `SystemId`, a `Question` or a name → a function that returns the response. A
            `RunbookError` becomes a missing source. Any other exception is a defect and is raised.
        seconds: The time limit for all sources together. The thread of a slower source ends with the process at the
            latest.
        around: A context for each thread, such as `runbook_lib.world.world.World.own_connections`.
        pending: Receives the names of the sources that have not responded yet, after each change; at the end none.
    """
    results: queue.Queue[tuple[Any, Any, BaseException | None]] = queue.Queue()

    def put(name: Any, question: Callable[[], Any]) -> None:
        try:
            with around():
                response = question()
        except BaseException as error:  # noqa: BLE001 - handed over to the calling thread
            results.put((name, None, error))
        else:
            results.put((name, response, None))

    for name, question in sources.items():
        threading.Thread(target=put, args=(name, question), name=f"ask {name}", daemon=True).start()
    responses: dict[Any, Any] = {}
    failed: dict[Any, RunbookError] = {}
    deadline = time.monotonic() + seconds
    while waiting := [str(name) for name in sources if name not in responses and name not in failed]:
        pending(waiting)
        try:
            name, response, error = results.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(error, RunbookError):
            failed[name] = error
        elif error is not None:
            raise error
        else:
            responses[name] = response
    pending(())
    errors = {name: failed.get(name) or _timed_out(str(name), seconds) for name in sources if name not in responses}
    return Answers({name: responses[name] for name in sources if name in responses}, errors)


def gap(source: str, error: RunbookError) -> Gap:
    """Return a source's error as a missing source of an inspection."""
    return Gap(source, f"{error.what}: {error.why}" if error.why else error.what, error.next_step)


def _timed_out(source: str, seconds: float) -> NotConnected:
    return NotConnected(
        kind="unreachable",
        system=source,
        address="its address",
        reason=f"it did not respond within {seconds:g} s",
        next_step=f"try again later; '{commands.DOCTOR}' checks {source}",
    )
