"""The API down, slow, closed, truncated or invalid: a clear error, one request only, and never the token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, RunbookError, TargetNotFound
from runbook_lib.systems.atmosphere_api import AtmosphereApi
from tests.systems.atmosphere_api.conftest import TOKEN
from tests.systems.atmosphere_api.raw_http_server import closed_url, http

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.errors import Trouble
    from tests.systems.atmosphere_api.raw_http_server import RawHttpServer

PROFILE = {"username": "staffmember", "is_staff": True, "is_superuser": True}


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (http(401, {"detail": "Invalid token."}), "login", "it rejected the token"),
        (
            http(401, {"errors": [{"code": 401, "message": "Identity/Provider"}]}),
            Refused,
            "HTTP 401: Identity/Provider",
        ),
        (http(403, {"detail": "You may not."}), Refused, "HTTP 403: You may not."),
        (http(404, {"detail": "Not found."}), TargetNotFound, "there is no object v1/profile"),
        (http(400, {"errors": [{"code": 400, "message": "Wrong so."}]}), Refused, "HTTP 400: Wrong so."),
        (http(503, {"detail": "Scheduled"}), "unreachable", "closed for maintenance (HTTP 503: Scheduled)"),
        (http(503, "<h1>busy</h1>", kind="text/html"), "unreachable", "it responded with HTTP 503"),
        (http(500, {"detail": "x"}), "unreachable", "it responded with HTTP 500"),
        (http(200, "<html>log in</html>", kind="text/html"), "wrong-answer", "a body that is not JSON"),
        (http(404, "<html>nginx</html>", kind="text/html"), "wrong-answer", "a body that is not JSON"),
        (http(200, "{not json"), "wrong-answer", "a body that is not JSON"),
        (http(200, PROFILE, cut=5), "unreachable", "its response is incomplete"),
        (http(200, ["a list"]), "wrong-answer", "its response has no username"),
        (http(200, {"username": "x"}), "wrong-answer", "its response has no is_staff"),
        (http(200, PROFILE, head="Content-Encoding: gzip\r\n"), "wrong-answer", "can't be decompressed"),
        (b"", "unreachable", "the connection broke before the response was complete"),
        (b"SSH-2.0-OpenSSH_9\r\n", "unreachable", "the connection broke"),
    ],
)
def test_unusable_response_is_an_error(
    api: AtmosphereApi, server: RawHttpServer, answer: bytes, kind: Trouble | type[RunbookError], text: str
) -> None:
    """Each kind has its own message and next step, and the request is sent once."""
    server.script = [answer]

    with pytest.raises(RunbookError) as caught:
        api.account()

    assert kind == getattr(caught.value, "kind", type(caught.value))
    assert text in f"{caught.value.what} {caught.value.why}"
    assert caught.value.next_step
    assert ["GET /api/v1/profile"] == server.lines()


def test_redirect_is_not_followed(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The token goes only to the configured host, and the error shows only the host of the target."""
    server.script = [http(302, "", head="Location: http://user:pass@evil.example.org/api?x=1\r\n")]

    with pytest.raises(NotConnected, match="cannot be reached") as caught:
        api.account()

    assert "it redirects to evil.example.org; the token was not sent there" == caught.value.why
    assert "wrong-answer" == caught.value.kind
    assert 1 == len(server.requests)


@pytest.mark.parametrize(
    ("pause", "reason"),
    [
        (0.02, "its response was not complete within 1 s"),
        (2.0, "no response within 0.5 s (connecting) or 0.5 s (waiting for the response)"),
    ],
)
def test_slow_response_times_out(api: AtmosphereApi, server: RawHttpServer, pause: float, reason: str) -> None:
    """A missing response and one that arrives byte by byte both end within a few seconds."""
    server.script, server.pause = [http(200, PROFILE | {"more": "x" * 200})], pause
    started = time.monotonic()

    with pytest.raises(NotConnected) as caught:
        api.account()

    assert reason == caught.value.why
    assert "unreachable" == caught.value.kind
    assert time.monotonic() - started < 3


def test_closed_port_is_not_connected() -> None:
    """The error gives the reason."""
    with pytest.raises(NotConnected) as caught:
        AtmosphereApi(closed_url(), token=lambda: TOKEN).account()

    assert "no service responds there" == caught.value.why


def test_missing_configuration_is_refused() -> None:
    """The error names the variable."""
    with pytest.raises(Refused, match="is not configured") as caught:
        AtmosphereApi("", token=lambda: TOKEN).account()

    assert "RUNBOOK_API_URL" in caught.value.next_step


def test_login_in_netrc_does_not_replace_the_token(
    api: AtmosphereApi, server: RawHttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library prefers ~/.netrc to a plain header."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.script = [http(200, PROFILE)]

    api.account()

    assert f"Authorization: Token {TOKEN}" in server.requests[0]
    assert "Basic" not in server.requests[0]


@pytest.mark.parametrize(
    "script",
    [
        [http(400, {"detail": f"bad {TOKEN}"})],
        [http(500, {"detail": TOKEN})],
        [http(200, f"<p>{TOKEN}</p>", kind="text/html")],
        [],
    ],
)
def test_token_is_never_shown(api: AtmosphereApi, server: RawHttpServer, script: list[bytes]) -> None:
    """Neither the error nor its causes contain it, even if the server repeats it."""
    server.script = script

    with pytest.raises(RunbookError) as caught:
        api.account()

    error: BaseException | None = caught.value
    while error is not None:
        assert TOKEN not in f"{error!s} {error!r} {error.__dict__}"
        error = error.__cause__
