"""Reading images, tested on the fixture's stand-in and on the real Keystone and Glance."""

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
    """Return a call that sets one field of an image."""
    return Call(system=SystemId(System.GLANCE, provider_id), target=image_id, action=action, before=before, after=after)


def closed_port() -> int:
    """Return a port without a server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_image_is_read_by_its_uuid(bench: Bench, clouds: Clouds) -> None:
    """It has every field and the custom properties, and no other property."""
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


def test_image_without_data_is_queued(bench: Bench, clouds: Clouds) -> None:
    """An interrupted copy has no name, no size and no checksum."""
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
    """Glance stores these reserved names like any other property."""
    parts = {"kernel_id": NOWHERE, "ramdisk_id": NOWHERE}
    image = clouds.glance(4).image(bench.create(properties=parts))
    assert image is not None
    assert parts == image.properties


@pytest.mark.parametrize("image_id", [NOWHERE, "", "not-a-uuid", "../images", "a?limit=1", "%2e%2e"])
def test_missing_image_returns_none(clouds: Clouds, image_id: str) -> None:
    """Any invalid UUID results in None, never in a list or a request to another address."""
    assert clouds.glance(4).image(image_id) is None


def test_images_keep_their_order(bench: Bench, clouds: Clouds) -> None:
    """Present and missing images come in the order of the request."""
    first, second = bench.create(), bench.create()
    images = clouds.glance(4).images([second, NOWHERE, first])
    assert [(second, True), (NOWHERE, False), (first, True)] == [
        (key, image is not None) for key, image in images.items()
    ]


def test_member_sees_only_public_images_of_another_project(bench: Bench, clouds: Clouds, member: Clouds) -> None:
    """A member can't see another project's private image until it is public."""
    image_id = bench.create(visibility="private", owner="another-project")
    assert member.glance(4).image(image_id) is None
    clouds.glance(4).perform(setting(image_id, "visibility", "private", "public"))
    image = member.glance(4).image(image_id)
    assert image is not None
    assert image.visibility == "public"


def test_members_are_the_projects_that_an_image_is_shared_with(bench: Bench, clouds: Clouds, member: Clouds) -> None:
    """A shared image has members, who can see it; a public image has none."""
    image_id = bench.create(owner="another-project", members=("a-third-project", bench.project_id))
    assert tuple(sorted(("a-third-project", bench.project_id))) == clouds.glance(4).members(image_id)
    assert member.glance(4).image(image_id) is not None
    assert member.glance(4).members(image_id) == (bench.project_id,)
    clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))
    assert clouds.glance(4).members(image_id) == ()
    with pytest.raises(TargetNotFound):
        clouds.glance(4).members(NOWHERE)


def test_member_cannot_publish(bench: Bench, member: Clouds, clouds: Clouds) -> None:
    """The error names Glance's policy and the next step, and the image is unchanged."""
    image_id = bench.create()
    call = setting(image_id, "visibility", "shared", "public")
    with pytest.raises(Refused, match="You are not authorized to complete publicize_image action") as refusal:
        member.glance(4).perform(call)
    assert "admin role" in refusal.value.next_step
    assert clouds.glance(4).current(call) == "shared"


def test_member_cannot_change_an_image_of_another_project(bench: Bench, member: Clouds) -> None:
    """A member can only read another project's public image."""
    image_id = bench.create(visibility="public", owner="another-project")
    with pytest.raises(Refused, match="HTTP 403"):
        member.glance(4).perform(setting(image_id, "name", "a fixture image", "mine"))


def test_wrong_password_is_not_connected(bench: Bench, tmp_path: Path) -> None:
    """The error names the rejected credentials without showing them."""
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"password": "not-the-password"}))
    with pytest.raises(NotConnected, match="HTTP 401") as failure:
        clouds.glance(4).image(NOWHERE)
    assert "login" == failure.value.kind
    assert "not-the-password" not in str(failure.value)
    clouds.close()


@pytest.mark.parametrize("what", ["keystone", "glance"])
def test_server_that_is_down_is_reported_within_seconds(bench: Bench, tmp_path: Path, what: str) -> None:
    """The error names the address of the unresponsive Keystone or Glance."""
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


def test_region_without_glance_is_not_connected(bench: Bench, tmp_path: Path) -> None:
    """The error names the region setting as the likely cause."""
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, region_name="Elsewhere"))
    with pytest.raises(NotConnected, match=r"region_name in clouds\.yaml"):
        clouds.glance(4).image(NOWHERE)
    clouds.close()


def test_no_message_has_a_password(bench: Bench, clouds: Clouds, member: Clouds, tmp_path: Path) -> None:
    """No error or cause contains a password of ``clouds.yaml``."""
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


def test_address_is_that_of_glance(clouds: Clouds) -> None:
    """Connecting finds the address in the catalog."""
    assert clouds.glance(4).address().startswith("http://127.0.0.1:")
    assert clouds.glance(4).address().endswith("/v2")
