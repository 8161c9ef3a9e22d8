"""A hostile HTTP server, and each HTTP gateway pointed at it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.argo import Argo
from runbook_lib.systems.atmosphere_api import AtmosphereApi
from runbook_lib.systems.celery.flower import Flower
from runbook_lib.systems.openstack import Clouds
from tests.systems.argo.servers import kubeconfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "a-secret-that-must-not-be-shown"
IMAGE = "f27a7560-44a2-4d8b-9e0a-0b5b3c9c2f10"


@dataclass
class Hostile:
    """A running server.

    Attributes:
        url: Its root.
        answer: Sends the response to one request; called with the connection.
        logs_in: Whether Keystone's token is given out as a real Keystone does, with this server in the catalog.
        catalog: The address in the catalog; empty for this server.
        requests: The heads of all requests, with bodies.
    """

    url: str
    answer: Callable[[socket.socket], None]
    logs_in: bool = False
    catalog: str = ""
    requests: list[str] = field(default_factory=list)


@contextlib.contextmanager
def hostile(
    answer: Callable[[socket.socket], None], *, logs_in: bool = False, certificate: Path | None = None
) -> Iterator[Hostile]:
    """Yield a server on 127.0.0.1 that answers every request with `answer`."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        server = Hostile(url, answer, logs_in)
        thread = threading.Thread(target=_accept, args=(listener, server, context), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listener: socket.socket, server: Hostile, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_respond, args=(connection, server, context), daemon=True).start()


def _respond(connection: socket.socket, server: Hostile, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        stream = context.wrap_socket(connection, server_side=True) if context else connection
        request = _request(stream)
        server.requests.append(request)
        if server.logs_in and request.startswith("POST /v3/auth/tokens "):
            token = json.dumps(_token(server.catalog or server.url))
            stream.sendall(response(token, head="X-Subject-Token: x9-token\r\n", status=201))
        else:
            server.answer(stream)
        stream.close()


def _request(stream: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := stream.recv(65536)):
            raise OSError
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += stream.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()


def _token(url: str) -> dict[str, Any]:
    services = {"image": f"{url}/image", "compute": f"{url}/compute"}
    catalog = [
        {
            "type": kind,
            "name": kind,
            "id": kind,
            "endpoints": [{"interface": "public", "region_id": "r", "region": "r", "url": address, "id": kind}],
        }
        for kind, address in services.items()
    ]
    return {"token": {"catalog": catalog, "expires_at": "2099-01-01T00:00:00.000000Z", "methods": ["password"]}}


def response(body: str | bytes, *, head: str = "", status: int = 200, kind: str = "application/json") -> bytes:
    """Return a complete response."""
    data = body.encode() if isinstance(body, str) else body
    lines = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{head}Connection: close\r\n"
    return f"{lines}\r\n".encode() + data


def _api(url: str, folder: Path) -> Callable[[], object]:
    del folder
    return AtmosphereApi(f"{url}/api", token=lambda: SECRET).account


def _flower(url: str, folder: Path) -> Callable[[], object]:
    del folder
    return Flower(url, auth=("ops", SECRET)).workers


def _argo(url: str, folder: Path) -> Callable[[], object]:
    return lambda: Argo(url, config_file=kubeconfig(folder, url)).find("ansible-deploy-7w2kq")


def clouds(url: str, folder: Path) -> Clouds:
    """Return one cloud whose Keystone has this address."""
    auth = {"auth_url": f"{url}/v3", "username": "u", "password": SECRET, "project_name": "p"}
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    file = folder / "clouds.yaml"
    file.write_text(json.dumps({"clouds": {"iu": {"auth_type": "v3password", "auth": {**auth, **domains}}}}))
    return Clouds({4: "iu"}, config_file=file)


GATEWAYS: dict[str, Callable[[str, Path], Callable[[], object]]] = {
    "atmosphere_api": _api,
    "flower": _flower,
    "argo": _argo,
    "keystone": lambda url, folder: clouds(url, folder).keystone(4).account,
    "glance": lambda url, folder: lambda: clouds(url, folder).glance(4).image(IMAGE),
    "nova": lambda url, folder: lambda: clouds(url, folder).nova(4).server(IMAGE),
}
"""Gateway → a function of its address and a folder that returns one read."""
