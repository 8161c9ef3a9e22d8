"""Flower unresponsive, endlessly slow, too long, redirecting or invalid: a clear error in time."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, Refused, RunbookError
from runbook_lib.systems.celery import flower_client
from runbook_lib.systems.celery.flower import Flower
from tests.systems.argo.servers import response, served

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

    from runbook_lib.errors import Trouble

WORD = "hunter2-not-shown"
TASK = {"uuid": "t", "name": "n", "state": "SUCCESS", "received": 1.0}


def task(**other: Any) -> str:
    """Return a list with one task that has these other values."""
    return json.dumps({"t": {**TASK, **other}})


def check_error(url: str, kind: type[RunbookError], match: str = "cannot be reached") -> RunbookError:
    """Check that a search raises this error, without the password in it."""
    with pytest.raises(kind, match=match) as caught:
        Flower(url, auth=("ops", WORD)).tasks("joetest")
    assert WORD not in str(caught.value) + str(caught.value.__cause__)
    return caught.value


def test_unresponsive_flower_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server accepts the connection and never responds. This test shortens the limit."""
    monkeypatch.setattr(flower_client, "LIMITS", replace(flower_client.LIMITS, read=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        error = check_error(f"http://127.0.0.1:{silent.getsockname()[1]}", NotConnected)
    assert "no response within 3.05 s (connecting) or 0.2 s (waiting for the response)" == error.why
    assert time.monotonic() - began < 3


def test_endlessly_slow_response_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part arrives in time, but the response never ends."""
    monkeypatch.setattr(flower_client, "LIMITS", replace(flower_client.LIMITS, total=0.3))

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n{")
        for _ in range(100):
            time.sleep(0.02)
            try:
                request.wfile.write(b" " * 70_000)
                request.wfile.flush()
            except OSError:
                return

    with served(drip) as url:
        assert "its response was not complete within 0.3 s" == check_error(url, NotConnected).why


def test_too_long_response_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit."""
    monkeypatch.setattr(flower_client, "LIMITS", replace(flower_client.LIMITS, max_bytes=1_000_000))
    with served(response(200, "[" * 2_000_000)) as url:
        assert "its response is longer than 1 MB" == check_error(url, NotConnected).why


def test_incomplete_response_is_an_error() -> None:
    """The connection breaks in the middle of a task."""

    def half(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"t": {')
        request.wfile.flush()
        request.connection.shutdown(socket.SHUT_RDWR)

    with served(half) as url:
        check_error(url, NotConnected)


@pytest.mark.parametrize(
    ("status", "text", "kind", "match"),
    [
        (200, "<html>welcome</html>", "wrong-answer", "not JSON"),
        (200, "", "wrong-answer", "not JSON"),
        (200, "[" * 100_000, "wrong-answer", "not JSON"),
        (200, "[1]", "wrong-answer", "not Flower's"),
        (200, '"text"', "wrong-answer", "not Flower's"),
        (200, '{"t": 1}', "wrong-answer", "the list of tasks"),
        (200, '{"t": ["joetest"]}', "wrong-answer", "the list of tasks"),
        (302, "", Refused, "HTTP 302"),
        (401, "", Refused, "HTTP 401"),
        (403, "", Refused, "HTTP 403"),
        (404, "", "wrong-answer", "HTTP 404"),
        (400, "", "wrong-answer", "HTTP 400"),
        (500, "boom", "unreachable", "HTTP 500"),
        (503, "", "unreachable", "HTTP 503"),
    ],
)
def test_invalid_response_is_an_error(status: int, text: str, kind: Trouble | type[RunbookError], match: str) -> None:
    """A redirect leads to a login page, and is not followed with the password."""
    with served(response(status, text)) as url:
        error = check_error(url, RunbookError, match)
    assert kind == getattr(error, "kind", type(error))


@pytest.mark.parametrize(
    "body",
    [
        task(received="noon"),
        task(received=-1),
        task(received=1e30),
        task(received=True),
        '{"t": {"name": "joetest", "received": NaN}}',
        '{"t": {"name": "joetest", "runtime": Infinity}}',
        task(state=True),
    ],
)
def test_task_with_invalid_values_is_an_error(body: str) -> None:
    """The gateway does not guess a time."""
    with served(response(200, body)) as url, pytest.raises(NotConnected, match="a task does not have Flower's format"):
        Flower(url).tasks("")


@pytest.mark.parametrize(
    "body", ['{"active_queues": 1}', '{"active_queues": [{"name": "x"}]}', '{"active_queues": [1]}']
)
def test_invalid_list_of_queues_is_an_error(body: str) -> None:
    """It does not count as an empty list."""
    with served(response(200, body)) as url, pytest.raises(NotConnected, match="the list of queues"):
        Flower(url).lengths()


@pytest.mark.parametrize("stats", [{"total": {"x": "many"}}, {"total": [1]}, {"total": 1}])
def test_invalid_counts_are_an_error(stats: Any) -> None:
    """They are not used for the history."""
    body = json.dumps({"imaging@host": {"stats": stats}})
    with served(response(200, body)) as url, pytest.raises(NotConnected, match="not numbers"):
        Flower(url).history()
