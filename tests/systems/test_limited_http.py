"""All HTTP gateways against a hostile server: a clear error in time, bounded memory, and no secret elsewhere."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, RunbookError
from runbook_lib.systems.argo import kube
from runbook_lib.systems.atmosphere_api import client
from runbook_lib.systems.celery import flower_client
from runbook_lib.systems.openstack import sdk
from tests.systems.hostile import GATEWAYS, SECRET, hostile, response

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

MODULES = (client, flower_client, kube, sdk)
LOGS_IN = ("glance", "nova")
QUICK = {"connect": 1.0, "read": 0.5, "total": 1.0}


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    """Return each gateway in turn."""
    return str(request.param)


def error_of(ask: Callable[[], object]) -> RunbookError:
    """Return the error of a read, after the checks for every error: it is complete, and has no secret."""
    with pytest.raises(RunbookError) as caught:
        ask()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error!s} {error!r}"
        error = error.__cause__
    shown = str(caught.value)
    assert not re.search(r"[A-Z][a-zA-Z]+(Error|Exception)\b|object is not|Traceback|NoneType", shown)
    assert caught.value.why
    assert caught.value.next_step
    return caught.value


def change_limits(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    """Change the limits of every gateway."""
    for module in MODULES:
        monkeypatch.setattr(module, "LIMITS", replace(module.LIMITS, **limits))


def drip(data: bytes) -> Callable[[socket.socket], None]:
    """Return an answer that sends a byte every 50 ms."""

    def answer(stream: socket.socket) -> None:
        for byte in data:
            stream.sendall(bytes([byte]))
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(gateway: str, tmp_path: Path, status: int) -> None:
    """The other host gets no request, so it gets no secret."""
    with hostile(lambda stream: stream.sendall(response("{}"))) as other:
        location = f"Location: {other.url}/elsewhere\r\n"
        reply = response("", head=location, status=status)
        with hostile(lambda stream: stream.sendall(reply), logs_in=gateway in LOGS_IN) as server:
            error = error_of(GATEWAYS[gateway](server.url, tmp_path))

    assert [] == other.requests
    assert len(server.requests) >= 1
    if gateway == "flower":  # a redirect leads to its login page
        assert isinstance(error, Refused)
    else:
        assert isinstance(error, NotConnected)
        assert "wrong-answer" == error.kind
        assert "redirects" in error.why


NONSENSE = {
    "HTML": "<html>please log in</html>",
    "nothing": "",
    "NUL": "\0",
    "empty list": "[]",
    "list": "[1]",
    "null": "null",
    "number": "7",
    "text": '"x"',
    "empty object": "{}",
    "other object": '{"a": 1, "b": {"c": null}}',
    "list in an object": '{"token": [], "image": [], "server": [], "metadata": [], "username": []}',
    "null in an object": '{"token": null, "server": null, "metadata": null, "username": null, "id": null}',
    "object without id": '{"token": {}, "server": {}, "metadata": {}, "name": "x", "status": "active"}',
    "wrong types": '{"token": {"catalog": 7, "user": 7}, "id": 7, "status": 7, "visibility": 7, "username": 7, '
    '"is_staff": 7, "is_superuser": 7}',
    "deep": "[" * 100_000,
    "deep object": '{"a":' * 50_000 + "1" + "}" * 50_000,
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_a_wrong_answer(gateway: str, tmp_path: Path, body: str) -> None:
    """The error has the kind for another service, with every body."""
    with hostile(lambda stream: stream.sendall(response(body)), logs_in=gateway in LOGS_IN) as server:
        ask = GATEWAYS[gateway](server.url, tmp_path)
        if (gateway, body) == ("flower", "{}"):  # the response of a Flower without workers
            assert {} == ask()
            return
        error = error_of(ask)

    assert isinstance(error, NotConnected)
    assert "wrong-answer" == error.kind


def test_too_long_body_is_a_wrong_answer(gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit."""
    change_limits(monkeypatch, max_bytes=100_000)
    with hostile(lambda stream: stream.sendall(response("[" * 200_000)), logs_in=gateway in LOGS_IN) as server:
        error = error_of(GATEWAYS[gateway](server.url, tmp_path))

    assert isinstance(error, NotConnected)
    assert ("wrong-answer", "its response is longer than 0.1 MB") == (error.kind, error.why)


