"""The list of all images, tried against the fixture's stand-in and against the real Glance alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected
from runbook_lib.systems.openstack import glance
from tests.systems.openstack.glance_benches import clouds_of

if TYPE_CHECKING:
    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.glance_benches import Bench, StandIn


def test_a_list_shows_images_as_a_request_for_one_does(bench: Bench, clouds: Clouds) -> None:
    """Field for field, custom properties too, whatever the visibility and the status."""
    made = [
        bench.create(properties={"application_name": "Ubuntu 18.04"}),
        bench.create(visibility="private", owner="another-project"),
        bench.create(visibility="public"),
        bench.create(visibility="community", owner="another-project"),
        bench.queue(),
    ]

    found = clouds.glance(4).every()

    assert clouds.glance(4).images(made) == {key: found.get(key) for key in made}


def test_a_list_of_several_pages_is_whole(bench: Bench, clouds: Clouds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page begins behind the last image of the one before."""
    monkeypatch.setattr(glance, "PAGE", 2)
    made = {bench.create() for _ in range(5)}

    found = clouds.glance(5).every()

    assert made <= found.keys()
    assert sorted(found) == list(found)


def test_the_stand_in_does_not_guess_what_a_member_sees(stand_in: StandIn) -> None:
    """Which shared images a member is shown depends on what it accepted: that is not modelled."""
    member = clouds_of(stand_in, "member")
    with pytest.raises(NotConnected, match="501"):
        member.glance(4).every()
    member.close()
