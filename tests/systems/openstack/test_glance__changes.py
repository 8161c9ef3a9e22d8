"""What procedures change in Glance, tried against the stand-in and against the real Keystone and Glance alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, StalePlan, TargetNotFound
from tests.systems.openstack.test_glance import setting

if TYPE_CHECKING:
    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.glance_benches import Bench


def test_visibility_is_set_and_read_back(bench: Bench, clouds: Clouds) -> None:
    """Publishing takes effect on the provider that was named, and the old value can be brought back."""
    image_id = bench.create()
    call = setting(image_id, "visibility", "shared", "public")
    clouds.glance(4).perform(call)
    assert (clouds.glance(4).current(call), clouds.glance(5).current(call)) == ("public", "shared")
    clouds.glance(4).perform(setting(image_id, "visibility", "public", "shared"))
    assert clouds.glance(4).current(call) == "shared"


def test_setting_what_is_set_already_does_nothing(bench: Bench, clouds: Clouds) -> None:
    """The same call twice is one change: a run that was interrupted can be repeated."""
    call = setting(bench.create(), "visibility", "shared", "public")
    clouds.glance(4).perform(call)
    clouds.glance(4).perform(call)
    assert clouds.glance(4).current(call) == "public"


def test_a_value_that_moved_is_stale(bench: Bench, clouds: Clouds) -> None:
    """Neither the planned nor the wanted value: nothing is written, and both values are named."""
    image_id = bench.create(visibility="community")
    with pytest.raises(StalePlan, match="was 'shared' when the plan was made and is 'community' now"):
        clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))
    assert clouds.glance(4).images([image_id])[image_id].visibility == "community"  # type: ignore[union-attr]


def test_properties_are_added_replaced_and_removed(bench: Bench, clouds: Clouds) -> None:
    """None stands for a property that is not there, before and after; other properties stay."""
    image_id = bench.create(properties={"version_name": "1.2"})
    glance = clouds.glance(4)
    for before, after in ((None, "Ubuntu"), ("Ubuntu", "Ubuntu 18.04"), ("Ubuntu 18.04", None)):
        call = setting(image_id, "property:application_name", before, after)
        glance.perform(call)
        assert after == glance.current(call)
    image = glance.image(image_id)
    assert image is not None
    assert image.properties == {"version_name": "1.2"}


def test_a_property_name_with_slash_and_tilde_is_kept(bench: Bench, clouds: Clouds) -> None:
    """The characters that a JSON pointer escapes arrive as they are."""
    call = setting(bench.create(), "property:odd~name", None, "x")
    clouds.glance(4).perform(call)
    assert clouds.glance(4).current(call) == "x"


def test_a_name_is_set(bench: Bench, clouds: Clouds) -> None:
    """Atmosphere's ``<application> v.<version>`` can be written."""
    call = setting(bench.create(), "name", "a fixture image", "Ubuntu 18.04 v.1.2")
    clouds.glance(4).perform(call)
    assert clouds.glance(4).current(call) == "Ubuntu 18.04 v.1.2"


@pytest.mark.parametrize(
    ("action", "after", "text"),
    [("visibility", "open", "HTTP 400"), ("property:application_name", 7, "HTTP 400"), ("property:status", "x", "403")],
)
def test_what_glance_does_not_accept_is_refused(
    bench: Bench, clouds: Clouds, action: str, after: str, text: str
) -> None:
    """An impossible value or a read-only attribute is refused with Glance's own sentence."""
    before = "shared" if action == "visibility" else None
    with pytest.raises(Refused, match=text):
        clouds.glance(4).perform(setting(bench.create(), action, before, after))


def test_a_deleted_image_is_gone(bench: Bench, clouds: Clouds) -> None:
    """Deleting works on one provider only, may be repeated, and every later change says that there is no image."""
    image_id = bench.create()
    call = setting(image_id, "status", "active", "deleted")
    clouds.glance(4).perform(call)
    clouds.glance(4).perform(call)
    assert (clouds.glance(4).current(call), clouds.glance(5).current(call)) == ("deleted", "active")
    with pytest.raises(TargetNotFound, match=f"there is no image {image_id} in Glance of provider 4"):
        clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))


def test_a_protected_image_is_not_deleted(bench: Bench, clouds: Clouds) -> None:
    """Glance's protection holds for the admin too, and its visibility can still be set."""
    image_id = bench.create(protected=True)
    with pytest.raises(Refused, match="is protected and cannot be deleted"):
        clouds.glance(4).perform(setting(image_id, "status", "active", "deleted"))
    clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))
