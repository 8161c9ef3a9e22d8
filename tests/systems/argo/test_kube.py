"""Argo's gateway with the cluster down, slow, foreign, half-answering, talking nonsense, or with a wrong account."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, RunbookError
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.argo import Argo, gateway, kube
from tests.systems.argo.servers import OLD, kubeconfig, refused_by, saying, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from runbook_lib.errors import Trouble
    from tests.systems.argo.conftest import Cluster


def resubmission(argo: Argo) -> Call:
    """Return the call that submits the old workflow again."""
    action = f"{gateway.RESUBMIT}{OLD}"
    return Call(SystemId(System.ARGO), "new", action, before=None, after=argo.planned(argo.find(OLD)))


def test_importing_the_package_leaves_the_client_alone() -> None:
    """A command that needs no Argo does not pay for the client."""
    script = "import sys, runbook_lib.systems.argo; sys.exit('kubernetes' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", script], check=False).returncode


def test_what_is_not_configured_is_refused() -> None:
    """The setting is named."""
    assert "Kubernetes API" in refused_by(Argo(""), Refused, "Argo is not configured").next_step


def test_nothing_answers(tmp_path: Path) -> None:
    """The address is named, and the operator sent to the doctor."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    error = refused_by(Argo(url, config_file=kubeconfig(tmp_path, url)), NotConnected, f"cannot be reached at {url}")
    assert "nothing answers there" == error.why


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: no request is repeated. The limit is shortened here."""
    monkeypatch.setattr(kube, "READ_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        argo = Argo(url, config_file=kubeconfig(tmp_path, url))
        argo.namespace  # noqa: B018 - reads kubeconfig, before the clock runs
        begin = time.monotonic()
        refused_by(argo, NotConnected, "no answer within")
        assert time.monotonic() - begin < 1


@pytest.mark.parametrize(
    ("status", "text", "kind", "match"),
    [
        (200, "<html>welcome</html>", "wrong-answer", "is no workflow"),
        (200, "{}", "wrong-answer", "is no workflow"),
        (200, "[1]", "wrong-answer", "is no workflow"),
        (200, '{"metadata": {"name": "x"}, "spec": null}', "wrong-answer", "is no workflow"),
        (
            200,
            '{"metadata": {"name": "x", "uid": "y", "creationTimestamp": "noon"}, "spec": {}}',
            "wrong-answer",
            "isofo",
        ),
        (404, "404 page not found", Refused, "HTTP 404: 404 page not found"),
        (401, '{"kind": "Status"}', "login", "was not accepted"),
        (403, '{"kind": "Status", "message": "you may not"}', Refused, "HTTP 403: you may not"),
        (302, "", Refused, "HTTP 302"),
        (429, '{"message": "slow down"}', Refused, "HTTP 429: slow down"),
        (502, "<html>Bad Gateway</html>", "unreachable", "it answered HTTP 502$"),
    ],
)
def test_nonsense_is_an_error(
    tmp_path: Path, status: int, text: str, kind: Trouble | type[RunbookError], match: str
) -> None:
    """Whatever answers there, it is told from a cluster; a redirection is not followed with the account."""
    with served(saying(status, text)) as url, pytest.raises(RunbookError) as caught:
        Argo(url, config_file=kubeconfig(tmp_path, url)).find(OLD)
    assert re.search(match, caught.value.why)
    assert kind == getattr(caught.value, "kind", type(caught.value))


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"items": {}}', '{"items": [1]}', '{"items": [{}]}'])
def test_a_list_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    """It is not taken for an empty one: then a second workflow would be submitted beside a running one."""
    with served(saying(200, text)) as url:
        argo = Argo(url, config_file=kubeconfig(tmp_path, url))
        for ask in (argo.workflows, lambda: argo.pods(OLD)):
            with pytest.raises(NotConnected, match="what it answered is no"):
                ask()
        argo.close()


def test_a_list_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always has another page."""
    monkeypatch.setattr("runbook_lib.systems.argo.answers._MOST_PAGES", 3)
    with served(saying(200, '{"items": [], "metadata": {"continue": "1"}}')) as url:
        argo = Argo(url, config_file=kubeconfig(tmp_path, url))
        with pytest.raises(NotConnected, match="does not end after 3 pages"):
            argo.workflows()
        argo.close()


