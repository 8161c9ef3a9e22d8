"""The Django shell on the practice databases of ``RUNBOOK_HOME``: lines on standard input, as if pasted."""

from __future__ import annotations

import code
import sys

from service import driver

from runbook_lib import connect
from runbook_lib.config import settings


class Paste(code.InteractiveConsole):
    """Takes line by line what a person pastes, and stops at the first error."""

    def runcode(self, compiled: object) -> None:
        """Run one statement; its error ends the shell."""
        exec(compiled, self.locals)

    def showsyntaxerror(self, *_arguments: object, **_options: object) -> None:
        """Let a syntax error end the shell too."""
        raise sys.exc_info()[1] or SyntaxError("this does not read as Python")


def main() -> None:
    """Run what stands on standard input."""
    with connect.open_world(settings.load(), operator="tester@host") as world:
        driver.connect(world)
        console = Paste({"__name__": "__console__"})
        unfinished = False
        for line in [*sys.stdin.read().splitlines(), ""]:
            unfinished = console.push(line)
        if unfinished:
            raise SyntaxError("the paste ends in the middle of a statement")


if __name__ == "__main__":
    main()
