"""Read what a workflow's pods write while they do, until it ends, the time is over, or somebody presses Ctrl-C."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import NotConnected, TargetNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.systems.argo.gateway import Argo
    from runbook_lib.systems.argo.lines import LogLine

PAUSE_SECONDS = 2.0
MOST_LINES = 20_000  # kept; the ones after them are told and not kept
End = Literal["ended", "time", "interrupted", "gone", "lost"]


@dataclass
class Followed:
    """What came.

    Attributes:
        end: Why it stopped: the workflow ``ended``; the ``time`` was over; it was ``interrupted``; the workflow is
            ``gone``; the cluster was ``lost``.
        lines: The lines, in the order in which they came; those of one pod in its own order.
        error: What happened when the cluster was lost.
        left_out: How many further lines were told and not kept.
    """

    end: End = "time"
    lines: list[LogLine] = field(default_factory=list)
    error: NotConnected | None = None
    left_out: int = 0


def follow(
    argo: Argo,
    name: str,
    *,
    seconds: float,
    on_line: Callable[[LogLine], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> Followed:
    """Ask for new lines again and again: pods come one after the other, so no single stream would do.

    Args:
        argo: The gateway.
        name: The workflow.
        seconds: How long; after that it ends at the next answer, each of which has a time limit of its own.
        on_line: Told of each line as it comes.
        pause: Waits between two rounds.

    Raises:
        TargetNotFound: There is no such workflow at the beginning.
        Refused, NotConnected: As `Argo.workflow` does, at the beginning.
    """
    until = time.monotonic() + seconds
    found = Followed()
    reader = _Reader(argo, name, found, on_line)
    argo.find(name)
    try:
        while True:
            if reader.round():
                return found
            if time.monotonic() >= until:
                return found
            pause(min(PAUSE_SECONDS, max(0.0, until - time.monotonic())))
    except KeyboardInterrupt:
        found.end = "interrupted"
    except NotConnected as error:
        found.end, found.error = "lost", error
    return found


@dataclass
class _Reader:
    """How far the pods were read."""

    argo: Argo
    name: str
    found: Followed
    on_line: Callable[[LogLine], None]
    _last: dict[str, LogLine] = field(default_factory=dict)
    _at_last: dict[str, int] = field(default_factory=dict)

    def round(self) -> bool:
        """Read what is new; return whether that was all there will be."""
        workflow = self.argo.workflow(self.name)  # before the lines: what it wrote last is read when it has ended
        for pod in self.argo.pods(self.name):
            try:
                self._take(pod.name)
            except TargetNotFound:
                continue  # a pod may be deleted between two questions
        if workflow is None:
            self.found.end = "gone"
            return True
        if workflow.is_finished:
            self.found.end = "ended"
        return workflow.is_finished

    def _take(self, pod: str) -> None:
        """Tell the lines of one pod that were not told yet.

        Kubernetes is asked from the second of the last line on, and a stamp need not be one line's alone.
        """
        last, seen = self._last.get(pod), self._at_last.get(pod, 0)
        for line in self.argo.lines(pod, since=last.second if last else ""):
            if last and line.place < last.place:
                continue
            if last and line.place == last.place and seen:
                seen -= 1
                continue
            self._tell(line)
            if pod not in self._last or line.place != self._last[pod].place:
                self._last[pod], self._at_last[pod] = line, 0
            self._at_last[pod] += 1

    def _tell(self, line: LogLine) -> None:
        if len(self.found.lines) < MOST_LINES:
            self.found.lines.append(line)
        else:
            self.found.left_out += 1
        self.on_line(line)
