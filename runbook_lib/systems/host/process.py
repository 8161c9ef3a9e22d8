"""Start one process, follow its output line by line, and end it when it takes too long."""

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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_COLORS = re.compile(r"\x1b\[[0-9;]*m")  # Celery writes them into pipes too
_AFTERWARDS = 1.0  # seconds for the rest of the output; a daemon that was started may keep the stream open for ever


class NotStartedError(Exception):
    """The program could not be started; nothing ran."""


class TooLongError(Exception):
    """The time was up, and the process was ended."""


def follow(words: Sequence[str], on_line: Callable[[str], None], *, seconds: float) -> int:
    """Run `words` without a shell, hand over each line as it comes, and return the exit code.

    It can't ask anything: its input is empty and it has no terminal. It gets a session of its own, which is ended as a
    whole on a time-out, on Ctrl-C, and when `on_line` raises.

    Raises:
        NotStartedError: There is no such program, or it may not be run.
        TooLongError: It had not ended after `seconds`.
    """
    try:
        child = subprocess.Popen(  # noqa: S603 - a list of words, and no shell
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotStartedError(f"{words[0]} can't be started: {reason}") from error
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
    """Yield the lines of the output until its end, or until a moment after the process's."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(child, lines), daemon=True).start()
    end = time.monotonic() + seconds
    ended = False
    while True:
        try:
            line = lines.get(timeout=0.1)
        except queue.Empty:
            if child.poll() is not None and not ended:
                ended, end = True, time.monotonic() + _AFTERWARDS
        else:
            if line is None:
                break
            yield line
        if time.monotonic() > end:
            break
    if not ended:
        try:
            child.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TooLongError from None


def _read(child: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    """Hand over every line, and close the stream at its end; that may be long after the process's."""
    if child.stdout:
        with child.stdout as stream:
            for line in stream:
                lines.put(_COLORS.sub("", line.rstrip("\n")))
    lines.put(None)
