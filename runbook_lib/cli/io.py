"""The output of the commands, the confirmation prompt, and the connection to the systems."""

from __future__ import annotations

import contextlib
import json
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib import connect
from runbook_lib.cli import terminal
from runbook_lib.config.site_file import PRACTICE
from runbook_lib.errors import ParamError, Refused
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.config.settings import Settings
    from runbook_lib.errors import RunbookError
    from runbook_lib.world.world import World


_COMMAND_KEYS = frozenset({"next_step", "command", "commands", "how"})  # of JSON documents; they hold commands


class OutputLostError(Exception):
    """Standard output can't be written; the text is the reason.

    Attributes:
        is_closed: Whether its reader closed it, as ``head`` does.
    """

    def __init__(self, error: OSError | None) -> None:
        self.is_closed = isinstance(error, BrokenPipeError)
        super().__init__((error and error.strerror) or "it is closed")


@dataclass(frozen=True)
class Output:
    """The output of a command: its result on standard output, everything else on standard error.

    Attributes:
        as_json: Whether standard output contains exactly one JSON document.
        site: The site that an option chose, for the commands in the output; empty for none.
    """

    as_json: bool = False
    site: str = ""

    def result(self, text: str, body: Any) -> None:
        """Print the result: the text, or with ``--json`` the body."""
        self.text(text)
        self.json(body)

    def text(self, text: str) -> None:
        """Print text for people; nothing with ``--json``."""
        if not self.as_json:
            _write(self._shown(text))

    def json(self, body: Any) -> None:
        """Print the JSON document; nothing without ``--json``."""
        if self.as_json:
            _write(json.dumps(self._commands_with_site(body), indent=1))

    def preview(self, text: str) -> None:
        """Print text that precedes the result; with ``--json``, on standard error."""
        if self.as_json:
            _write_error(self.with_site(text))
        else:
            _write(self._shown(text))
            self.flush()  # if it can't be shown, nothing is applied

    def flush(self) -> None:
        """Write what is buffered.

        Raises:
            OutputLostError: Standard output can't be written.
        """
        _write("", end="")

    def note(self, line: str) -> None:
        """Print a line on standard error immediately."""
        _write_error(self.with_site(line))

    def error(self, error: RunbookError) -> None:
        """Print an error: on standard error for people, on standard output as JSON."""
        if self.as_json:
            self.json(error.as_json())
        else:
            _write_error(self.with_site(str(error)))

    @property
    def width(self) -> int | None:
        """The characters of a line on the terminal; None for a pipe, a file, and ``--json``."""
        return None if self.as_json else terminal.width(sys.stdout)

    def _shown(self, text: str) -> str:
        """Return a text for people as standard output can show it."""
        text = terminal.printable(self.with_site(text), sys.stdout)
        return text if self.width is None else terminal.colored(text, sys.stdout)

    def _commands_with_site(self, body: Any, key: str = "") -> Any:
        """Return a JSON value whose commands have the option that chose the site; data that looks like one stays."""
        if isinstance(body, dict):
            return {name: self._commands_with_site(value, str(name)) for name, value in body.items()}
        if isinstance(body, list | tuple):
            return [self._commands_with_site(value, key) for value in body]
        return self.with_site(body) if isinstance(body, str) and key in _COMMAND_KEYS else body

    def with_site(self, text: str) -> str:
        """Return a text whose commands have the option that chose the site."""
        if not self.site:
            return text
        option = "--practice" if self.site == PRACTICE else f"--site {shlex.quote(self.site)}"
        return commands.for_site(text, option)


def _write(text: str, *, end: str = "\n") -> None:
    """Write to standard output; without text, write what is buffered."""
    try:
        sys.stdout.write(f"{text}{end}")
        if not text:
            sys.stdout.flush()
    except (OSError, AttributeError) as error:  # the process started with a closed standard output
        raise OutputLostError(error if isinstance(error, OSError) else None) from error


def _write_error(text: str) -> None:
    """Write to standard error immediately. If that is impossible, the command continues: the exit code remains."""
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"{terminal.printable(text, sys.stderr)}\n")
        sys.stderr.flush()


def confirm(question: str = "Apply this plan") -> None:
    """Ask the operator for confirmation, and return if the answer is yes.

    Raises:
        ParamError: Standard input is not a terminal.
        Refused: The operator declined.
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise ParamError(
            problems=["the plan needs a confirmation, but standard input is not a terminal"],
            next_step="check the plan, then add --yes",
        )
    sys.stderr.write(f"{question}? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise Refused(
            what="the plan was neither applied nor approved",
            why="the answer was not yes",
            next_step="to continue, run the command again and type yes",
        )


@contextlib.contextmanager
def open_world(config: Settings, procedure: str, output: Output) -> Iterator[World]:
    """Yield the systems of the settings. The progress of long operations is printed as notes."""
    if config.site:
        output.note(f"Site: {config.site}")
    opened = connect.open_world(config, operator=connect.operator(), procedure=procedure)
    with opened as world, terminal.status(sys.stderr) as status:
        world.progress = lambda line: output.note(world.vault.redact(line))
        world.pending = status
        yield world
