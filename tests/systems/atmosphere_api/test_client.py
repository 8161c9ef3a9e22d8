"""The API down, slow, closed, halved or speaking nonsense: a clear error, one request only, and never the token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, RunbookError, TargetNotFound
from runbook_lib.systems.atmosphere_api import AtmosphereApi
from tests.systems.atmosphere_api.conftest import TOKEN
from tests.systems.atmosphere_api.raw_http_server import http, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.errors import Trouble
    from tests.systems.atmosphere_api.raw_http_server import RawHttpServer

PROFILE = {"username": "staffmember", "is_staff": True, "is_superuser": True}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (http(401, {"detail": "Invalid token."}), "login", "token was not accepted"),
        (http(403, {"detail": "You may not."}), Refused, "HTTP 403: You may not."),
        (http(404, {"detail": "Not found."}), TargetNotFound, "there is no object v1/profile"),
        (http(400, {"errors": [{"code": 400, "message": "Wrong so."}]}), Refused, "HTTP 400: Wrong so."),
        (http(503, {"detail": "Scheduled"}), "unreachable", "closed for a maintenance (HTTP 503: Scheduled)"),
        (http(503, "<h1>busy</h1>", kind="text/html"), "unreachable", "it answered HTTP 503"),
        (http(500, {"detail": "x"}), "unreachable", "it answered HTTP 500"),
        (http(200, "<html>log in</html>", kind="text/html"), "wrong-answer", "something that is no JSON"),
        (http(404, "<html>nginx</html>", kind="text/html"), "wrong-answer", "something that is no JSON"),
        (http(200, "{not json"), "wrong-answer", "something that is no JSON"),
        (http(200, PROFILE, cut=5), "wrong-answer", "its answer broke off"),
        (http(200, ["a list"]), "wrong-answer", "its answer has no username"),
        (http(200, {"username": "x"}), "wrong-answer", "its answer has no is_staff"),
        (http(200, PROFILE, head="Content-Encoding: gzip\r\n"), "wrong-answer", "broke off"),
        (b"", "unreachable", "nothing answers there, or the connection broke off"),
        (b"SSH-2.0-OpenSSH_9\r\n", "unreachable", "broke off"),
    ],
)
def test_an_answer_that_is_none(
    api: AtmosphereApi, server: RawHttpServer, answer: bytes, kind: Trouble | type[RunbookError], words: str
) -> None:
    """Each kind of bad answer has its own words, is asked for once, and says that nothing was changed."""
    server.script = [answer]

    with pytest.raises(RunbookError) as caught:
        api.account()

    assert kind == getattr(caught.value, "kind", type(caught.value))
    assert words in f"{caught.value.what} {caught.value.why}"
    assert caught.value.next_step
    assert ["GET /api/v1/profile"] == server.lines()


def test_a_redirect_is_not_followed(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The token goes to the host that was named, and to no other; not even the address is repeated whole."""
    server.script = [http(302, "", head="Location: http://user:pass@evil.example.org/api?x=1\r\n")]

    with pytest.raises(NotConnected, match="cannot be reached") as caught:
        api.account()

    assert "it redirects to evil.example.org, where the token is not sent" == caught.value.why
    assert "wrong-answer" == caught.value.kind
    assert 1 == len(server.asked)


@pytest.mark.parametrize("pause", [0.02, 2.0])
def test_a_slow_answer_is_given_up(api: AtmosphereApi, server: RawHttpServer, pause: float) -> None:
    """An answer that does not come, and one that trickles in, end within a few seconds."""
    server.script, server.pause = [http(200, PROFILE | {"more": "x" * 200})], pause
    started = time.monotonic()

    with pytest.raises(NotConnected) as caught:
        api.account()

    assert "no answer within 0.5 s (connecting) or 0.5 s (waiting for the answer)" == caught.value.why
    assert "unreachable" == caught.value.kind
    assert time.monotonic() - started < 3


def test_nothing_listens() -> None:
    """A port without a server is not connected."""
    with pytest.raises(NotConnected) as caught:
        AtmosphereApi(nobody(), token=lambda: TOKEN).account()

    assert "nothing answers there, or the connection broke off" == caught.value.why


def test_not_configured_is_refused_with_how_to_configure() -> None:
    """Without an address nothing is sent, and the variable is named."""
    with pytest.raises(Refused, match="is not configured") as caught:
        AtmosphereApi("", token=lambda: TOKEN).account()

    assert "RUNBOOK_API_URL" in caught.value.next_step


def test_a_login_in_netrc_does_not_take_the_tokens_place(
    api: AtmosphereApi, server: RawHttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would prefer ~/.netrc to a plain header."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.script = [http(200, PROFILE)]

    api.account()

    assert f"Authorization: Token {TOKEN}" in server.asked[0]
    assert "Basic" not in server.asked[0]


@pytest.mark.parametrize(
    "script",
    [
        [http(400, {"detail": f"bad {TOKEN}"})],
        [http(500, {"detail": TOKEN})],
        [http(200, f"<p>{TOKEN}</p>", kind="text/html")],
        [],
    ],
)
def test_the_token_is_never_told(api: AtmosphereApi, server: RawHttpServer, script: list[bytes]) -> None:
    """Not even when the server repeats it: neither in the error nor in what caused it."""
    server.script = script

    with pytest.raises(RunbookError) as caught:
        api.account()

    error: BaseException | None = caught.value
    while error is not None:
        assert TOKEN not in f"{error!s} {error!r} {error.__dict__}"
        error = error.__cause__
