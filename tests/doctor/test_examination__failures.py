"""Unresponsive, slow and malfunctioning systems, and a defect of the doctor, do not hide the other findings."""

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
    """Responds to all requests with unexpected JSON, after the server's barrier `met`."""

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
    """Yield the address of a server with unexpected responses."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Nonsense) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.__dict__["met"] = met
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def examine(world: World, bench: Bench, seconds: float = 20) -> dict[str, doctor.Finding]:
    """Return the findings by system."""
    return {finding.system: finding for finding in doctor.examine(world, bench.settings, seconds=seconds)}


def check_others_are_ok(findings: dict[str, doctor.Finding], *failing: str) -> None:
    """Check that all other systems are ok."""
    assert [] == [name for name, finding in findings.items() if finding.state != "ok" and name not in failing]


def test_systems_are_examined_in_parallel(world: World, bench: Bench) -> None:
    """The API and Flower each respond only after a request to the other. Their responses are reported as wrong."""
    met = threading.Barrier(2)
    with nonsense(met) as api, nonsense(met) as flower:
        world.endpoints = dataclasses.replace(world.endpoints, api_url=api, flower_url=f"{flower}/flower")
        findings = examine(world, bench)

    assert ("wrong", True) == (findings["api"].state, "its response has no username" in findings["api"].what)
    check_others_are_ok(findings, "api", "flower")


def test_unresponsive_systems_do_not_delay_the_others(world: World, bench: Bench) -> None:
    """Ports that accept connections without responding cost one time limit, and are not reachable."""
    with ExitStack() as stack:
        ports = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)]
        api, flower = (f"http://127.0.0.1:{port}" for port in ports)
        world.endpoints = dataclasses.replace(world.endpoints, api_url=api, flower_url=flower)
        findings = examine(world, bench, seconds=LIMIT)

    assert ("not reachable", "not reachable") == (findings["api"].state, findings["flower"].state)
    assert "did not respond within 3 s" in findings["api"].what
    check_others_are_ok(findings, "api", "flower")
    with pytest.raises(NotConnected, match="api, flower cannot be reached"):
        doctor.judge(list(findings.values()))


def test_refusal_outweighs_an_unreachable_system() -> None:
    """The exit code is 7 only if unreachable systems are the only problem."""
    unreachable, refused = doctor.Finding("api", "not reachable"), doctor.Finding("argo", "refused")
    with pytest.raises(Refused, match="there are problems with api, argo") as caught:
        doctor.judge([unreachable, refused])
    assert 3 == caught.value.exit_code
    with pytest.raises(NotConnected) as alone:
        doctor.judge([unreachable])
    assert 7 == alone.value.exit_code


def test_defect_of_one_examination_is_reported_without_its_text() -> None:
    """The text can quote a system's response, such as a password."""

    def examine() -> doctor.Finding:
        raise KeyError("hunter2-not-shown")

    result = _safely("flower", examine)

    assert ("flower", "wrong", "the examination failed: KeyError") == (result.system, result.state, result.what)
    assert "hunter2" not in str(result)


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
def test_kind_of_an_error_decides_its_state(error: RunbookError, state: str) -> None:
    """The texts of these errors suggest other states. Each finding has the gateway's next step."""
    result = finding.from_error("x", error)

    assert (state, error.next_step) == (result.state, result.next_step)
    assert error.what in result.what


@pytest.mark.parametrize("text", ["nothing answers there", "HTTP 401: not accepted", "what it answers is no JSON"])
def test_text_of_an_error_does_not_decide_its_state(
    world: World, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Each gateway sets the kind: with the same text in every error, the states are still correct."""
    original = RunbookError.__init__

    def reworded(self: RunbookError, *, what: str, why: str = "", next_step: str) -> None:
        del what, why, next_step
        original(self, what=text, why=text, next_step=text)

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
    assert f"{text}: {text}" == findings["api"].what
