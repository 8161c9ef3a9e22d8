"""Argo's gateway with a cluster that is down, slow, not Kubernetes or invalid in its responses, or a wrong account."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled, NotConnected, Refused, RunbookError
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.argo import Argo, gateway, kube
from tests.systems.argo.servers import OLD, check_error, kubeconfig, response, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from runbook_lib.errors import Trouble
    from tests.systems.argo.conftest import Cluster


def resubmission(argo: Argo) -> Call:
    """Return the call that resubmits the old workflow."""
    action = f"{gateway.RESUBMIT}{OLD}"
    return Call(SystemId(System.ARGO), "new", action, before=None, after=argo.planned(argo.find(OLD)))


def test_importing_the_package_does_not_import_the_client() -> None:
    """A command without Argo starts faster."""
    script = "import sys, runbook_lib.systems.argo; sys.exit('kubernetes' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", script], check=False).returncode


def test_missing_configuration_is_refused() -> None:
    """The error names the setting."""
    assert "Kubernetes API" in check_error(Argo(""), Refused, "Argo is not configured").next_step


def test_closed_port_is_not_connected(tmp_path: Path) -> None:
    """The error names the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    error = check_error(Argo(url, config_file=kubeconfig(tmp_path, url)), NotConnected, f"cannot be reached at {url}")
    assert "no service responds there" == error.why


def test_unresponsive_server_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is repeated. This test shortens the limit."""
    monkeypatch.setattr(kube, "LIMITS", replace(kube.LIMITS, read=0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        argo = Argo(url, config_file=kubeconfig(tmp_path, url))
        argo.namespace  # noqa: B018 - reads kubeconfig before the time measurement
        begin = time.monotonic()
        check_error(argo, NotConnected, "no response within")
        assert time.monotonic() - begin < 1


@pytest.mark.parametrize(
    ("status", "text", "kind", "match"),
    [
        (200, "<html>welcome</html>", "wrong-answer", "is not a workflow"),
        (200, "{}", "wrong-answer", "is not a workflow"),
        (200, "[1]", "wrong-answer", "is not a workflow"),
        (200, '{"metadata": {"name": "x"}, "spec": null}', "wrong-answer", "is not a workflow"),
        (
            200,
            '{"metadata": {"name": "x", "uid": "y", "creationTimestamp": "noon"}, "spec": {}}',
            "wrong-answer",
            "isofo",
        ),
        (404, "404 page not found", Refused, "HTTP 404: 404 page not found"),
        (401, '{"kind": "Status"}', "login", "it rejected the account"),
        (403, '{"kind": "Status", "message": "you may not"}', Refused, "HTTP 403: you may not"),
        (302, "", "wrong-answer", "it redirects to 127.0.0.1:9; redirects are not followed"),
        (429, '{"message": "slow down"}', Refused, "HTTP 429: slow down"),
        (502, "<html>Bad Gateway</html>", "unreachable", "it responded with HTTP 502$"),
    ],
)
def test_invalid_response_is_an_error(
    tmp_path: Path, status: int, text: str, kind: Trouble | type[RunbookError], match: str
) -> None:
    """Another service at the address is not mistaken for a cluster, and the account follows no redirect."""
    with served(response(status, text)) as url, pytest.raises(RunbookError) as caught:
        Argo(url, config_file=kubeconfig(tmp_path, url)).find(OLD)
    assert re.search(match, caught.value.why)
    assert kind == getattr(caught.value, "kind", type(caught.value))


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"items": {}}', '{"items": [1]}', '{"items": [{}]}'])
def test_invalid_list_is_an_error(tmp_path: Path, text: str) -> None:
    """It does not count as an empty list, which would allow a second workflow beside a running one."""
    with served(response(200, text)) as url:
        argo = Argo(url, config_file=kubeconfig(tmp_path, url))
        for ask in (argo.workflows, lambda: argo.pods(OLD)):
            with pytest.raises(NotConnected, match="its response is not a"):
                ask()
        argo.close()


def test_endless_list_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server always has another page."""
    monkeypatch.setattr("runbook_lib.systems.argo.answers._MAX_PAGES", 3)
    with served(response(200, '{"items": [], "metadata": {"continue": "1"}}')) as url:
        argo = Argo(url, config_file=kubeconfig(tmp_path, url))
        with pytest.raises(NotConnected, match="does not end after 3 pages"):
            argo.workflows()
        argo.close()


