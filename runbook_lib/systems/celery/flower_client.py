"""Send requests to Flower within limits of time and size, and reject responses that are not Flower's."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import requests

from runbook_lib.config.settings import without_credentials
from runbook_lib.errors import NotConnected, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.errors import Trouble

SECONDS = (3.05, 8.0)  # to connect, and between two parts of the response
ALL_SECONDS = 15.0  # for the complete response
MAX_BYTES = 64_000_000  # of one response: ten thousand tasks with long tracebacks
_PIECE = 65_536
_LOGIN = "put a line 'machine HOST login NAME password WORD' into ~/.netrc, readable by you only"
_UNAUTHORIZED, _NOT_FOUND, _SERVER_ERROR = (401, 403), 404, 500


class FlowerClient:
    """The connection to one Flower. It sends only GET requests."""

    def __init__(self, url: str, *, auth: tuple[str, str] | None, login: Callable[[], str] | None) -> None:
        """Keep the address. Sends nothing before the first use."""
        self._url = url
        self._auth = auth
        self._login = login

    def json(self, path: str, **query: str) -> dict[str, Any]:
        """Return the JSON object of a response.

        Raises:
            Refused: Flower is not configured, or rejects this account.
            NotConnected: It does not respond in time, or the response is not one of Flower.
        """
        body = self._json(path, query)
        if body is None:
            raise self.not_flower("HTTP 404")
        return body

    def json_or_none(self, path: str) -> dict[str, Any] | None:
        """Return the JSON object of a response, or None for HTTP 404; raises as `json` does."""
        return self._json(path, {})

    def text_or_none(self, path: str) -> str | None:
        """Return the text of a response, or None if this release has no such page; raises as `json` does."""
        status, data = self._get(path, {})
        return data.decode(errors="replace") if status == requests.codes.ok else None

    def not_flower(self, reason: str) -> NotConnected:
        """Return the error for a response that Flower can't have sent."""
        return self._not_connected("wrong-answer", reason)

    def _not_connected(self, kind: Trouble, reason: str) -> NotConnected:
        return NotConnected(
            kind=kind,
            system="Flower",
            address=self._address(),
            reason=reason,
            next_step="check RUNBOOK_FLOWER_URL, and check that Flower runs: Atmosphere's container does not start it",
        )

    def _json(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        status, data = self._get(path, query)
        if status == _NOT_FOUND:
            return None
        try:
            body = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self.not_flower("its response is not JSON") from error
        if not isinstance(body, dict):
            raise self.not_flower("its response is not a JSON object, so it is not Flower's")
        return body

    def _get(self, path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body of a success or an HTTP 404."""
        if not self._url:
            raise Refused(
                what="Flower is not configured",
                why="RUNBOOK_FLOWER_URL is not set",
                next_step="set it to Flower's address, such as https://atmo.example.org/flower",
            )
        try:
            with requests.get(
                self._url + path,
                params=dict(query),
                auth=self._credentials(),
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._check(answer)
                return answer.status_code, self._read(answer)
        except (requests.RequestException, OSError) as error:
            raise self._not_connected("unreachable", _reason(error)) from error

    def _check(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status in _UNAUTHORIZED or answer.is_redirect:
            raise Refused(what=f"Flower at {self._address()} rejected this account (HTTP {status})", next_step=_LOGIN)
        if status not in (requests.codes.ok, _NOT_FOUND):
            raise self._not_connected("unreachable" if status >= _SERVER_ERROR else "wrong-answer", f"HTTP {status}")

    def _read(self, answer: requests.Response) -> bytes:
        end = time.monotonic() + ALL_SECONDS
        data = bytearray()
        for piece in answer.iter_content(_PIECE):
            data += piece
            if len(data) > MAX_BYTES:
                raise self.not_flower(f"its response is longer than {MAX_BYTES // 1_000_000} MB")
            if time.monotonic() > end:
                raise self._not_connected("unreachable", f"its response was not complete within {ALL_SECONDS:g} s")
        return bytes(data)

    def _credentials(self) -> tuple[str, str] | None:
        if self._login is None:
            return self._auth
        name, _, word = self._login().partition(":")
        return name, word

    def _address(self) -> str:
        return without_credentials(self._url)


def _reason(error: BaseException) -> str:
    """Return one sentence for the operator. It omits the libraries' texts, which quote the address with its login."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {SECONDS[0]:g} s"
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
        return f"no response within {SECONDS[1]:g} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    return f"no service responds there, or the connection broke ({type(error).__name__})"
