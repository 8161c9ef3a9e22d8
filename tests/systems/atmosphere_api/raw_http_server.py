"""A server that sends exactly the bytes that a test gives it: late, truncated, of another type, or none."""

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
        script: The responses in order; after the last one, the server closes connections without a response.
        requests: The requests, each with its head and body.
        pause: Seconds between the bytes of a response.
    """

    port: int
    script: list[bytes] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    pause: float = 0.0

    @property
    def url(self) -> str:
        """The root of the server's API."""
        return f"http://127.0.0.1:{self.port}/api"

    def lines(self) -> list[str]:
        """Return method and path of each request."""
        return [text.split(" HTTP/")[0] for text in self.requests]


def http(status: int, body: Any, *, kind: str = "application/json", head: str = "", cut: int = 0) -> bytes:
    """Return a response; the last `cut` bytes of its body are announced but not sent."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{head}Connection: close\r\n"
    return f"{lines}\r\n".encode() + data[: len(data) - cut]


@contextlib.contextmanager
def raw_server() -> Iterator[RawHttpServer]:
    """Run the server within the context."""
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
            server.requests.append(_request(connection))
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


def closed_url() -> str:
    """Return the URL of a port without a server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/api"
