"""The list of all images, tested on the fixture's stand-in and on the real Glance."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected
from runbook_lib.systems.openstack import glance
from tests.systems.openstack.glance_benches import clouds_of

if TYPE_CHECKING:
    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.glance_benches import Bench, StandIn


def test_list_shows_the_same_fields_as_a_single_request(bench: Bench, clouds: Clouds) -> None:
    """This includes custom properties, for every visibility and status."""
    image_ids = [
        bench.create(properties={"application_name": "Ubuntu 18.04"}),
        bench.create(visibility="private", owner="another-project"),
        bench.create(visibility="public"),
        bench.create(visibility="community", owner="another-project"),
        bench.queue(),
    ]

    images = clouds.glance(4).all_images()

    assert clouds.glance(4).images(image_ids) == {key: images.get(key) for key in image_ids}


def test_all_pages_of_a_list_are_read(bench: Bench, clouds: Clouds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page starts after the last image of the page before."""
    monkeypatch.setattr(glance, "PAGE", 2)
    image_ids = {bench.create() for _ in range(5)}

    images = clouds.glance(5).all_images()

    assert image_ids <= images.keys()
    assert sorted(images) == list(images)


def test_search_finds_a_part_of_a_name_in_any_case(bench: Bench, clouds: Clouds) -> None:
    """Glance itself compares complete names only; the earliest image comes first, with its time."""
    instance = str(uuid.uuid4())
    first = bench.create(name=f"ChromoSnapShot_{instance}_2020-11-25_18:02:03", visibility="private")
    second = bench.create(name=f"ChromoSnapShot_{instance}_2020-11-26_18:02:03", visibility="private")

    hits = clouds.glance(4).search(f"chromosnapshot_{instance}")

    assert {first, second} == {image.id for image in hits}
    assert sorted((str(image.created), image.id) for image in hits) == [(str(i.created), i.id) for i in hits]
    assert [True, True] == [image.created is not None and image.created.utcoffset() == timedelta(0) for image in hits]
    assert () == clouds.glance(4).search(f"ChromoSnapShot_{uuid.uuid4()}")


def test_stand_in_rejects_the_list_of_a_member(stand_in: StandIn) -> None:
    """The stand-in does not model which shared images a member accepted."""
    member = clouds_of(stand_in, "member")
    with pytest.raises(NotConnected, match="501"):
        member.glance(4).all_images()
    member.close()