def test_incomplete_response_is_an_error(tmp_path: Path) -> None:
    """The connection breaks in the middle of an object."""

    def half(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"metadata": {')
        request.wfile.flush()
        request.connection.shutdown(socket.SHUT_RDWR)

    with served(half) as url:
        check_error(Argo(url, config_file=kubeconfig(tmp_path, url)), NotConnected, "cannot be reached")


def test_untrusted_certificate_is_an_error(cluster: Cluster, tmp_path: Path) -> None:
    """The error names the field of kubeconfig."""
    file = kubeconfig(tmp_path, cluster.server.url)
    error = check_error(Argo(cluster.server.url, config_file=file), NotConnected, "cannot be reached")
    assert "certificate" in error.why


def test_wrong_token_is_reported_and_not_shown(cluster: Cluster, tmp_path: Path) -> None:
    """The error names HTTP 401 and the context of kubeconfig."""
    file = kubeconfig(tmp_path, cluster.server.url, **{"certificate-authority": str(cluster.server.certificate)})
    error = check_error(Argo(cluster.server.url, config_file=file), NotConnected, "cannot be reached")
    assert "it rejected the account of context here in kubeconfig (HTTP 401); check its token" == error.why


@contextmanager
def lossy(cluster: Cluster, folder: Path, *, arrives: bool, answers: int) -> Iterator[Argo]:
    """Yield a gateway that loses the response to each write, and answers this many reads before it is down."""
    remaining = [answers]

    def answer(request: BaseHTTPRequestHandler) -> None:
        name = request.path.rpartition("/")[2]
        if request.command == "GET":
            remaining[0] -= 1
            body = kubernetes_store.read(cluster.state, "workflows", "argo", name)
            missing = {"kind": "Status", "reason": "NotFound", "code": 404}
            response(503 if remaining[0] < 0 else 200 if body else 404, json.dumps(body or missing))(request)
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


def test_lost_response_to_a_write_that_arrived_is_success(cluster: Cluster, tmp_path: Path) -> None:
    """Reading back shows that the creation and the deletion took effect."""
    with lossy(cluster, tmp_path, arrives=True, answers=99) as argo:
        call = resubmission(argo)
        argo.perform(call)
        assert call.after == argo.current(call)
        argo.perform(Call(SystemId(System.ARGO), "new", call.action, before=call.after, after=None))
        assert argo.current(call) is None


def test_lost_write_is_unsettled(cluster: Cluster, tmp_path: Path) -> None:
    """Reading back shows no workflow, which proves nothing; the request is not repeated."""
    with lossy(cluster, tmp_path, arrives=False, answers=99) as argo:
        call = resubmission(argo)
        with pytest.raises(CallUnsettled, match="is None so far: the request might still take effect"):
            argo.perform(call)
        assert argo.current(call) is None


def test_unreadable_result_of_a_lost_write_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    """The server is down after the write."""
    with lossy(cluster, tmp_path, arrives=True, answers=3) as argo:
        call = resubmission(argo)
        with pytest.raises(CallUnsettled, match="it might have changed"):
            argo.perform(call)


def test_write_that_did_not_arrive_is_not_connected(tmp_path: Path) -> None:
    """With a closed port, the request certainly did not arrive."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    argo = Argo(url, config_file=kubeconfig(tmp_path, url))
    with pytest.raises(NotConnected, match="no service responds there"):
        argo.api().create({})
    argo.close()
