"""Limits for all HTTP gateways: encrypted credentials, no redirect, a time limit and a maximum size per response."""

from __future__ import annotations

import io
import ipaddress
import json
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from runbook_lib.errors import Refused
from runbook_lib.text import waiting

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from runbook_lib.errors import Trouble

_PIECE = 65_536
_CREDENTIALS = ("Authorization", "X-Auth-Token")


@dataclass(frozen=True)
class Limits:
    """The limits of one response.

    Attributes:
        connect: Seconds for the connection.
        read: Seconds between two parts of the response.
        total: Seconds for the complete response, with its headers.
        max_bytes: The size of the body after decompression.
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 30.0
    max_bytes: int = 16_000_000


class BadResponse(Exception):
    """The response can't come from a service of the expected kind; the text is the reason for the operator."""


class Redirected(BadResponse):
    """The response is a redirect. Nothing is sent to the other address, which would get the credentials.

    Attributes:
        host: The other host, without credentials.
        status: The HTTP status.
    """

    def __init__(self, location: str, status: int) -> None:
        self.host = urlsplit(location).netloc.rpartition("@")[2] or "another path"
        self.status = status
        super().__init__(f"it redirects to {self.host}; redirects are not followed: the other host would get the login")


class TotalTimeoutError(TimeoutError):
    """The response was not complete within the total time limit."""


HTTP_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, BadResponse)
"""The errors of a request through this module; `problem` explains them."""


def session(limits: Callable[[], Limits], *, source: str) -> requests.Session:
    """Return a session whose every request has these limits.

    Args:
        limits: Returns the limits; called at each request.
        source: The setting that holds the address, for messages.
    """
    opened = requests.Session()
    mount(opened, limits, source=source)
    return opened


def mount(opened: requests.Session, limits: Callable[[], Limits], *, source: str) -> None:
    """Give every request of a session these limits; the arguments are those of `session`."""
    for scheme in ("https://", "http://"):
        opened.mount(scheme, _Adapter(limits, source))


def limit_pools(manager: urllib3.PoolManager, limits: Callable[[], Limits]) -> None:
    """Give every request of a urllib3 client these limits, except those for the connection and between two parts."""
    current = {"limits": staticmethod(limits)}
    connections = [type(base.__name__, (_Connection, base), current) for base in (HTTPConnection, HTTPSConnection)]
    pools = zip((urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool), connections, strict=True)
    plain, encrypted = (type(base.__name__, (_Pool, base), current | {"ConnectionCls": cls}) for base, cls in pools)
    manager.pool_classes_by_scheme = {"http": plain, "https": encrypted}


def parse_json(data: bytes | str) -> Any:
    """Return the value of a JSON body.

    Raises:
        BadResponse: The body is not JSON, or is nested too deeply.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadResponse("its response is not JSON") from error


def check_encrypted(url: str, *, source: str, next_step: str) -> None:
    """Return if credentials can be sent to this address: over TLS, or to this machine.

    Raises:
        Refused: Anyone on the network path could read them.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        raise Refused(
            what=f"the address {place} from {source} is not encrypted, so no credentials are sent there",
            why="anyone on the network path could read them",
            next_step=next_step,
        )


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def problem(error: BaseException, limits: Limits, *, certificates: str) -> tuple[Trouble, str]:
    """Return the kind of a failed request and the reason for the operator, without the libraries' texts.

    Those texts can quote an address with its credentials, or a header.

    Args:
        error: One of `HTTP_ERRORS`, or an error that one of them caused.
        limits: The limits of the request.
        certificates: The setting of the trusted certificates, in words that follow "its certificate is not trusted;".
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, BadResponse):
            return "wrong-answer", str(cause)
    late = f"no response within {limits.connect:g} s (connecting) or {limits.read:g} s (waiting for the response)"
    reasons: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Trouble, str], ...] = (
        (urllib3.exceptions.NewConnectionError, "unreachable", "no service responds there"),
        (TotalTimeoutError, "unreachable", f"its response was not complete within {limits.total:g} s"),
        ((TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout), "unreachable", late),
        (ssl.SSLCertVerificationError, "unreachable", f"its certificate is not trusted; {certificates}"),
        ((ssl.SSLError, urllib3.exceptions.SSLError), "unreachable", "no encrypted connection is possible there"),
        (
            (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError),
            "unreachable",
            "the address or the token contains a character that can't be sent",
        ),
        (urllib3.exceptions.IncompleteRead, "unreachable", "its response is incomplete"),
    )
    for kinds, trouble, reason in reasons:
        if any(isinstance(cause, kinds) for cause in causes):
            return trouble, reason
    return "unreachable", "the connection broke before the response was complete"


def never_arrived(error: BaseException) -> bool:
    """Return whether the request of an error certainly did not reach the service: there was no connection."""
    certain = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.SSLError,
        requests.ConnectTimeout,
        requests.exceptions.SSLError,
        requests.exceptions.InvalidHeader,
        requests.exceptions.InvalidURL,
        ssl.SSLCertVerificationError,
    )
    return any(isinstance(cause, certain) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that caused it; each library keeps them in another attribute."""
    unseen: list[object] = [error]
    visited: set[int] = set()
    while unseen:
        cause = unseen.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in visited:
            visited.add(id(cause))
            yield cause
            unseen += [getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args]


