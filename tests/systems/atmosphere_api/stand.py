"""The stand-in for Atmosphere's API on the world's databases, with and without the gateway."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.atmosphere_api import AtmosphereApi

if TYPE_CHECKING:
    from runbook_lib.fixture.stand_ins.atmosphere_api.server import ApiServer


@dataclass
class StandIn:
    """A stand-in on the world's databases.

    Attributes:
        server: The server.
        token: A token of staffmember.
    """

    server: ApiServer
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send one request without the gateway; return status and body."""
        sent = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.server.url + path, method=method, data=data, headers={n: v for n, v in sent.items() if v}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def api(self, username: str = "staffmember") -> AtmosphereApi:
        """Return the gateway with a user's token."""
        return AtmosphereApi(self.server.url, token=lambda: self.server.token(username))
