"""Run commands on Atmosphere's host: the words as a list, the output followed live, always with a time limit."""

from __future__ import annotations

import shlex
from collections import deque
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from runbook_lib.errors import CallUnsettled, NotConnected, Refused
from runbook_lib.model import System
from runbook_lib.systems.gateway import Gateway
from runbook_lib.systems.host import process
from runbook_lib.systems.host.calls import DONE
from runbook_lib.systems.host.exit_lines import ExitLines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.model import Call, Json

RUN_SECONDS = 12 * 3600.0  # the largest images are copied in hours
LAST_LINES = 20
_NOT_RUN = {126: "it can't be executed", 127: "there is no such command"}
_SSH_FAILED = 255


@dataclass(frozen=True)
class Completed:
    """How a command ended.

    Attributes:
        exit_code: 0 for success.
        output: Everything it wrote, on both streams, in order.
    """

    exit_code: int
    output: str


class Host(Gateway):
    """Atmosphere's host, as far as commands go.

    `runbook_lib.systems.host.calls` makes its calls.
    """

    def __init__(
        self,
        prefix: tuple[str, ...],
        *,
        may_write: Callable[[], bool] = lambda: True,
        on_line: Callable[[str], None] = lambda _: None,
        redact: Callable[[str], str] = lambda text: text,
        run_seconds: float = RUN_SECONDS,
    ) -> None:
        """Keep the way to the host; nothing is started before the first use.

        Args:
            prefix: The words before a command, such as ``ssh atmo-prod sudo``; empty when there is no way there.
            may_write: Asked before a command that changes something; False refuses it.
            on_line: Called with each line that a performed command writes, as it writes it, redacted.
            redact: Takes secrets out of a text.
            run_seconds: The time limit of `perform`.
        """
        self.prefix = prefix
        self.may_write = may_write
        self._on_line = on_line
        self._redact = redact
        self._run_seconds = run_seconds
        self._done: set[str] = set()

    @property
    def name(self) -> str:
        """The host in words, for messages."""
        return f"the Atmosphere host ({shlex.join(self.prefix)})"

    def read(self, argv: Sequence[str], *, seconds: float = 20) -> Completed:
        """Run a command that only reads, and return how it ended; an exit code other than 0 is no error here.

        Args:
            argv: The command's words.
            seconds: The time limit.

        Raises:
            Refused: There is no way to the host (RUNBOOK_HOST_EXEC).
            NotConnected: The host was not reached, or the command took too long.
        """
        lines: list[str] = []
        try:
            exit_code = process.follow(self._words(argv), lines.append, seconds=seconds)
        except process.NotStartedError as error:
            raise self._not_connected(str(error)) from error
        except process.TooLongError as error:
            raise self._not_connected(f"{shlex.join(argv)} had not ended after {seconds:g} s") from error
        if exit_code == _SSH_FAILED and self._hops():
            raise self._not_connected(self._redact(_last(lines)) or "ssh failed")
        return Completed(exit_code, "\n".join(lines))

    def current(self, call: Call) -> Json:
        """Return ``done`` when the command was run to a good end in this process; None otherwise, a guess for others'.

        A command leaves nothing that could be read back; see `Call.leaves_no_trace`.
        """
        return DONE if call.target in self._done else None

    def _send(self, call: Call) -> None:
        """Run the command to its end, its output followed live.

        Raises:
            Refused: There is no way to the host, or no such command there: nothing was started.
            NotConnected: The way to the host can't be started.
            CallUnsettled: It was started and did not end with 0, was interrupted, took too long, or said itself that a
                part of its work failed; its last lines.
        """
        last: deque[str] = deque(maxlen=LAST_LINES)
        verdict = ExitLines(shlex.split(call.target))
        try:
            exit_code = self._follow(shlex.split(call.target), last, seconds=self._run_seconds, verdict=verdict)
        except process.TooLongError as error:
            how = f"was cut off after {self._run_seconds:g} s, and may still run on the host"
            raise _unsettled(call, how, last) from error
        except KeyboardInterrupt as error:
            raise _unsettled(call, "was interrupted, and may still run on the host", last) from error
        if exit_code in _NOT_RUN:
            raise Refused(
                what=f"{call.target} was not run on {self.name}: {_NOT_RUN[exit_code]}",
                why="\n".join(last),
                next_step="check that RUNBOOK_HOST_EXEC leads to the host, or the container, of Atmosphere",
            )
        if exit_code:
            raise _unsettled(call, f"ended with exit code {exit_code}", last)
        if verdict.count:
            how = f"ended with exit code 0, but said {verdict.count} time(s) that a part of its work failed"
            raise _unsettled(call, how, verdict.told)
        self._done.add(call.target)

    def run(self, argv: Sequence[str], *, seconds: float) -> Completed:
        """Run a command that changes something, its output followed live, and return how it ended.

        For gateways that judge by reading back; a procedure's own command is a `Call`.

        Raises:
            Refused: It may not be run now, or there is no way to the host.
            NotConnected: The way to the host can't be started.
            CallUnsettled: It took too long, and may still run on the host.
        """
        self._check_may_write(System.HOST, shlex.join(argv))
        last: deque[str] = deque(maxlen=LAST_LINES)
        try:
            return Completed(self._follow(argv, last, seconds=seconds), "\n".join(last))
        except process.TooLongError as error:
            how = f"was cut off after {seconds:g} s, and may still run on the host"
            raise CallUnsettled(f"{shlex.join(argv)} {how}; its last lines: {_last(last) or 'none'}") from error

    def tell(self, line: str) -> None:
        """Tell the operator what is going on, as a command's own lines are told."""
        self._on_line(self._redact(line))

    def _follow(
        self, argv: Sequence[str], last: deque[str], *, seconds: float, verdict: ExitLines | None = None
    ) -> int:
        """Run to the end, tell every line, keep the last ones, and return the exit code."""

        def on_line(line: str) -> None:
            last.append(self._redact(line))
            if verdict:
                verdict.hear(last[-1])
            self._on_line(last[-1])

        try:
            return process.follow(self._words(argv), on_line, seconds=seconds)
        except process.NotStartedError as error:
            raise self._not_connected(str(error)) from error

    def _words(self, argv: Sequence[str]) -> list[str]:
        """Return what is started here. Each ssh hands its words to a shell on the other side, so they are quoted."""
        if not self.prefix:
            raise Refused(
                what="there is no way to run commands on Atmosphere's host",
                why="RUNBOOK_HOST_EXEC is not set",
                next_step="set it to what stands before a command there, e.g. RUNBOOK_HOST_EXEC='ssh atmo-prod sudo'",
            )
        if not self._hops():
            return [*self.prefix, *argv]
        text = shlex.join(argv)
        for _ in range(self._hops() - 1):
            text = shlex.quote(text)
        return [*self.prefix, text]

    def _hops(self) -> int:
        return sum(PurePath(word).name == "ssh" for word in self.prefix)

    def _not_connected(self, reason: str) -> NotConnected:
        return NotConnected(
            kind="unreachable",
            system="the Atmosphere host",
            address=shlex.join(self.prefix),
            reason=reason,
            next_step="try the words of RUNBOOK_HOST_EXEC in a terminal, with 'id' behind them; they must ask nothing",
        )


def _unsettled(call: Call, how: str, last: Sequence[str]) -> CallUnsettled:
    """Return the error for a command that was started and may have done a part of its work."""
    return CallUnsettled(f"{call.target} {how}; its last lines: {_last(last) or 'none'}")


def _last(lines: Sequence[str]) -> str:
    return " / ".join(list(lines)[-3:])
