"""Follow the logs of a workflow's pods until the workflow ends, the time is over, or the operator presses Ctrl-C."""

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
MAX_LINES = 20_000  # kept in memory; later lines go to `on_line` only
End = Literal["ended", "time", "interrupted", "gone", "lost"]


@dataclass
class Followed:
    """Result of following a workflow's logs.

    Attributes:
        end: Why it stopped: the workflow ``ended``, the ``time`` was over, Ctrl-C ``interrupted`` it, the workflow is
            ``gone``, or the connection to the cluster was ``lost``.
        lines: The lines in order of arrival; those of one pod in the pod's order.
        error: The error of a ``lost`` connection.
        omitted: How many further lines were reported but not kept.
    """

    end: End = "time"
    lines: list[LogLine] = field(default_factory=list)
    error: NotConnected | None = None
    omitted: int = 0


def follow(
    argo: Argo,
    name: str,
    *,
    seconds: float,
    on_line: Callable[[LogLine], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> Followed:
    """Read new lines repeatedly: the pods start one after another, so one stream is not enough.

    Args:
        argo: The gateway.
        name: The workflow.
        seconds: How long to follow. It stops at the next response after that; each has its own time limit.
        on_line: Called with each line as it arrives.
        pause: Waits between two rounds.

    Raises:
        TargetNotFound: There is no such workflow at the start.
        Refused, NotConnected: As `Argo.workflow` does, at the start.
    """
    end = time.monotonic() + seconds
    result = Followed()
    reader = _Reader(argo, name, result, on_line)
    argo.find(name)
    try:
        while True:
            if reader.read_new_lines():
                return result
            if time.monotonic() >= end:
                return result
            pause(min(PAUSE_SECONDS, max(0.0, end - time.monotonic())))
    except KeyboardInterrupt:
        result.end = "interrupted"
    except NotConnected as error:
        result.end, result.error = "lost", error
    return result


@dataclass
class _Reader:
    """Reading position in each pod's log."""

    argo: Argo
    name: str
    result: Followed
    on_line: Callable[[LogLine], None]
    _last: dict[str, LogLine] = field(default_factory=dict)
    _at_last: dict[str, int] = field(default_factory=dict)

    def read_new_lines(self) -> bool:
        """Read the new lines of every pod; return whether the workflow can write no more."""
        workflow = self.argo.workflow(self.name)  # before the lines, so that the last lines of an ended one are read
        for pod in self.argo.pods(self.name):
            try:
                self._read_pod(pod.name)
            except TargetNotFound:
                continue  # the pod was deleted between the two requests
        if workflow is None:
            self.result.end = "gone"
            return True
        if workflow.is_finished:
            self.result.end = "ended"
        return workflow.is_finished

    def _read_pod(self, pod: str) -> None:
        """Report the new lines of one pod.

        Kubernetes returns all lines since the second of the last line, and several lines can share a timestamp.
        """
        last, reported = self._last.get(pod), self._at_last.get(pod, 0)
        for line in self.argo.lines(pod, since=last.second if last else ""):
            if last and line.sort_key < last.sort_key:
                continue
            if last and line.sort_key == last.sort_key and reported:
                reported -= 1
                continue
            self._report(line)
            if pod not in self._last or line.sort_key != self._last[pod].sort_key:
                self._last[pod], self._at_last[pod] = line, 0
            self._at_last[pod] += 1

    def _report(self, line: LogLine) -> None:
        if len(self.result.lines) < MAX_LINES:
            self.result.lines.append(line)
        else:
            self.result.omitted += 1
        self.on_line(line)
