"""Run commands on Atmosphere's host, with a list of arguments, live output and a time limit."""

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
from runbook_lib.systems.host.prefix import prefix_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.model import Call, Json

RUN_SECONDS = 12 * 3600.0  # the largest images are copied in hours
LAST_LINES = 20
_NOT_RUN = {126: "it can't be executed", 127: "the command was not found"}
_SSH_FAILED = 255


@dataclass(frozen=True)
class Completed:
    """The result of a command.

    Attributes:
        exit_code: The exit code; 0 for success.
        output: The output of both streams, in order.
    """

    exit_code: int
    output: str


class Host(Gateway):
    """Commands on Atmosphere's host; `runbook_lib.systems.host.calls` builds its calls."""

    def __init__(
        self,
        prefix: tuple[str, ...],
        *,
        may_write: Callable[[], bool] = lambda: True,
        on_line: Callable[[str], None] = lambda _: None,
        redact: Callable[[str], str] = lambda text: text,
        run_seconds: float = RUN_SECONDS,
    ) -> None:
        """Keep the prefix. Starts nothing before the first use.

        Args:
            prefix: The arguments before a command, such as ``ssh atmo-prod sudo``; empty when not configured.
            may_write: Called before a command that changes something; False prevents it.
            on_line: Called with each redacted line of a performed command as it arrives.
            redact: Removes secrets from a text.
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
        """The host's name in messages."""
        return f"the Atmosphere host ({prefix_name(self.prefix)})"

    def read(self, argv: Sequence[str], *, seconds: float = 20) -> Completed:
        """Run a command that only reads, and return its result; an exit code other than 0 does not raise.

        Args:
            argv: The command and its arguments.
            seconds: The time limit.

        Raises:
            Refused: The host is not configured (RUNBOOK_HOST_EXEC).
            NotConnected: The host is not reachable, or the command exceeded the time limit.
        """
        lines: list[str] = []
        try:
            exit_code = process.follow(self._full_argv(argv), lines.append, seconds=seconds)
        except process.NotStartedError as error:
            raise self._not_connected(str(error)) from error
        except process.TooLongError as error:
            raise self._not_connected(f"{shlex.join(argv)} did not end within {seconds:g} s") from error
        if exit_code == _SSH_FAILED and self._hops():
            raise self._not_connected(self._redact(_last(lines)) or "ssh failed")
        return Completed(exit_code, "\n".join(lines))

    def current(self, call: Call) -> Json:
        """Return ``done`` if the command succeeded in this process, otherwise None, which is a guess for other ones.

        A command leaves nothing that can be read back; see `Call.leaves_no_trace`.
        """
        return DONE if call.target in self._done else None

    def _send(self, call: Call) -> None:
        """Run the command to its end, with live output.

        Raises:
            Refused: The host is not configured, or the program is missing there; nothing was started.
            NotConnected: The first program of the prefix can't be started.
            CallUnsettled: The command started, and failed, was interrupted, exceeded the time limit, or reported a
                partial failure. The error has its last lines.
        """
        last: deque[str] = deque(maxlen=LAST_LINES)
        verdict = ExitLines(shlex.split(call.target))
        try:
            exit_code = self._follow(shlex.split(call.target), last, seconds=self._run_seconds, verdict=verdict)
        except process.TooLongError as error:
            outcome = f"exceeded the time limit of {self._run_seconds:g} s and might still run on the host"
            raise _unsettled(call, outcome, last) from error
        except KeyboardInterrupt as error:
            raise _unsettled(call, "was interrupted and might still run on the host", last) from error
        if exit_code in _NOT_RUN and not self._can_run(shlex.split(call.target)[0]):
            raise Refused(
                what=f"{call.target} was not run on {self.name}: {_NOT_RUN[exit_code]}",
                why="\n".join(last),
                next_step="check that RUNBOOK_HOST_EXEC leads to Atmosphere's host or container",
            )
        if exit_code:
            raise _unsettled(call, f"ended with exit code {exit_code}", last)
        if verdict.count:
            outcome = f"ended with exit code 0 but reported {verdict.count} failure(s)"
            raise _unsettled(call, outcome, verdict.failures)
        self._done.add(call.target)

    def _can_run(self, program: str) -> bool:
        """Return whether the host has this program, or might have it: a script can end with exit code 127 too."""
        try:
            search = self.read(["sh", "-c", 'file=$(command -v "$0") && test -x "$file" || echo missing', program])
        except NotConnected:
            return True
        return search.output.splitlines()[-1:] != ["missing"]

    def run(self, argv: Sequence[str], *, seconds: float) -> Completed:
        """Run a command that changes something, with live output, and return its result.

        For gateways that verify by reading back; a procedure's own command is a `Call`.

        Raises:
            Refused: The command may not run now, or the host is not configured.
            NotConnected: The first program of the prefix can't be started.
            CallUnsettled: It exceeded the time limit and might still run on the host.
        """
        self._check_may_write(System.HOST, shlex.join(argv))
        last: deque[str] = deque(maxlen=LAST_LINES)
        try:
            return Completed(self._follow(argv, last, seconds=seconds), "\n".join(last))
        except process.TooLongError as error:
            outcome = f"exceeded the time limit of {seconds:g} s and might still run on the host"
            raise CallUnsettled(f"{shlex.join(argv)} {outcome}; its last lines: {_last(last) or 'none'}") from error

    def report(self, line: str) -> None:
        """Show a line of progress to the operator, like the output of a command."""
        self._on_line(self._redact(line))

    def _follow(
        self, argv: Sequence[str], last: deque[str], *, seconds: float, verdict: ExitLines | None = None
    ) -> int:
        """Run a command to its end, show every line, keep the last ones, and return the exit code."""

        def on_line(line: str) -> None:
            last.append(self._redact(line))
            if verdict:
                verdict.add(last[-1])
            self._on_line(last[-1])

        try:
            return process.follow(self._full_argv(argv), on_line, seconds=seconds)
        except process.NotStartedError as error:
            raise self._not_connected(str(error)) from error

    def _full_argv(self, argv: Sequence[str]) -> list[str]:
        """Return the arguments to start on this machine, quoted once per ssh, which passes them to a remote shell."""
        if not self.prefix:
            raise Refused(
                what="Atmosphere's host is not configured",
                why="RUNBOOK_HOST_EXEC is not set",
                next_step="set it to the prefix of a command there, e.g. RUNBOOK_HOST_EXEC='ssh atmo-prod sudo'",
            )
        if not self._hops():
            return [*self.prefix, *argv]
        text = shlex.join(argv)
        for _ in range(self._hops() - 1):
            text = shlex.quote(text)
        return [*self.prefix, text]

    def _hops(self) -> int:
        return sum(PurePath(argument).name == "ssh" for argument in self.prefix)

    def _not_connected(self, reason: str) -> NotConnected:
        return NotConnected(
            kind="unreachable",
            system="the Atmosphere host",
            address=prefix_name(self.prefix),
            reason=reason,
            next_step="run the value of RUNBOOK_HOST_EXEC, followed by 'id', in a terminal; it must not prompt",
        )


def _unsettled(call: Call, outcome: str, last: Sequence[str]) -> CallUnsettled:
    """Return the error for a command that started and might have done a part of its work."""
    return CallUnsettled(f"{call.target} {outcome}; its last lines: {_last(last) or 'none'}")


def _last(lines: Sequence[str]) -> str:
    return " / ".join(list(lines)[-3:])