def test_half_an_answer_is_an_error(tmp_path: Path) -> None:
    """The connection breaks in the middle of an object."""

    def half(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"metadata": {')
        request.wfile.flush()
        request.connection.shutdown(socket.SHUT_RDWR)

    with served(half) as url:
        refused_by(Argo(url, config_file=kubeconfig(tmp_path, url)), NotConnected, "cannot be reached")


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(cluster: Cluster, tmp_path: Path) -> None:
    """Nothing is sent, and kubeconfig's field is named."""
    file = kubeconfig(tmp_path, cluster.server.url)
    error = refused_by(Argo(cluster.server.url, config_file=file), NotConnected, "cannot be reached")
    assert "certificate" in error.why


def test_a_wrong_token_is_named_and_not_shown(cluster: Cluster, tmp_path: Path) -> None:
    """HTTP 401: the context of kubeconfig is named."""
    file = kubeconfig(tmp_path, cluster.server.url, **{"certificate-authority": str(cluster.server.certificate)})
    error = refused_by(Argo(cluster.server.url, config_file=file), NotConnected, "cannot be reached")
    assert "the account of context here in kubeconfig was not accepted (HTTP 401); see its token" == error.why


@contextmanager
def lossy(cluster: Cluster, folder: Path, *, arrives: bool, answers: int) -> Iterator[Argo]:
    """Yield a gateway whose answers to writes are lost, and which answers so many reads; then it is down."""
    left = [answers]

    def answer(request: BaseHTTPRequestHandler) -> None:
        name = request.path.rpartition("/")[2]
        if request.command == "GET":
            left[0] -= 1
            found = kubernetes_store.read(cluster.state, "workflows", "argo", name)
            missing = {"kind": "Status", "reason": "NotFound", "code": 404}
            saying(503 if left[0] < 0 else 200 if found else 404, json.dumps(found or missing))(request)
            return
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        if arrives and request.command == "POST":
            meta = {"namespace": "argo", "uid": "new", "creationTimestamp": "2026-01-15T12:00:00Z"}
            kubernetes_store.put(cluster.state, "workflows", body | {"metadata": body["metadata"] | meta})
        elif arrives:
            kubernetes_store.change(cluster.state, "argo", name, lambda _before, _version: None)
        request.connection.shutdown(socket.SHUT_RDWR)

    with served(answer) as url:
        argo = Argo(url, config_file=kubeconfig(folder, url))
        yield argo
        argo.close()


def test_a_lost_answer_to_what_arrived_is_settled(cluster: Cluster, tmp_path: Path) -> None:
    """Reading back shows that it took effect: the workflow is there once, and gone again."""
    with lossy(cluster, tmp_path, arrives=True, answers=99) as argo:
        call = resubmission(argo)
        argo.perform(call)
        assert call.after == argo.current(call)
        argo.perform(Call(SystemId(System.ARGO), "new", call.action, before=call.after, after=None))
        assert argo.current(call) is None


def test_a_lost_answer_to_what_did_not_arrive_is_not_connected(cluster: Cluster, tmp_path: Path) -> None:
    """Reading back shows that there is none; the request is not repeated."""
    with lossy(cluster, tmp_path, arrives=False, answers=99) as argo:
        call = resubmission(argo)
        with pytest.raises(NotConnected) as failure:
            argo.perform(call)
        assert "may have been changed" not in str(failure.value)
        assert argo.current(call) is None


def test_a_lost_answer_that_cannot_be_settled_says_so(cluster: Cluster, tmp_path: Path) -> None:
    """Nothing can be read afterwards."""
    with lossy(cluster, tmp_path, arrives=True, answers=3) as argo:
        call = resubmission(argo)
        with pytest.raises(NotConnected, match="it may have been changed"):
            argo.perform(call)
