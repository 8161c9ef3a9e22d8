"""Start one process, follow its output line by line, and kill it after a time limit."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from runbook_lib.config.secrets import child_environment
from runbook_lib.text.waiting import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_COLORS = re.compile(r"\x1b\[[0-9;]*m")  # Celery writes colors into pipes too
_SUBJECT = "output of the command on the host"
_DRAIN_SECONDS = 1.0  # for the remaining output; a daemon started by the process can keep the stream open forever


class NotStartedError(Exception):
    """The program did not start; nothing ran."""


class TooLongError(Exception):
    """The process exceeded its time limit and was killed."""


def follow(argv: Sequence[str], on_line: Callable[[str], None], *, seconds: float) -> int:
    """Run `argv` without a shell, pass each line of output to `on_line` as it arrives, and return the exit code.

    The process can't prompt: its input is empty and it has no terminal. It runs in its own session, which is killed
    completely on timeout, on Ctrl-C, and when `on_line` raises.

    Raises:
        NotStartedError: The program does not exist, or may not be run.
        TooLongError: It did not end within `seconds`.
    """
    try:
        child = subprocess.Popen(  # noqa: S603 - a list of arguments without a shell
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            env=child_environment(),
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotStartedError(f"{argv[0]} can't be started: {reason}") from error
    try:
        for line in _lines(child, seconds=seconds):
            on_line(line)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        raise
    finally:
        child.wait()
    return child.returncode


def _lines(child: subprocess.Popen[str], *, seconds: float) -> Iterator[str]:
    """Yield the lines of the output until its end, or until shortly after the end of the process."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(child, lines), daemon=True).start()
    end = time.monotonic() + seconds
    ended, wait = False, Wait(_SUBJECT)
    while True:
        try:
            line = lines.get(timeout=0.1)
        except queue.Empty:
            wait.check()
            if child.poll() is not None and not ended:
                ended, end = True, time.monotonic() + _DRAIN_SECONDS
        else:
            if line is None:
                break
            yield line
            wait = Wait(_SUBJECT)
        if time.monotonic() > end:
            break
    if not ended:
        try:
            child.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TooLongError from None


def _read(child: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    """Put every line into the queue, and close the stream at its end, which can be long after that of the process."""
    if child.stdout:
        with child.stdout as stream:
            for line in stream:
                lines.put(_COLORS.sub("", line.rstrip("\n")))
    lines.put(None)
