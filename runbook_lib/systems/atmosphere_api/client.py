"""Send requests to Atmosphere's REST API; interpret the statuses that concern every operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from requests.auth import AuthBase

from runbook_lib.errors import NotConnected
from runbook_lib.systems import limited_http

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from runbook_lib.errors import Trouble
    from runbook_lib.systems.limited_http import Limits

SYSTEM = "Atmosphere's API"
# The longest list of statuses or quotas is a hundredth of this.
LIMITS = limited_http.Limits(total=60.0, max_bytes=10_000_000)
_CERTIFICATES = "set REQUESTS_CA_BUNDLE to the file of trusted certificates"
LOST = 0
_UNAUTHORIZED, _UNAVAILABLE, _SERVER_ERROR = 401, 503, 500
_EARLY = frozenset({_UNAUTHORIZED, 403, 404, _UNAVAILABLE})


@dataclass(frozen=True)
class ApiResponse:
    """A response of the API: a success (2xx), another status with a JSON body, or `LOST`.

    Attributes:
        status: The HTTP status; `LOST` when a write might have arrived but no valid response came back.
        body: The JSON; the reason for `LOST`.
        trouble: The kind of problem for `LOST`.
    """

    status: int
    body: Any
    trouble: Trouble = "unreachable"

    @property
    def is_early(self) -> bool:
        """Whether Django REST framework rejected the request before any code of the endpoint ran.

        Its exceptions have only ``detail``. Errors of Atmosphere's own code have ``errors``, with the same statuses.
        Source: api/v2/exceptions.py and api/v2/views/instance.py:185-195 of Atmosphere v37-5.
        """
        is_detail = isinstance(self.body, dict) and self.body.keys() == {"detail"}
        return self.status in _EARLY and is_detail

    @property
    def is_lost(self) -> bool:
        """Whether a write might have arrived, and no valid response came back."""
        return self.status == LOST

    @property
    def reason(self) -> str:
        """The response of the API, or the reason why it is lost."""
        return self.message if self.is_lost else f"it responded with HTTP {self.status}: {self.message}"

    @property
    def message(self) -> str:
        """The API's own message, at most 300 characters."""
        return " ".join(_sentences(self.body))[:300] or "no reason given"


class Client:
    """A session with the API. It sends nothing and does not read the token before the first request.

    Attributes:
        address: The root, without credentials.
    """

    def __init__(self, address: str, *, token: Callable[[], str], limits: Limits) -> None:
        """Keep the address.

        Args:
            address: The root, which ends in ``/api``; without credentials.
            token: Returns the token; called at the first request.
            limits: How long to wait.
        """
        self.address = address
        self._token = token
        self._limits = limits
        self._session: requests.Session | None = None

    def request(self, method: str, path: str, *, body: Any = None) -> ApiResponse:
        """Send one request once, and return the response.

        It repeats no request, since the first one might have arrived. It follows no redirect, so no other host gets
        the token.

        Args:
            method: ``GET``, ``POST`` or ``PATCH``.
            path: The path below the root, with its query.
            body: The value to send as JSON.

        Raises:
            NotConnected: No service responds, the API rejects the token, or it is in maintenance. A read also raises it
                for a response that is late, interrupted, a redirect, not JSON, or a server error; for a write these
                are `LOST`.
            Refused: The token can't be read.
        """
        token, reads = self._token(), method == "GET"
        if not reads:
            self.close()  # on a connection that the server closed, it would be unknown whether the request arrived
        try:
            status, kind, data = self._exchange(method, path, body, token)
        except limited_http.Redirected as error:
            reason = f"it redirects to {error.host}; the token was not sent there"
            if not reads:
                return ApiResponse(LOST, reason, "wrong-answer")
            step = "correct RUNBOOK_API_URL: it begins with https and ends in /api"
            raise self._not_connected("wrong-answer", reason, step) from error
        except limited_http.HTTP_ERRORS as error:
            trouble, reason = limited_http.problem(error, self._limits, certificates=_CERTIFICATES)
            if reads or limited_http.never_arrived(error):
                raise self._not_connected(trouble, reason) from error
            return ApiResponse(LOST, reason, trouble)
        text = data.decode("utf-8", "replace").replace(token, "(the token)")
        answer = self._answer(status, text, is_json="json" in kind, reads=reads)
        if reads and answer.is_lost:
            raise self._not_connected(answer.trouble, answer.message)
        return answer

    def close(self) -> None:
        """Close the sockets; the next request opens others."""
        if self._session:
            self._session.close()
            self._session = None

    def _exchange(self, method: str, path: str, body: Any, token: str) -> tuple[int, str, bytes]:
        """Return status, media type and body."""
        if self._session is None:
            self._session = limited_http.session(lambda: self._limits, source="RUNBOOK_API_URL")
        response = self._session.request(
            method,
            f"{self.address}/{path}",
            json=body,
            headers={"Accept": "application/json"},
            auth=_Token(token),
        )
        return response.status_code, response.headers.get("Content-Type", ""), response.content

    def _answer(self, status: int, text: str, *, is_json: bool, reads: bool) -> ApiResponse:
        """Return the response, or raise the error of one that no operation can use."""
        body: Any = None
        try:
            body = limited_http.parse_json(text) if is_json else None
        except limited_http.BadResponse:
            is_json = False
        is_early = reads or ApiResponse(status, body).is_early
        is_from_cloud = isinstance(body, dict) and "errors" in body  # the cloud rejected the credentials of an identity
        if status == _UNAUTHORIZED and is_early and not is_from_cloud:
            raise self._not_connected(
                "login",
                "it rejected the token (HTTP 401)",
                "set RUNBOOK_API_TOKEN to a valid token of a staff user",
            )
        if status == _UNAVAILABLE and is_json and is_early:
            raise self._not_connected(
                "unreachable",
                f"it is closed for maintenance (HTTP 503: {ApiResponse(status, body).message})",
                "stop the maintenance with stop_maintenance, or use the token of a user in "
                "MAINTENANCE_EXEMPT_USERNAMES; staff have no access either",
            )
        if status >= _SERVER_ERROR:
            return ApiResponse(
                LOST, f"it responded with HTTP {status}; read atmosphere_api.log and atmosphere.log on its host"
            )
        if not is_json:
            return ApiResponse(
                LOST,
                f"it responded with HTTP {status} and a body that is not JSON: RUNBOOK_API_URL must be the root of "
                "Atmosphere's API, which ends in /api; the body might be a login page",
                "wrong-answer",
            )
        return ApiResponse(status, body)

    def _not_connected(self, kind: Trouble, reason: str, next_step: str = "") -> NotConnected:
        return NotConnected(kind=kind, system=SYSTEM, address=self.address, reason=reason, next_step=next_step)


class _Token(AuthBase):
    """The Authorization header, as an object so that a login in ``~/.netrc`` does not replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to `request`."""
        request.headers["Authorization"] = f"Token {self._token}"
        return request


def _sentences(body: Any) -> list[str]:
    """Return every text in an error's JSON, in order; each endpoint has its own format."""
    if isinstance(body, str):
        return [body]
    values = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [text for value in values for text in _sentences(value)]
