"""The doctor with systems that are silent, late, or talk nonsense, and with a defect of its own: the rest is told."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import doctor
from runbook_lib.config.secrets import SecretReference
from runbook_lib.doctor import finding
from runbook_lib.doctor.examination import _safely
from runbook_lib.errors import NotConnected, Refused, RunbookError, SchemaDrift
from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
from tests.services.celery import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

LIMIT = 3


class _Nonsense(BaseHTTPRequestHandler):
    """Answers everything with a JSON that is no system's, once the server's `met` lets it."""

    server: Any

    def do_GET(self) -> None:
        self.server.met.wait()
        body = json.dumps({"hello": "operator"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Write no log."""


@contextmanager
def nonsense(met: threading.Barrier) -> Iterator[str]:
    """Yield the address of a server that talks nonsense."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Nonsense) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.__dict__["met"] = met
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def examine(world: World, bench: Bench, seconds: float = 20) -> dict[str, doctor.Finding]:
    """Return the findings by system."""
    return {one.system: one for one in doctor.examine(world, bench.settings, seconds=seconds)}


def others_are_well(findings: dict[str, doctor.Finding], *ill: str) -> None:
    """Check that nothing else is the worse for it."""
    assert [] == [name for name, one in findings.items() if one.state != "ok" and name not in ill]


def test_systems_are_asked_side_by_side(world: World, bench: Bench) -> None:
    """The API and Flower each answer only when the other was asked too; and what they answer is told as nonsense."""
    met = threading.Barrier(2)
    with nonsense(met) as api, nonsense(met) as flower:
        world.endpoints = dataclasses.replace(world.endpoints, api_url=api, flower_url=f"{flower}/flower")
        findings = examine(world, bench)

    assert ("wrong", True) == (findings["api"].state, "its response has no username" in findings["api"].what)
    others_are_well(findings, "api", "flower")


def test_silent_systems_do_not_keep_the_rest_waiting(world: World, bench: Bench) -> None:
    """A port that takes connections and says nothing costs the time limit once, and is not reachable."""
    with ExitStack() as stack:
        ports = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)]
        api, flower = (f"http://127.0.0.1:{port}" for port in ports)
        world.endpoints = dataclasses.replace(world.endpoints, api_url=api, flower_url=flower)
        findings = examine(world, bench, seconds=LIMIT)

    assert ("not reachable", "not reachable") == (findings["api"].state, findings["flower"].state)
    assert "did not respond within 3 s" in findings["api"].what
    others_are_well(findings, "api", "flower")
    with pytest.raises(NotConnected, match="api, flower cannot be reached"):
        doctor.judge(list(findings.values()))


def test_what_is_refused_counts_more_than_what_is_silent() -> None:
    """The exit code is 7 only when nothing but silence is wrong."""
    silent, refused = doctor.Finding("api", "not reachable"), doctor.Finding("argo", "refused")
    with pytest.raises(Refused, match="there are problems with api, argo") as caught:
        doctor.judge([silent, refused])
    assert 3 == caught.value.exit_code
    with pytest.raises(NotConnected) as alone:
        doctor.judge([silent])
    assert 7 == alone.value.exit_code


def test_defect_of_one_examination_is_reported_without_its_text() -> None:
    """The text may quote what a system sent, such as a password."""

    def examine() -> doctor.Finding:
        raise KeyError("hunter2-not-shown")

    found = _safely("flower", examine)

    assert ("flower", "wrong", "it could not be examined: KeyError") == (found.system, found.state, found.what)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (
            NotConnected(kind="unreachable", system="x", address="y", reason="HTTP 401: what it answers is no JSON"),
            "not reachable",
        ),
        (NotConnected(kind="login", system="x", address="y", reason="nothing answers there"), "refused"),
        (NotConnected(kind="wrong-answer", system="x", address="y", reason="no answer within 5 s"), "wrong"),
        (Refused(what="the account may not", next_step="ask"), "refused"),
        (SchemaDrift(database="atmosphere", missing=["core_x"]), "wrong"),
    ],
)
def test_silence_refusal_and_nonsense_are_told_apart_by_kind(error: RunbookError, state: str) -> None:
    """The sentences of these errors would all say something else; each calls for the gateway's own next step."""
    found = finding.from_error("x", error)

    assert (state, error.next_step) == (found.state, found.next_step)
    assert error.what in found.what


@pytest.mark.parametrize("words", ["nothing answers there", "HTTP 401: not accepted", "what it answers is no JSON"])
def test_the_words_of_an_error_do_not_decide(
    world: World, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Each gateway sets the kind: with the same words in every error, the states are still as they should be."""
    original = RunbookError.__init__

    def reworded(self: RunbookError, *, what: str, why: str = "", next_step: str) -> None:
        del what, why, next_step
        original(self, what=words, why=words, next_step=words)

    monkeypatch.setattr(RunbookError, "__init__", reworded)
    (tmp_path / "token").write_text("nobody gave this out")
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "logs").mkdir()
    with api_server.serve() as api:
        world.endpoints = dataclasses.replace(
            world.endpoints,
            api_url=api.url,
            api_token=SecretReference(f"file:{tmp_path / 'token'}"),
            flower_url=f"http://127.0.0.1:{free_port()}",
            log_dir=tmp_path / "logs",
        )
        findings = examine(world, bench)

    states = {name: findings[name].state for name in ("api", "flower", "logs")}
    assert {"api": "refused", "flower": "not reachable", "logs": "wrong"} == states
    assert f"{words}: {words}" == findings["api"].what
