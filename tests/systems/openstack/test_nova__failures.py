"""A Nova with slow, invalid or incomplete responses, and the stand-in's rejection of unknown requests."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from runbook_lib.systems.openstack import sdk
from tests.systems.openstack.glance_benches import altered, clouds_of
from tests.systems.openstack.nova_benches import server_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.systems.openstack import Clouds, Nova
    from tests.systems.openstack.glance_benches import StandIn
    from tests.systems.openstack.nova_benches import StandInNova

JSON = "application/json"


class _Scripted(BaseHTTPRequestHandler):
    """Sends the same response to every request."""

    server: Any

    def do_GET(self) -> None:
        status, content_type, body, promised = self.server.answer
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(promised or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no log."""


@contextmanager
def scripted_nova(stand_in: StandIn, folder: Path, body: str, **how: Any) -> Iterator[Nova]:
    """Yield the gateway to a Nova that answers every request with this body.

    Args:
        stand_in: The bench with the Keystone.
        folder: Where to write ``clouds.yaml``.
        body: The body.
        how: ``status``, ``content_type``, and ``promised`` (the announced length).
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Scripted) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.__dict__["answer"] = (
            how.get("status", 200),
            how.get("content_type", JSON),
            body.encode(),
            how.get("promised"),
        )
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/v2.1"
        clouds = clouds_of(stand_in, config_file=altered(stand_in, folder, compute_endpoint_override=address))
        try:
            yield clouds.nova(4)
        finally:
            clouds.close()
            server.shutdown()


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("<html>please log in</html>", {"content_type": "text/html"}),
        ("not json", {}),
        ("", {}),
        ("[]", {}),
        ("null", {}),
        ('{"server": {"id": "an-id"}, "servers": [1], "limits": {}, "hypervisors": 7}', {}),
        ('{"server": null, "servers": null}', {}),
        ("gone", {"status": 404, "content_type": "text/plain"}),
        ("7", {"status": 404}),
        ('{"server": {}}', {"status": 502}),
        ('{"server"', {"promised": 500}),
    ],
)
def test_invalid_response_is_not_connected(stand_in: StandIn, tmp_path: Path, body: str, more: dict[str, Any]) -> None:
    """Every request reports an invalid response, instead of a missing server or an empty list."""
    with scripted_nova(stand_in, tmp_path, body, **more) as nova:
        for question in (lambda: nova.server("an-id"), nova.servers, nova.limits, nova.hypervisors):
            with pytest.raises((NotConnected, Refused)) as failure:
                question()
            assert "Nova of provider 4 (cloud fixture-4) " in failure.value.what
        with pytest.raises(NotConnected) as caught:
            nova.server("an-id")
        is_broken = more.get("status") == 502 or "promised" in more
        assert ("unreachable" if is_broken else "wrong-answer") == caught.value.kind


def test_rejection_without_a_message_is_refused(stand_in: StandIn, tmp_path: Path) -> None:
    """The error says that there is no reason."""
    for body, content_type in (("[1]", JSON), ("<html>no</html>", "text/html"), ('{"forbidden": {}}', JSON)):
        with (
            scripted_nova(stand_in, tmp_path, body, status=403, content_type=content_type) as nova,
            pytest.raises(Refused) as failure,
        ):
            nova.hypervisors()
        assert "HTTP 403: no reason given" == failure.value.why


def test_unresponsive_nova_times_out(
    stand_in_nova: StandInNova, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit applies; this test shortens it."""
    monkeypatch.setattr(sdk, "LIMITS", replace(sdk.LIMITS, read=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v2.1"
        bench = stand_in_nova.cloud
        clouds = clouds_of(bench, config_file=altered(bench, tmp_path, compute_endpoint_override=address))
        with pytest.raises(NotConnected, match="no response within"):
            clouds.nova(4).server("an-id")
        clouds.close()


def test_circular_pages_end(stand_in_nova: StandInNova, tmp_path: Path) -> None:
    """The gateway stops when a cloud always returns the same next page."""
    clouds = clouds_of(stand_in_nova.cloud)
    server_id = server_of(stand_in_nova, "active")
    _, text = ask(stand_in_nova, f"/compute/4/v2.1/servers/{server_id}")
    clouds.close()
    body = {"servers": [json.loads(text)["server"]], "servers_links": [{"rel": "next", "href": "again"}]}
    with scripted_nova(stand_in_nova.cloud, tmp_path, json.dumps(body)) as nova:
        assert [server_id] == [server.id for server in nova.servers()]


@pytest.mark.parametrize("suffix", ["", "/v2.1", "/v2.1/a-projects-id", "/compute/v2.1", "/v2/a-projects-id"])
def test_addresses_of_all_catalog_formats_are_used(stand_in: StandIn, tmp_path: Path, suffix: str) -> None:
    """An address can have a version and, in older clouds, the project's id."""
    stand_in.server.services["compute"] = f"http://127.0.0.1:9{suffix}"
    clouds = clouds_of(stand_in)
    assert f"http://127.0.0.1:9{suffix or '/v2.1'}" == clouds.nova(4).address()
    clouds.close()


def ask(
    bench: StandInNova, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Send one request with a valid token, without the gateway; return status and text."""
    server = bench.cloud.server
    server.tokens["good"] = server.users["admin"]
    version = {"OpenStack-API-Version": "compute 2.1", "X-OpenStack-Nova-API-Version": "2.1"}
    sent = {"X-Auth-Token": "good", **version, **(headers or {})}
    request = urllib.request.Request(bench.url + path, method=method, headers=sent)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/compute/4/v2.1/servers", {}),
        ("GET", "/compute/4/v2.1/servers/ID?deleted=true", {}),
        ("GET", "/compute/4/v2.1/servers/detail?limit=9&host=x", {}),
        ("GET", "/compute/4/v2.1/servers/ID/os-security-groups", {}),
        ("GET", "/compute/4/v2.1/flavors/detail", {"X-OpenStack-Nova-API-Version": "2.61"}),
        ("GET", "/compute/4/v2.1/servers/ID", {"OpenStack-API-Version": "compute 2.100"}),
        ("GET", "/compute/4/v2.1/servers/ID", {"X-Project-Id": "other"}),
        ("GET", "/image/4/v2/images/ID", {}),
        ("POST", "/compute/4/v2.1/servers/ID/action", {}),
        ("PUT", "/compute/4/v2.1/os-quota-sets/ID", {}),
        ("DELETE", "/compute/4/v2.1/servers/ID", {}),
    ],
)
def test_request_that_is_not_modeled_is_rejected(
    stand_in_nova: StandInNova, method: str, path: str, headers: dict[str, str]
) -> None:
    """Any other path, query, header or version, and every write, returns HTTP 501 with a reason and changes nothing."""
    path = path.replace("ID", server_of(stand_in_nova, "active"))
    state = stand_in_nova.cloud.folder / "nova.sqlite3"
    before = nova_store.dump(state)
    status, text = ask(stand_in_nova, path, method=method, headers=headers)
    assert (501, True) == (status, "the stand-in" in text)
    assert before == nova_store.dump(state)


def test_unknown_token_is_401(stand_in_nova: StandInNova) -> None:
    """The stand-in accepts only tokens from its Keystone."""
    path = f"/compute/4/v2.1/servers/{server_of(stand_in_nova, 'active')}"
    assert 401 == ask(stand_in_nova, path, headers={"X-Auth-Token": "guessed"})[0]


def test_cloud_without_nova_has_a_working_glance(stand_in: StandIn) -> None:
    """The error for its Nova says that the catalog has no such service."""
    clouds: Clouds = clouds_of(stand_in)
    assert clouds.glance(4).address().startswith("http://127.0.0.1:")
    with pytest.raises(NotConnected, match="no compute service"):
        clouds.nova(4).address()
    clouds.close()
