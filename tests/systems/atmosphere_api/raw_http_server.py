"""A server that answers with exactly the bytes a test gives it: late, halved, of another kind, or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class RawHttpServer:
    """A running server.

    Attributes:
        port: The port on 127.0.0.1.
        script: The answers, in order; after the last, connections are closed without one.
        asked: What was sent, a head and a body each.
        pause: Seconds between the bytes of an answer.
    """

    port: int
    script: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    pause: float = 0.0

    @property
    def url(self) -> str:
        """The root of an API there."""
        return f"http://127.0.0.1:{self.port}/api"

    def lines(self) -> list[str]:
        """Return method and path of each request."""
        return [text.split(" HTTP/")[0] for text in self.asked]


def http(status: int, body: Any, *, kind: str = "application/json", head: str = "", cut: int = 0) -> bytes:
    """Return an answer; `cut` bytes of its body are announced and not sent."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{head}Connection: close\r\n"
    return f"{lines}\r\n".encode() + data[: len(data) - cut]


@contextlib.contextmanager
def rough() -> Iterator[RawHttpServer]:
    """Serve until left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawHttpServer(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, server: RawHttpServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            server.asked.append(_request(connection))
            answer = server.script.pop(0) if server.script else b""
            if not server.pause:
                connection.sendall(answer)
                continue
            for byte in answer:
                connection.sendall(bytes([byte]))
                time.sleep(server.pause)


def _request(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := connection.recv(65536)):
            return data.decode()
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()


def nobody() -> str:
    """Return an address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}/api"
