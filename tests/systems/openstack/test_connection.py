"""Configured and missing clouds, lost responses, slow servers and redirects."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CallUnsettled, NotConnected, Refused, WriteRefused
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.fixture.stand_ins.glance.rules import edited
from runbook_lib.model import Call, SystemId
from runbook_lib.systems.limited_http import Limits
from runbook_lib.systems.openstack import Clouds, sdk
from tests.systems.atmosphere_api.raw_http_server import http, raw_server
from tests.systems.openstack.glance_benches import altered, clouds_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.systems.openstack.glance_benches import StandIn


def test_importing_the_package_does_not_import_the_sdk() -> None:
    """A command without a cloud starts faster."""
    script = (
        "import sys, runbook_lib.systems.openstack; sys.exit(bool({'openstack', 'keystoneauth1'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_provider_without_a_cloud_is_refused() -> None:
    """The error names the missing setting and the file."""
    with pytest.raises(Refused, match="provider 5 has no cloud configured") as refusal:
        Clouds({4: "iu"}).glance(5)
    assert "RUNBOOK_CLOUDS" in refusal.value.next_step
    assert "clouds.yaml" in refusal.value.next_step


def test_names_of_the_clouds_are_sorted_by_provider() -> None:
    """They are available before any file is read."""
    assert [(4, "iu"), (5, "tacc")] == list(Clouds({5: "tacc", 4: "iu"}).names.items())


def test_cloud_missing_from_the_file_is_refused(stand_in: StandIn) -> None:
    """The error names the searched file."""
    file = stand_in.clouds_file
    with pytest.raises(Refused, match=r"clouds\.yaml has no cloud iu") as refusal:
        Clouds({4: "iu"}, config_file=file).glance(4).image("an-id")
    assert str(file) in refusal.value.why


def test_default_locations_are_named_when_no_file_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own rules apply, including its environment variable."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "mine.yaml"))
    with pytest.raises(Refused, match=r"clouds\.yaml has no cloud nowhere") as refusal:
        Clouds({4: "nowhere"}).glance(4).image("an-id")
    assert str(tmp_path / "mine.yaml") in refusal.value.why
    assert "/etc/openstack/clouds.yaml" in refusal.value.why


def test_unusable_entry_is_refused_without_being_quoted(tmp_path: Path) -> None:
    """The error for an unknown type of login does not repeat the entry with its password."""
    file = tmp_path / "clouds.yaml"
    file.write_text('{"clouds": {"iu": {"auth_type": "no-such-type", "auth": {"password": "x9-secret"}}}}')
    with pytest.raises(Refused, match="can't be used") as refusal:
        Clouds({4: "iu"}, config_file=file).glance(4).image("an-id")
    assert "x9-secret" not in str(refusal.value)


def test_invalid_yaml_file_is_ignored_and_named(tmp_path: Path) -> None:
    """The SDK skips the file; the error names it for the operator."""
    file = tmp_path / "clouds.yaml"
    file.write_text("clouds: [")
    with pytest.raises(Refused, match=r"clouds\.yaml has no cloud iu") as refusal:
        Clouds({4: "iu"}, config_file=file).glance(4).image("an-id")
    assert f"searched, ignoring files that are not valid YAML: {file}" == refusal.value.why


def test_write_without_permission_is_refused(stand_in: StandIn) -> None:
    """The gateway checks the permission before every write: the same call works once it is allowed."""
    image_id = stand_in.create()
    allowed: list[bool] = []
    clouds = clouds_of(stand_in, may_write=lambda: bool(allowed))
    call = Call(SystemId.parse("glance:4"), image_id, "visibility", "shared", "public")
    with pytest.raises(WriteRefused, match="glance:4 is only read"):
        clouds.glance(4).perform(call)
    allowed.append(True)
    assert clouds.glance(4).current(call) == "shared"
    clouds.glance(4).perform(call)
    clouds.close()


class _Lossy(BaseHTTPRequestHandler):
    """A Glance with the stand-in's images that drops the connection at each PATCH, before or after the change."""

    server: Any

    def do_GET(self) -> None:
        answers = self.server.answers
        status = answers.pop(0) if answers else 503
        image = glance_store.read(self.server.state, 4, self.path.rpartition("/")[2])
        body = json.dumps(image).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PATCH(self) -> None:
        if self.server.arrives:
            image_id = self.path.rpartition("/")[2]
            patch = [{"replace": "/visibility", "value": "public"}]
            user = self.server.user
            glance_store.change(self.server.state, 4, image_id, lambda image: edited(image, image_id, patch, user))
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no log."""


@contextmanager
def lossy(stand_in: StandIn, folder: Path, *, arrives: bool, answers: list[int]) -> Iterator[Clouds]:
    """Yield a gateway whose Glance loses the response to every PATCH; `answers` is the status of each read."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Lossy) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.__dict__ |= {
            "state": stand_in.server.path,
            "arrives": arrives,
            "answers": answers,
            "user": stand_in.server.users["admin"],
        }
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        clouds = clouds_of(stand_in, config_file=altered(stand_in, folder, image_endpoint_override=address))
        try:
            yield clouds
        finally:
            clouds.close()
            server.shutdown()