MEASURE = """
import re, sys
from pathlib import Path
from runbook_lib.errors import NotConnected
from tests.systems.hostile import GATEWAYS

for url in sys.argv[3:]:
    try:
        GATEWAYS[sys.argv[1]](url, Path(sys.argv[2]))()
    except NotConnected as error:
        print(error.kind, error.why)
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def test_memory_of_a_compressed_body_is_bounded(gateway: str, tmp_path: Path) -> None:
    """A body of 1 MB that decompresses to 1 GB takes less than 250 MB, also with the status of an error."""
    body = gzip.compress(b" " * 10_000_000) * 100
    bombs = [response(body, head="Content-Encoding: gzip\r\n", status=status) for status in (200, 500)]
    logs_in = gateway in LOGS_IN
    with (
        hostile(lambda stream: stream.sendall(bombs[0]), logs_in=logs_in) as success,
        hostile(lambda stream: stream.sendall(bombs[1]), logs_in=logs_in) as failure,
    ):
        command = [sys.executable, "-c", MEASURE, gateway, str(tmp_path), success.url, failure.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    *reasons, kilobytes = done.stdout.splitlines()
    assert 2 == len(reasons)
    assert all(re.fullmatch(r"wrong-answer its response is longer than \d+ MB", reason) for reason in reasons)
    assert 250_000 > int(kilobytes)


@pytest.mark.parametrize(
    "data",
    [response(" " * 1000), b"HTTP/1.1 200 OK\r\n" + b"X-Header: x\r\n" * 100, b"HTTP/1.1 200 " + b"x" * 1000],
    ids=["body", "headers", "status line"],
)
def test_slow_response_ends_at_the_total_limit(
    gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    """Each byte arrives in time, but the complete response does not."""
    change_limits(monkeypatch, **QUICK)
    with hostile(drip(data), logs_in=gateway in LOGS_IN) as server:
        ask = GATEWAYS[gateway](server.url, tmp_path)
        began = time.monotonic()
        error = error_of(ask)

    assert isinstance(error, NotConnected)
    assert ("unreachable", "its response was not complete within 1 s") == (error.kind, error.why)
    assert 15 > time.monotonic() - began  # imports, and one repetition by openstacksdk


def test_untrusted_certificate_is_an_error(gateway: str, tmp_path: Path, certificate: Path) -> None:
    """Nothing is sent, and there is no second attempt without TLS."""
    with hostile(lambda stream: stream.sendall(response("{}")), certificate=certificate) as server:
        error = error_of(GATEWAYS[gateway](server.url, tmp_path))

    assert isinstance(error, NotConnected)
    assert "unreachable" == error.kind
    assert error.why.startswith("its certificate is not trusted; ")
    assert [] == server.requests


def test_credentials_are_not_sent_unencrypted(gateway: str, tmp_path: Path) -> None:
    """Plain http is for this machine only; no name is resolved for any other one."""
    error = error_of(GATEWAYS[gateway]("http://cloud.example.invalid:81", tmp_path))

    assert isinstance(error, Refused)
    assert "the address http://cloud.example.invalid:81 from " in error.what
    assert "is not encrypted, so no credentials are sent there" in error.what


@pytest.mark.parametrize("gateway", LOGS_IN)
def test_token_is_not_sent_to_an_unencrypted_address_of_the_catalog(gateway: str, tmp_path: Path) -> None:
    """The catalog can name an address that clouds.yaml does not."""
    with hostile(lambda stream: stream.sendall(response("{}")), logs_in=True) as server:
        server.catalog = "http://cloud.example.invalid:81"
        error = error_of(GATEWAYS[gateway](server.url, tmp_path))

    assert isinstance(error, Refused)
    assert "the address http://cloud.example.invalid:81 from " in error.what
    assert 1 == len(server.requests)
