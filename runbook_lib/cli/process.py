"""The process of the command line: its streams, and an end with the right exit code in every case."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import NoReturn

from runbook_lib.cli import completion
from runbook_lib.cli.io import Output
from runbook_lib.cli.main import main
from runbook_lib.cli.parser import build_parser
from runbook_lib.errors import EXIT_OK, Refused, effect_sentence
from runbook_lib.journal import BegunRuns


def run() -> NoReturn:
    """Run the command of this process, and end the process with its exit code."""
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale such as C or Latin-1 has no arrows
            stream.reconfigure(errors="backslashreplace")
    begun = BegunRuns()
    try:
        if completion.is_requested():
            completion.complete(build_parser())
        exit_code = main()
    except SystemExit as end:  # of argparse, after the help
        exit_code = end.code if isinstance(end.code, int) else 0
    _end(exit_code, begun)


def _open_missing_streams() -> None:
    """Open file descriptors 0 to 2 if they are closed; otherwise the next file, such as the journal, would be one."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - standard error
        pass
    os.close(descriptor)


def _end(exit_code: int, begun: BegunRuns) -> NoReturn:
    """End the process, even if output can't be written or threads still wait for a system.

    The interpreter's own end would replace the exit code by 120 for output that can't be written. It would abort if a
    thread of `runbook_lib.world.ask` is still in a library.
    """
    is_written = True
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed by the caller
        try:
            stream.flush()
        except OSError as error:
            is_written = False
            if stream is sys.stdout and exit_code == EXIT_OK and not isinstance(error, BrokenPipeError):
                changed, run_id = begun.effect()
                effect = effect_sentence(changed=changed, run_id=run_id)
                Output().note(f"standard output can't be written: {error.strerror}\n{effect}")
                exit_code = Refused.exit_code
    if is_written and threading.active_count() == 1:
        sys.exit(exit_code)
    os._exit(exit_code)
