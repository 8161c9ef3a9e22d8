"""Send requests to Flower within limits of time and size, and reject responses that are not Flower's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from runbook_lib.config.settings import without_credentials
from runbook_lib.errors import NotConnected, Refused
from runbook_lib.systems import limited_http

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.errors import Trouble

# The size is that of ten thousand tasks with long tracebacks.
LIMITS = limited_http.Limits(connect=3.05, read=8.0, total=15.0, max_bytes=64_000_000)
_CERTIFICATES = "set REQUESTS_CA_BUNDLE to the file of trusted certificates"
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
            body = limited_http.parse_json(data)
        except limited_http.BadResponse as error:
            raise self.not_flower(str(error)) from error
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
            with limited_http.session(lambda: LIMITS, source="RUNBOOK_FLOWER_URL") as session:
                answer = session.get(self._url + path, params=dict(query), auth=self._credentials())
        except limited_http.Redirected as error:
            raise self._rejected(error.status, "it redirects, perhaps to a login page") from error
        except limited_http.HTTP_ERRORS as error:
            raise self._not_connected(*limited_http.problem(error, LIMITS, certificates=_CERTIFICATES)) from error
        self._check(answer.status_code)
        return answer.status_code, answer.content

    def _check(self, status: int) -> None:
        if status in _UNAUTHORIZED:
            raise self._rejected(status, "its login is missing or wrong")
        if status not in (requests.codes.ok, _NOT_FOUND):
            raise self._not_connected("unreachable" if status >= _SERVER_ERROR else "wrong-answer", f"HTTP {status}")

    def _rejected(self, status: int, why: str) -> Refused:
        return Refused(
            what=f"Flower at {self._address()} rejected this account (HTTP {status})", why=why, next_step=_LOGIN
        )

    def _credentials(self) -> tuple[str, str] | None:
        if self._login is None:
            return self._auth
        name, _, word = self._login().partition(":")
        return name, word

    def _address(self) -> str:
        return without_credentials(self._url)
