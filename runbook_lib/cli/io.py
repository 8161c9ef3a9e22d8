"""What the commands write, what they ask, and how they open the systems."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from runbook_lib import connect
from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.config.settings import Settings
    from runbook_lib.errors import RunbookError
    from runbook_lib.world.world import World


@dataclass(frozen=True)
class Output:
    """Where a command writes: its result on standard output, the rest on standard error.

    Attributes:
        as_json: Whether standard output carries one JSON document and nothing else.
    """

    as_json: bool = False

    def result(self, text: str, body: Any) -> None:
        """Print the result: the text, or with ``--json`` the body."""
        self.text(text)
        self.json(body)

    def text(self, text: str) -> None:
        """Print text for people; nothing with ``--json``."""
        if not self.as_json:
            _write(sys.stdout, text)

    def json(self, body: Any) -> None:
        """Print the JSON document; nothing without ``--json``."""
        if self.as_json:
            _write(sys.stdout, json.dumps(body, indent=1))

    def preview(self, text: str) -> None:
        """Print what people read before the result; with ``--json`` on standard error."""
        _write(sys.stderr if self.as_json else sys.stdout, text)

    def note(self, line: str) -> None:
        """Print a line on standard error at once."""
        _write(sys.stderr, line)
        sys.stderr.flush()

    def error(self, error: RunbookError) -> None:
        """Print an error: on standard error for people, on standard output as JSON."""
        if self.as_json:
            self.json(error.as_json())
        else:
            _write(sys.stderr, str(error))


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")


def confirm() -> None:
    """Return if the operator types yes.

    Raises:
        ParamError: There is no terminal, or the answer is not yes.
    """
    if not sys.stdin.isatty():
        raise ParamError(problems=["there is no terminal to ask on, and --yes was not given"], next_step="add --yes")
    sys.stderr.write("Apply this? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise ParamError(problems=["the answer was not yes"], next_step="run it again when you are sure")


@contextlib.contextmanager
def open_world(config: Settings, procedure: str, output: Output) -> Iterator[World]:
    """Yield the world of the settings; what long work is doing is printed as notes."""
    with connect.open_world(config, operator=connect.operator(), procedure=procedure) as world:
        world.progress = lambda line: output.note(world.vault.redact(line))
        yield world
