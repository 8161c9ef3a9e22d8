"""What procedures rely on, tried against the fixture's stand-in and against the real Keystone and Glance alike."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, Refused, RunbookError, TargetNotFound
from runbook_lib.model import Call, Json, System, SystemId
from runbook_lib.systems.openstack import Image
from tests.systems.openstack.glance_benches import altered, clouds_of, passwords

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.glance_benches import Bench

NOWHERE = "00000000-0000-4000-8000-000000000000"


def setting(image_id: str, action: str, before: Json, after: Json, *, provider_id: int = 4) -> Call:
    """Return the call, so that a test reads as one line."""
    return Call(system=SystemId(System.GLANCE, provider_id), target=image_id, action=action, before=before, after=after)


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_an_image_is_read_by_its_uuid(bench: Bench, clouds: Clouds) -> None:
    """Every field and the custom properties arrive, and nothing else counts as a property."""
    image_id = bench.create(properties={"application_name": "Ubuntu 18.04", "version_name": "1.2"})
    expected = Image(
        id=image_id,
        name="a fixture image",
        status="active",
        visibility="shared",
        owner=bench.project_id,
        size=4,
        checksum="098f6bcd4621d373cade4e832627b4f6",
        properties={"application_name": "Ubuntu 18.04", "version_name": "1.2"},
    )
    assert expected == clouds.glance(4).image(image_id)


def test_an_image_whose_data_has_not_come_is_queued(bench: Bench, clouds: Clouds) -> None:
    """A copy that broke off: no name, no size, no checksum."""
    image_id = bench.queue()
    expected = Image(
        id=image_id,
        name="",
        status="queued",
        visibility="shared",
        owner=bench.project_id,
        size=None,
        checksum=None,
    )
    assert expected == clouds.glance(4).image(image_id)


def test_kernel_and_ramdisk_are_properties(bench: Bench, clouds: Clouds) -> None:
    """Glance knows these names, and keeps them as it keeps others."""
    parts = {"kernel_id": NOWHERE, "ramdisk_id": NOWHERE}
    image = clouds.glance(4).image(bench.create(properties=parts))
    assert image is not None
    assert parts == image.properties


@pytest.mark.parametrize("image_id", [NOWHERE, "", "not-a-uuid", "../images", "a?limit=1", "%2e%2e"])
def test_an_image_that_is_not_there_is_none(clouds: Clouds, image_id: str) -> None:
    """A wrong UUID, whatever it looks like, is answered with None and never with a list or another address."""
    assert clouds.glance(4).image(image_id) is None


def test_several_images_keep_their_order(bench: Bench, clouds: Clouds) -> None:
    """Present and missing images are told apart, in the order asked."""
    first, second = bench.create(), bench.create()
    found = clouds.glance(4).images([second, NOWHERE, first])
    assert [(second, True), (NOWHERE, False), (first, True)] == [
        (key, image is not None) for key, image in found.items()
    ]


def test_another_project_sees_a_public_image_only(bench: Bench, clouds: Clouds, member: Clouds) -> None:
    """A private image of another project does not exist for a member, until it is published."""
    image_id = bench.create(visibility="private", owner="another-project")
    assert member.glance(4).image(image_id) is None
    clouds.glance(4).perform(setting(image_id, "visibility", "private", "public"))
    seen = member.glance(4).image(image_id)
    assert seen is not None
    assert seen.visibility == "public"


def test_members_are_the_projects_an_image_is_shared_with(bench: Bench, clouds: Clouds, member: Clouds) -> None:
    """A shared image shows them, and they see it; a public image has none to show."""
    image_id = bench.create(owner="another-project", members=("a-third-project", bench.project_id))
    assert tuple(sorted(("a-third-project", bench.project_id))) == clouds.glance(4).members(image_id)
    assert member.glance(4).image(image_id) is not None
    assert member.glance(4).members(image_id) == (bench.project_id,)
    clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))
    assert clouds.glance(4).members(image_id) == ()
    with pytest.raises(TargetNotFound):
        clouds.glance(4).members(NOWHERE)


def test_a_member_may_not_publish(bench: Bench, member: Clouds, clouds: Clouds) -> None:
    """The refusal names Glance's policy and what to do; the image stays as it was."""
    image_id = bench.create()
    call = setting(image_id, "visibility", "shared", "public")
    with pytest.raises(Refused, match="You are not authorized to complete publicize_image action") as refusal:
        member.glance(4).perform(call)
    assert "admin role" in refusal.value.next_step
    assert clouds.glance(4).current(call) == "shared"


def test_a_member_may_not_change_what_is_not_its_projects(bench: Bench, member: Clouds) -> None:
    """A public image of another project can be read by a member, not changed."""
    image_id = bench.create(visibility="public", owner="another-project")
    with pytest.raises(Refused, match="HTTP 403"):
        member.glance(4).perform(setting(image_id, "name", "a fixture image", "mine"))


def test_a_wrong_password_is_not_connected(bench: Bench, tmp_path: Path) -> None:
    """The operator hears which credentials were refused, without hearing them."""
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"password": "not-the-password"}))
    with pytest.raises(NotConnected, match="HTTP 401") as failure:
        clouds.glance(4).image(NOWHERE)
    assert "login" == failure.value.kind
    assert "not-the-password" not in str(failure.value)
    clouds.close()


@pytest.mark.parametrize("what", ["keystone", "glance"])
def test_a_server_that_is_down_is_reported_within_seconds(bench: Bench, tmp_path: Path, what: str) -> None:
    """Keystone or Glance gone: the address that does not answer is named, and the operator does not wait."""
    address = f"http://127.0.0.1:{closed_port()}"
    change: dict[str, Any] = (
        {"auth": {"auth_url": f"{address}/v3"}} if what == "keystone" else {"image_endpoint_override": address}
    )
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, **change))
    begin = time.monotonic()
    with pytest.raises(NotConnected, match=f"cannot be reached at {address}"):
        clouds.glance(4).image(NOWHERE)
    assert time.monotonic() - begin < 5
    clouds.close()


def test_a_region_without_glance_is_not_connected(bench: Bench, tmp_path: Path) -> None:
    """A region that the catalogue does not have is named as the likely cause."""
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, region_name="Elsewhere"))
    with pytest.raises(NotConnected, match=r"region_name in clouds\.yaml"):
        clouds.glance(4).image(NOWHERE)
    clouds.close()


def test_no_message_has_a_password(bench: Bench, clouds: Clouds, member: Clouds, tmp_path: Path) -> None:
    """Whatever goes wrong, neither the message nor its causes hold a password of ``clouds.yaml``."""
    image_id = bench.create()
    down = clouds_of(
        bench, config_file=altered(bench, tmp_path, auth={"auth_url": f"http://127.0.0.1:{closed_port()}"})
    )
    messages = []
    for glance, call in (
        (member.glance(4), setting(image_id, "visibility", "shared", "public")),
        (clouds.glance(4), setting(image_id, "visibility", "private", "public")),
        (clouds.glance(4), setting(NOWHERE, "visibility", "private", "public")),
        (down.glance(4), setting(image_id, "visibility", "shared", "public")),
    ):
        with pytest.raises(RunbookError) as failure:
            glance.perform(call)
        messages += [str(failure.value), str(failure.value.__cause__)]
    assert [text for text in messages for word in passwords(bench) if word in text] == []
    down.close()


def test_the_address_is_glances(clouds: Clouds) -> None:
    """Connecting tells where Glance was found."""
    assert clouds.glance(4).address().startswith("http://127.0.0.1:")
    assert clouds.glance(4).address().endswith("/v2")
