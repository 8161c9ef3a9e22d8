"""Flower down, mute, slow without end, far too long, redirecting or talking nonsense: told in words, in time."""

from __future__ import annotations

import json
import socket
import time
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
    """Return a list with one task that differs so from a good one."""
    return json.dumps({"t": {**TASK, **other}})


def check_error(url: str, kind: type[RunbookError], match: str = "cannot be reached") -> RunbookError:
    """Check that a search ends with this error, in which there is no password."""
    with pytest.raises(kind, match=match) as caught:
        Flower(url, auth=("ops", WORD)).tasks("joetest")
    assert WORD not in str(caught.value) + str(caught.value.__cause__)
    return caught.value


def test_a_mute_flower_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody takes the connection and never answers. The limit is shortened here."""
    monkeypatch.setattr(flower_client, "SECONDS", (3.05, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        error = check_error(f"http://127.0.0.1:{silent.getsockname()[1]}", NotConnected)
    assert ("no answer within 0.2 s", True) == (error.why, time.monotonic() - began < 3)


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece comes in time, and there is no end of them."""
    monkeypatch.setattr(flower_client, "ALL_SECONDS", 0.3)

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
        assert "its answer was not complete within 0.3 s" == check_error(url, NotConnected).why


def test_a_far_too_long_answer_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused as soon as it is too long."""
    monkeypatch.setattr(flower_client, "MOST_BYTES", 1_000_000)
    with served(response(200, "[" * 2_000_000)) as url:
        assert "its answer is longer than 1 MB" == check_error(url, NotConnected).why


def test_half_an_answer_is_an_error() -> None:
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
        (200, "<html>welcome</html>", "wrong-answer", "no JSON"),
        (200, "", "wrong-answer", "no JSON"),
        (200, "[" * 100_000, "wrong-answer", "no JSON"),
        (200, "[1]", "wrong-answer", "not as Flower's"),
        (200, '"text"', "wrong-answer", "not as Flower's"),
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
def test_what_is_no_answer_of_flowers_is_told(
    status: int, text: str, kind: Trouble | type[RunbookError], match: str
) -> None:
    """A redirection is that of a login page: it is not followed with the password."""
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
def test_a_task_with_values_that_are_none_is_an_error(body: str) -> None:
    """No moment is guessed."""
    with served(response(200, body)) as url, pytest.raises(NotConnected, match="a task is not as Flower's are"):
        Flower(url).tasks("")


@pytest.mark.parametrize(
    "body", ['{"active_queues": 1}', '{"active_queues": [{"name": "x"}]}', '{"active_queues": [1]}']
)
def test_queues_that_are_none_are_an_error(body: str) -> None:
    """They are not taken for no queues."""
    with served(response(200, body)) as url, pytest.raises(NotConnected, match="the list of queues"):
        Flower(url).lengths()


@pytest.mark.parametrize("stats", [{"total": {"x": "many"}}, {"total": [1]}, {"total": 1}])
def test_counts_that_are_none_are_an_error(stats: Any) -> None:
    """The history is not judged by them."""
    body = json.dumps({"imaging@host": {"stats": stats}})
    with served(response(200, body)) as url, pytest.raises(NotConnected, match="no numbers"):
        Flower(url).history()
