"""Send one request to Atmosphere's REST API within time limits; the only module that imports requests for it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NewConnectionError

from runbook_lib.errors import NotConnected

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.errors import Trouble

SYSTEM = "Atmosphere's API"
LARGEST = 10_000_000  # bytes; the longest list of statuses or quotas is a hundredth of it
LOST = 0
_UNAUTHORIZED, _UNAVAILABLE, _SERVER_ERROR = 401, 503, 500
_REDIRECTS = range(300, 400)


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds.

    Attributes:
        connect: For the connection.
        read: For each piece of the answer; an answer that trickles in is given up after twice that.
    """

    connect: float = 5.0
    read: float = 30.0


@dataclass(frozen=True)
class ApiResponse:
    """What the API answered: 2xx, an error of the caller's (4xx, without 401), or nothing that can be used.

    Attributes:
        status: The HTTP status; `LOST` when a write may have arrived, but nothing or nonsense came back.
        body: The JSON; for `LOST` the reason.
        trouble: What is wrong with the API when the answer is `LOST`.
    """

    status: int
    body: Any
    trouble: Trouble = "unreachable"

    @property
    def words(self) -> str:
        """The API's own sentence, at most 300 characters."""
        return " ".join(_sentences(self.body))[:300] or "no reason given"


class Client:
    """A session with the API. Nothing is sent, and the token is not looked up, before the first request."""

    def __init__(self, address: str, *, token: Callable[[], str], limits: Limits) -> None:
        """Keep where it is.

        Args:
            address: The root, ends in ``/api``; without credentials.
            token: Returns the token; called at the first request.
            limits: How long to wait.
        """
        self._address = address
        self._token = token
        self._limits = limits
        self._session: requests.Session | None = None

    def request(self, method: str, path: str, *, body: Any = None) -> ApiResponse:
        """Send one request, once, and return the answer.

        Nothing is repeated: of a write nobody knows whether the first one arrived. No redirect is followed, so the
        token goes to no other host.

        Args:
            method: ``GET``, ``POST`` or ``PATCH``.
            path: What follows the root, with its query.
            body: Sent as JSON.

        Raises:
            NotConnected: Nothing answers, the token is not accepted, or a maintenance. A read raises it also for an
                answer that is late, broken off, no JSON, or an error on the server's side; for a write that is `LOST`.
            Refused: The token can't be had.
        """
        token, reads = self._token(), method == "GET"
        if not reads:
            self.close()  # a connection that the server has given up would leave open whether the request arrived
        try:
            status, kind, location, data = self._exchange(method, path, body, token)
        except (requests.RequestException, HTTPError) as error:
            trouble, reason = _trouble(error), _reason(error, self._limits)
            if reads or _never_arrived(error):
                raise self._not_connected(trouble, reason) from error
            return ApiResponse(LOST, reason, trouble)
        if status in _REDIRECTS:
            there = urlsplit(location).netloc.rpartition("@")[2] or "another address there"
            raise self._not_connected(
                "wrong-answer",
                f"it redirects to {there}, where the token is not sent",
                "correct RUNBOOK_API_URL: https, ends in /api",
            )
        text = data.decode("utf-8", "replace").replace(token, "(the token)")
        answer = self._answer(status, text, is_json="json" in kind)
        if reads and answer.status == LOST:
            raise self._not_connected(answer.trouble, answer.words)
        return answer

    def close(self) -> None:
        """Close the sockets; the next request opens others."""
        if self._session:
            self._session.close()
            self._session = None

    def _exchange(self, method: str, path: str, body: Any, token: str) -> tuple[int, str, str, bytes]:
        """Return status, media type, the redirect's target, and the body, read until the limit."""
        if self._session is None:
            self._session = requests.Session()
        started = time.monotonic()
        with self._session.request(
            method,
            f"{self._address}/{path}",
            json=body,
            headers={"Accept": "application/json"},
            auth=_Token(token),
            timeout=(self._limits.connect, self._limits.read),
            allow_redirects=False,
            stream=True,
        ) as response:
            data = bytearray()
            while part := response.raw.read1(65536, decode_content=True):
                data += part
                if time.monotonic() - started > 2 * self._limits.read:
                    raise requests.ReadTimeout
                if len(data) > LARGEST:
                    raise requests.exceptions.ContentDecodingError
            headers = response.headers
            return response.status_code, headers.get("Content-Type", ""), headers.get("Location", ""), bytes(data)

    def _answer(self, status: int, text: str, *, is_json: bool) -> ApiResponse:
        """Return the answer, if it is one that an operation can go on with."""
        if status == _UNAUTHORIZED:
            raise self._not_connected(
                "login",
                "the token was not accepted (HTTP 401)",
                "put a valid token of a staff user into RUNBOOK_API_TOKEN",
            )
        body: Any = None
        try:
            body = json.loads(text) if is_json else None
        except ValueError:
            is_json = False
        if status == _UNAVAILABLE and is_json:
            raise self._not_connected(
                "unreachable",
                f"it is closed for a maintenance (HTTP 503: {ApiResponse(status, body).words})",
                "staff are kept out too: stop the maintenance with stop_maintenance, or use the token of a user in "
                "MAINTENANCE_EXEMPT_USERNAMES",
            )
        if status >= _SERVER_ERROR:
            return ApiResponse(
                LOST, f"it answered HTTP {status}; see atmosphere_api.log and atmosphere.log on its host"
            )
        if not is_json:
            return ApiResponse(
                LOST,
                f"it answered HTTP {status} with something that is no JSON: RUNBOOK_API_URL must be the root of "
                "Atmosphere's API, ends in /api; a login page may stand before it",
                "wrong-answer",
            )
        return ApiResponse(status, body)

    def _not_connected(self, kind: Trouble, reason: str, next_step: str = "") -> NotConnected:
        return NotConnected(kind=kind, system=SYSTEM, address=self._address, reason=reason, next_step=next_step)


