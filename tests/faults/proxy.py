"""A proxy in front of PostgreSQL's Unix socket that cuts, holds or half-closes a connection at one message."""

from __future__ import annotations

import contextlib
import enum
import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET = ".s.PGSQL.5432"


class Action(enum.Enum):
    """What happens at one message."""

    CUT = "cut the connection before the message"
    CUT_AFTER = "forward the message, then cut the connection"
    HOLD = "withhold this and all later messages in its direction, and keep the other side open"
    HALF_CLOSE = "end the direction of the message"


@dataclass
class Proxy:
    """A running proxy. Messages are counted from `arm` on, over all connections and both directions.

    Attributes:
        folder: The folder with its socket: the value of ``host`` in a database URL.
        server: The folder with PostgreSQL's socket.
        messages: The messages since `arm`, each as its direction and its first bytes.
        has_acted: Whether the message of `arm` came.
    """

    folder: Path
    server: Path
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    has_acted: bool = False
    _action: Action | None = None
    _at: int = -1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, action: Action | None = None, at: int = -1) -> None:
        """Forget the messages so far, and let `action` happen at the message with this number, from 0."""
        with self._lock:
            self.messages.clear()
            self._action, self._at, self.has_acted = action, at, False

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(str(self.server / SOCKET))
            for source, target, direction in ((client, upstream, "to server"), (upstream, client, "to client")):
                arguments = (source, target, direction)
                threading.Thread(target=self._forward, args=arguments, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        is_held = False
        with contextlib.suppress(OSError):
            for message in _messages(source, starts=direction == "to server"):
                action = None if is_held else self._count(direction, message)
                if action is Action.CUT:
                    break
                if action is Action.HALF_CLOSE:
                    target.shutdown(socket.SHUT_WR)
                is_held = is_held or action in {Action.HOLD, Action.HALF_CLOSE}
                if not is_held:
                    target.sendall(message)
                if action is Action.CUT_AFTER:
                    break
        for end in (source,) if is_held else (source, target):  # of a held connection, the server notices nothing
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _count(self, direction: str, message: bytes) -> Action | None:
        """Record a message; return what happens at it."""
        with self._lock:
            self.messages.append((direction, message[:60]))
            if len(self.messages) - 1 != self._at:
                return None
            self.has_acted = self._action is not None
            return self._action


@contextlib.contextmanager
def proxy(server: str) -> Iterator[Proxy]:
    """Run a proxy in front of the server whose socket lies in this folder."""
    folder = Path(tempfile.mkdtemp(prefix="rb-"))  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen()
        running = Proxy(folder, Path(server))
        thread = threading.Thread(target=running.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            shutil.rmtree(folder)


def _messages(source: socket.socket, *, starts: bool) -> Iterator[bytes]:
    """Yield the messages of one direction; the client's first one has no type byte."""
    with source.makefile("rb") as stream:
        while True:
            head = stream.read(4 if starts else 5)
            if len(head) < (4 if starts else 5):
                return
            length = int.from_bytes(head[-4:], "big") - 4
            starts = False
            yield head + stream.read(length)
