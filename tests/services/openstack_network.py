"""A Neutron without a network, for the real Nova: it asks for a server's ports whenever the server is shown.

No network is modeled, so every list is empty, and every request except Nova's lists is rejected with 501.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_EMPTY = {
    "/v2.0/ports": "ports",
    "/v2.0/networks": "networks",
    "/v2.0/security-groups": "security_groups",
    "/v2.0/extensions": "extensions",
    "/v2.0/floatingips": "floatingips",
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = _EMPTY.get(self.path.partition("?")[0].removesuffix(".json"))
        body = json.dumps({name: []} if name else {"NeutronError": f"{self.path} is not modeled"}).encode()
        self.send_response(200 if name else 501)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Write no log."""


@contextmanager
def no_network(port: int) -> Iterator[None]:
    """Serve it on 127.0.0.1, in a thread of this process, until left."""
    with ThreadingHTTPServer(("127.0.0.1", port), _Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