def test_lost_response_to_a_change_that_arrived_is_success(stand_in: StandIn, tmp_path: Path) -> None:
    """Reading back shows that it took effect."""
    call = Call(SystemId.parse("glance:4"), stand_in.create(), "visibility", "shared", "public")
    with lossy(stand_in, tmp_path, arrives=True, answers=[200] * 9) as clouds:
        clouds.glance(4).perform(call)
        assert clouds.glance(4).current(call) == "public"


def test_lost_change_is_unsettled(stand_in: StandIn, tmp_path: Path) -> None:
    """Reading back shows the old value, which does not prove that the request will not take effect."""
    call = Call(SystemId.parse("glance:4"), stand_in.create(), "visibility", "shared", "public")
    with lossy(stand_in, tmp_path, arrives=False, answers=[200] * 9) as clouds:
        with pytest.raises(CallUnsettled, match="is 'shared' so far: the request might still take effect"):
            clouds.glance(4).perform(call)
        assert clouds.glance(4).current(call) == "shared"


def test_change_that_did_not_arrive_is_not_connected(stand_in: StandIn, tmp_path: Path) -> None:
    """With a closed port, the request certainly did not arrive."""
    image_id = stand_in.create()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    clouds = clouds_of(stand_in, config_file=altered(stand_in, tmp_path, image_endpoint_override=address))
    call = Call(SystemId.parse("glance:4"), image_id, "visibility", "shared", "public")
    with pytest.raises(NotConnected, match="no service responds there"):
        clouds.glance(4)._send(call)
    clouds.close()


def test_unreadable_result_of_a_lost_change_is_reported(stand_in: StandIn, tmp_path: Path) -> None:
    """Glance is down after the change, so the error says that the value might have changed."""
    call = Call(SystemId.parse("glance:4"), stand_in.create(), "visibility", "shared", "public")
    with (
        lossy(stand_in, tmp_path, arrives=True, answers=[200]) as clouds,
        pytest.raises(CallUnsettled, match="it might have changed"),
    ):
        clouds.glance(4).perform(call)


def test_unresponsive_server_times_out(stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit applies; this test shortens it."""
    monkeypatch.setattr(sdk, "LIMITS", replace(sdk.LIMITS, read=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        clouds = clouds_of(stand_in, config_file=altered(stand_in, tmp_path, image_endpoint_override=address))
        with pytest.raises(NotConnected, match="no response within"):
            clouds.glance(4).image("an-id")
        clouds.close()


def test_every_request_has_the_limits(stand_in: StandIn) -> None:
    """Requests for tokens and images have five seconds to connect, and thirty for a response of at most 16 MB."""
    clouds = clouds_of(stand_in)
    clouds.glance(4).address()
    api = clouds.glance(4)._open()
    adapters: dict[str, Any] = api._region.get_session().session.adapters
    assert [Limits(5.0, 30.0, 30.0, 16_000_000)] * 2 == [adapter._limits() for adapter in adapters.values()]
    clouds.close()


def _cloud(folder: Path, auth_url: str) -> Clouds:
    """Return clouds with one Keystone at this address."""
    auth = {"auth_url": auth_url, "username": "u", "password": "x9-secret", "project_name": "p"}
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    file = folder / "clouds.yaml"
    file.write_text(json.dumps({"clouds": {"iu": {"auth_type": "v3password", "auth": {**auth, **domains}}}}))
    return Clouds({4: "iu"}, config_file=file)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_never_sends_the_password_to_another_host(tmp_path: Path, status: int) -> None:
    """The other server gets no request from Keystone's redirect, and the error gives the reason."""
    with raw_server() as keystone, raw_server() as other:
        location = f"Location: http://127.0.0.1:{other.port}/v3/auth/tokens\r\n"
        keystone.script = [http(status, {}, head=location)] * 4

        with pytest.raises(NotConnected, match="cannot be reached") as caught:
            _cloud(tmp_path, f"http://127.0.0.1:{keystone.port}/v3").glance(4).image("an-id")

    assert ("wrong-answer", []) == (caught.value.kind, other.requests)
    assert "redirects are not followed" in caught.value.why
    assert "x9-secret" not in str(caught.value)
    assert "x9-secret" in keystone.requests[0]


def test_redirect_never_sends_the_token_to_another_host(tmp_path: Path) -> None:
    """The other server gets no request from Glance's redirect after a successful login."""
    with raw_server() as cloud, raw_server() as other:
        root = f"http://127.0.0.1:{cloud.port}"
        endpoint = {"interface": "public", "region_id": "r", "region": "r", "url": f"{root}/image", "id": "e"}
        catalog = [{"type": "image", "name": "glance", "id": "s", "endpoints": [endpoint]}]
        expires = "2099-01-01T00:00:00.000000Z"
        token = {"token": {"catalog": catalog, "expires_at": expires, "methods": ["password"]}}
        cloud.script = [
            http(201, token, head="X-Subject-Token: x9-token\r\n"),
            *[http(307, {}, head=f"Location: http://127.0.0.1:{other.port}/image\r\n")] * 4,
        ]

        with pytest.raises(NotConnected) as caught:
            _cloud(tmp_path, f"{root}/v3").glance(4).image("an-id")

    assert [] == other.requests
    assert "redirects are not followed" in caught.value.why
    assert any("x9-token" in request for request in cloud.requests)
