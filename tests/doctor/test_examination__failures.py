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
from runbook_lib.doctor import finding
from runbook_lib.doctor.examination import _safely
from runbook_lib.errors import NotConnected, Refused, RunbookError, SchemaDrift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.world.world import World
    from tests.conftest import Bench

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

    assert ("wrong", True) == (findings["api"].state, "its answer has no username" in findings["api"].what)
    others_are_well(findings, "api", "flower")


def test_silent_systems_do_not_keep_the_rest_waiting(world: World, bench: Bench) -> None:
    """A port that takes connections and says nothing costs the time limit once, and is not reachable."""
    with ExitStack() as stack:
        ports = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)]
        api, flower = (f"http://127.0.0.1:{port}" for port in ports)
        world.endpoints = dataclasses.replace(world.endpoints, api_url=api, flower_url=flower)
        findings = examine(world, bench, seconds=LIMIT)

    assert ("not reachable", "not reachable") == (findings["api"].state, findings["flower"].state)
    assert "did not answer within 3 s" in findings["api"].what
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


def test_a_defect_of_one_look_is_told_without_its_text() -> None:
    """The text may quote what a system sent, such as a password."""

    def look() -> doctor.Finding:
        raise KeyError("hunter2-not-shown")

    found = _safely("flower", look)

    assert ("flower", "wrong", "it could not be examined: KeyError") == (found.system, found.state, found.what)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotConnected(system="x", address="y", reason="nothing answers there"), "not reachable"),
        (NotConnected(system="x", address="y", reason="no answer within 5 s"), "not reachable"),
        (NotConnected(system="x", address="y", reason="the token was not accepted (HTTP 401)"), "refused"),
        (NotConnected(system="x", address="y", reason="its answer is not one of a compute service"), "wrong"),
        (NotConnected(system="x", address="y", reason="what it answers is no JSON"), "wrong"),
        (NotConnected(system="x", address="y", reason="what it answered is no version; is it?"), "wrong"),
        (Refused(what="the account may not", next_step="ask"), "refused"),
        (SchemaDrift(database="atmosphere", missing=["core_x"]), "wrong"),
    ],
)
def test_silence_refusal_and_nonsense_are_told_apart(error: RunbookError, state: str) -> None:
    """Each calls for another next step, which is the gateway's own."""
    found = finding.from_error("x", error)

    assert (state, error.next_step) == (found.state, found.next_step)
    assert error.what in found.what