class _Token(AuthBase):
    """The Authorization header; given as an object, so that no login in ``~/.netrc`` takes its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a request that is about to be sent."""
        request.headers["Authorization"] = f"Token {self._token}"
        return request


def _never_arrived(error: Exception) -> bool:
    """Tell whether it is certain that the request did not reach the API."""
    reason = getattr(next(iter(error.args), None), "reason", None)
    sure = requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.InvalidHeader
    return isinstance(error, sure | requests.exceptions.InvalidURL) or isinstance(reason, NewConnectionError)


def _trouble(error: Exception) -> Trouble:
    """Return the kind of trouble: an answer that began and can't be read to its end is a wrong one."""
    wrong = requests.exceptions.ContentDecodingError | requests.exceptions.ChunkedEncodingError | HTTPError
    late = isinstance(error, requests.Timeout) or "Timeout" in type(error).__name__
    return "wrong-answer" if isinstance(error, wrong) and not late else "unreachable"


def _reason(error: Exception, limits: Limits) -> str:
    """Return one sentence for people; the library's own text is not repeated: it may hold an address or a header."""
    if isinstance(error, requests.Timeout) or "Timeout" in type(error).__name__:
        return f"no answer within {limits.connect:g} s (connecting) or {limits.read:g} s (waiting for the answer)"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate was not accepted; REQUESTS_CA_BUNDLE names the certificates to trust"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "its answer is too long or can't be unpacked"
    if isinstance(error, requests.exceptions.InvalidHeader | requests.exceptions.InvalidURL):
        return "the address or the token holds a character that can't be sent"
    if isinstance(error, HTTPError | requests.exceptions.ChunkedEncodingError):
        return "its answer broke off"
    return "nothing answers there, or the connection broke off"


def _sentences(body: Any) -> list[str]:
    """Return every text in an error's JSON, in order: the forms differ from endpoint to endpoint."""
    if isinstance(body, str):
        return [body]
    values = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [text for value in values for text in _sentences(value)]