class _Adapter(HTTPAdapter):
    """Sends the requests of a session of the library `requests`."""

    def __init__(self, limits: Callable[[], Limits], source: str) -> None:
        self._limits = limits
        self._source = source
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        limit_pools(self.poolmanager, self._limits)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        limit_pools(manager, self._limits)
        return manager

    def send(self, request: requests.PreparedRequest, *_: Any, **kwargs: Any) -> requests.Response:
        """Send one request.

        Raises:
            Refused: The request has credentials, and the address is not encrypted.
            Redirected, BadResponse, requests.RequestException: There is no usable response.
        """
        if request.body or any(name in request.headers for name in _CREDENTIALS):
            step = f"set {self._source} to an https address, or to a tunnel on 127.0.0.1"
            check_encrypted(str(request.url), source=self._source, next_step=step)
        limits = self._limits()
        kwargs |= {"stream": True, "timeout": (limits.connect, limits.read)}
        return super().send(request, **kwargs)


class _Pool:
    """A pool of connections that reads each response to its end, within the limits of time and size."""

    limits: Callable[[], Limits]
    host: str

    def urlopen(self, *args: Any, **kwargs: Any) -> urllib3.HTTPResponse:
        """Send one request, and return its response with the complete, decompressed body.

        Raises:
            Redirected: The response is a redirect.
            BadResponse: The body is too long or can't be decompressed.
            urllib3.exceptions.HTTPError: The connection broke, or a time limit expired.
        """
        with waiting.reported(f"a response from {self.host}"):
            response = super().urlopen(*args, **{**kwargs, "preload_content": False})  # type: ignore[misc]
            if location := response.get_redirect_location():
                response.close()
                raise Redirected(location, response.status)
            body = _body(response, self.limits().max_bytes)
        headers = urllib3.HTTPHeaderDict(response.headers)
        for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):  # no longer true
            headers.discard(name)
        return urllib3.HTTPResponse(
            body=io.BytesIO(body),
            headers=headers,
            status=response.status,
            version=response.version,
            version_string=response.version_string,
            reason=response.reason,
            preload_content=False,
        )


def _body(response: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """Return the decompressed body, part by part, so that memory is limited too; see `_Pool.urlopen`."""
    data = bytearray()
    try:
        while len(data) <= max_bytes and (part := response.read1(_PIECE, decode_content=True)):
            data += part
    except urllib3.exceptions.DecodeError as error:
        response.close()
        raise BadResponse("its response can't be decompressed") from error
    except BaseException:
        response.close()
        raise
    if len(data) > max_bytes:
        response.close()
        raise BadResponse(f"its response is longer than {max_bytes / 1_000_000:g} MB")
    response.release_conn()
    return bytes(data)


class _Connection:
    """A connection with a time limit for each complete response, with its headers."""

    limits: Callable[[], Limits]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._end = time.monotonic() + self.limits().total

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Start the time limit, and send the request."""
        self._end = time.monotonic() + self.limits().total
        super().request(*args, **kwargs)  # type: ignore[misc]

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:
        """Return the response that http.client reads from the socket."""
        response = HTTPResponse(sock, *args, **kwargs)
        response.fp = io.BufferedReader(_TimedStream(response.fp.detach(), sock, self._end))
        return response


class _TimedStream(io.RawIOBase):
    """The bytes of a socket until a point in time."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket, end: float) -> None:
        self._stream = stream
        self._socket = sock
        self._end = end
        self._read_seconds = sock.gettimeout() or float("inf")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise TotalTimeoutError
        self._socket.settimeout(min(remaining, self._read_seconds))
        try:
            return self._stream.readinto(buffer)
        except TimeoutError as error:
            raise (TotalTimeoutError if remaining < self._read_seconds else TimeoutError) from error

    def close(self) -> None:
        self._stream.close()
        super().close()
