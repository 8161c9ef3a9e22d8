"""Servers with scripted responses, kubeconfigs for any address, and the check that an error shows no token."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runbook_lib.errors import RunbookError
    from runbook_lib.systems.argo import Argo

OLD = "ansible-deploy-7w2kq"
TOKEN = "a-token-that-must-not-be-shown"


def kubeconfig(folder: Path, server: str, **cluster: Any) -> Path:
    """Write a kubeconfig for one address and return its path."""
    body = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "other",
        "clusters": [
            {"name": "here", "cluster": {"server": server, **cluster}},
            {"name": "other", "cluster": {"server": "https://other.example.org"}},
        ],
        "users": [{"name": "me", "user": {"token": TOKEN}}],
        "contexts": [
            {"name": "other", "context": {"cluster": "other", "user": "me", "namespace": "other"}},
            {"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "argo"}},
        ],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(body))
    return file


def check_error(argo: Argo, kind: type[RunbookError], match: str) -> RunbookError:
    """Check that reading raises this error, without the token in it."""
    with pytest.raises(kind, match=match) as caught:
        argo.find(OLD)
    assert TOKEN not in str(caught.value) + str(caught.value.__cause__)
    argo.close()
    return caught.value


class _Answers(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        self.server.answer(self)

    do_POST = do_DELETE = do_GET  # noqa: N815 - the base class names them so

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no log."""


@contextmanager
def served(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Yield the address of a server that answers every request with `answer`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.__dict__["answer"] = answer
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def response(status: int, text: str, kind: str = "application/json") -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer with this status, body and media type."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(text.encode())))
        request.send_header("Location", "http://127.0.0.1:9/elsewhere")
        request.end_headers()
        request.wfile.write(text.encode())

    return answer
