"""The stand-in itself: strict about what it does not model, one state for many processes, failures on demand."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected
from runbook_lib.fixture.rows.glance import IMAGES
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.fixture.stand_ins.glance.server import serve
from runbook_lib.model import Call
from tests.cloud.benches import clouds_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud.benches import StandIn

PATCH = "application/openstack-images-v2.0-json-patch"


def ask(
    stand_in: StandIn, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Send one request with a good token, past the gateway; return status and text."""
    server = stand_in.server
    server.tokens["good"] = server.users["admin"]
    sent = {"X-Auth-Token": "good", "Content-Type": PATCH, **(headers or {})}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(server.url + path, method=method, data=data, headers=sent)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("method", "path", "extra"),
    [
        ("GET", "/image/4/v2/images", {}),
        ("GET", "/image/4/v2/images/ID?limit=1", {}),
        ("GET", "/image/4/v2/images/ID/file", {}),
        ("GET", "/compute/v2.1/servers", {}),
        ("GET", "/image/4/v2/images/ID", {"headers": {"X-Project-Id": "other"}}),
        ("POST", "/image/4/v2/images/ID/members", {"body": {}, "headers": {"Content-Type": "application/json"}}),
        ("POST", "/identity/v3/auth/tokens", {"body": {"auth": {}}, "headers": {"Content-Type": "application/json"}}),
        ("PATCH", "/image/4/v2/images/ID", {"body": [], "headers": {"Content-Type": "application/json"}}),
        ("PATCH", "/image/4/v2/images/ID", {"body": [{"test": "/name", "value": "x"}]}),
        ("PATCH", "/image/4/v2/images/ID", {"body": [{"replace": "/tags", "value": []}]}),
        ("PATCH", "/image/4/v2/images/ID", {"body": [{"remove": "/name"}]}),
        ("PATCH", "/image/4/v2/images/ID", {"body": [{"replace": "/owner", "value": "x"}]}),
    ],
)
def test_what_is_not_modelled_is_refused(stand_in: StandIn, method: str, path: str, extra: dict[str, Any]) -> None:
    """Any other path, query, header, media type or patch is HTTP 501 with a sentence, and changes nothing."""
    path = path.replace("ID", stand_in.create())
    before = glance_store.dump(stand_in.server.path)
    status, text = ask(stand_in, method, path, **extra)
    assert (status, "the stand-in" in text) == (501, True)
    assert before == glance_store.dump(stand_in.server.path)


def test_a_token_that_was_not_given_out_is_401(stand_in: StandIn) -> None:
    """Knowing the address is not enough."""
    status, _ = ask(stand_in, "GET", f"/image/4/v2/images/{stand_in.create()}", headers={"X-Auth-Token": "guessed"})
    assert status == 401


def test_a_patch_is_applied_whole_or_not_at_all(stand_in: StandIn) -> None:
    """The second operation fails: the first one is not kept."""
    path = f"/image/4/v2/images/{stand_in.create()}"
    before = glance_store.dump(stand_in.server.path)
    status, _ = ask(stand_in, "PATCH", path, body=[{"replace": "/name", "value": "new"}, {"remove": "/absent"}])
    assert (409, before) == (status, glance_store.dump(stand_in.server.path))


def test_one_provider_can_be_made_to_fail(stand_in: StandIn) -> None:
    """Its writes fail while it can be read and the other provider works; so half-published images come about."""
    image_id, state = stand_in.create(), stand_in.server.path
    clouds = clouds_of(stand_in)
    calls = [Call(f"glance:{n}", image_id, "visibility", "shared", "public") for n in (4, 5)]
    glance_store.fail(state, 5, 503, methods=("PATCH",))
    clouds.glance(4).perform(calls[0])
    with pytest.raises(NotConnected, match=r"provider 5 .* cannot be reached"):
        clouds.glance(5).perform(calls[1])
    assert [clouds.outside(call.system).current(call) for call in calls] == ["public", "shared"]
    glance_store.fail(state, 5, None)
    clouds.glance(5).perform(calls[1])
    assert clouds.glance(5).current(calls[1]) == "public"
    clouds.close()


def test_the_fixtures_images_are_served(tmp_path: Path) -> None:
    """Every row of the fixture comes back through the dump, and one through the server."""
    state = tmp_path / "glance.sqlite3"
    glance_store.seed(state, IMAGES)
    dumped = glance_store.dump(state)
    assert {f"glance:{image.provider_id}/{image.id}" for image in IMAGES} == set(dumped)
    with serve(state) as server:
        assert tuple(server.cloud_names()) == (4, 5, 7)


def test_many_processes_share_one_state(stand_in: StandIn) -> None:
    """Three processes add twenty properties each to one image; none gets lost."""
    image_id, state = stand_in.create(), stand_in.server.path
    script = (
        "import sys\nfrom pathlib import Path\nfrom runbook_lib.fixture import glance_store\n"
        "path, image_id, name = sys.argv[1:]\n"
        "for n in range(20):\n"
        "    glance_store.change(Path(path), 4, image_id,\n"
        "        lambda image: image | {'properties': image['properties'] | {f'{name}{n}': 'x'}})\n"
    )
    commands = [[sys.executable, "-c", script, str(state), image_id, name] for name in "abc"]
    for process in [subprocess.Popen(command) for command in commands]:
        assert process.wait(30) == 0
    image = glance_store.read(state, 4, image_id)
    assert image is not None
    assert len(image["properties"]) == 60


def test_it_starts_and_stops_at_once(tmp_path: Path) -> None:
    """A notebook's run does not wait for it: well below a second, kept connections included."""
    state = tmp_path / "glance.sqlite3"
    begin = time.monotonic()
    glance_store.seed(state, [glance_store.StoredImage(4, "an-id")])
    with serve(state) as server:
        server.clouds_yaml(tmp_path)
    assert time.monotonic() - begin < 0.5


def test_its_passwords_are_for_the_owner_only(stand_in: StandIn) -> None:
    """``clouds.yaml`` is not readable for others."""
    assert stand_in.clouds_yaml.stat().st_mode & 0o077 == 0
