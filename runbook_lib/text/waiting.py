"""The line that reports what a command waits for, after 20 s without a response."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTICE_SECONDS = 20.0


class Wait:
    """One wait. The caller checks it repeatedly.

    Attributes:
        subject: What is waited for, such as ``the commit of atmosphere``.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self._start = time.monotonic()
        self._next = NOTICE_SECONDS

    def check(self) -> float:
        """Return the seconds since the start, and write a line to standard error every `NOTICE_SECONDS`."""
        seconds = time.monotonic() - self._start
        if seconds >= self._next:
            self._next += NOTICE_SECONDS
            sys.stderr.write(f"still waiting for {self.subject}, after {seconds:.0f} s\n")
            sys.stderr.flush()
        return seconds


@contextlib.contextmanager
def reported(subject: str) -> Iterator[None]:
    """Report a wait that blocks this thread, until the context ends."""
    wait, ended = Wait(subject), threading.Event()

    def report() -> None:
        while not ended.wait(NOTICE_SECONDS):
            wait.check()

    threading.Thread(target=report, name=f"wait for {subject}", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
