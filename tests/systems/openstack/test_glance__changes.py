"""Changes in Glance, tested on the stand-in and on the real Keystone and Glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, StalePlan, TargetNotFound
from tests.systems.openstack.test_glance import setting

if TYPE_CHECKING:
    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.glance_benches import Bench


def test_visibility_is_set_and_read_back(bench: Bench, clouds: Clouds) -> None:
    """Publishing takes effect on the given provider only, and the old value can be restored."""
    image_id = bench.create()
    call = setting(image_id, "visibility", "shared", "public")
    clouds.glance(4).perform(call)
    assert (clouds.glance(4).current(call), clouds.glance(5).current(call)) == ("public", "shared")
    clouds.glance(4).perform(setting(image_id, "visibility", "public", "shared"))
    assert clouds.glance(4).current(call) == "shared"


def test_setting_the_current_value_does_nothing(bench: Bench, clouds: Clouds) -> None:
    """The same call twice is one change, so an interrupted run can be repeated."""
    call = setting(bench.create(), "visibility", "shared", "public")
    clouds.glance(4).perform(call)
    clouds.glance(4).perform(call)
    assert clouds.glance(4).current(call) == "public"


def test_value_changed_since_the_plan_is_stale(bench: Bench, clouds: Clouds) -> None:
    """Nothing is written, and the error names the planned and the current value."""
    image_id = bench.create(visibility="community")
    with pytest.raises(StalePlan, match="was 'shared' when the plan was made and is 'community' now"):
        clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))
    assert clouds.glance(4).images([image_id])[image_id].visibility == "community"  # type: ignore[union-attr]


def test_properties_are_added_replaced_and_removed(bench: Bench, clouds: Clouds) -> None:
    """None means that the property is absent, before and after; other properties remain."""
    image_id = bench.create(properties={"version_name": "1.2"})
    glance = clouds.glance(4)
    for before, after in ((None, "Ubuntu"), ("Ubuntu", "Ubuntu 18.04"), ("Ubuntu 18.04", None)):
        call = setting(image_id, "property:application_name", before, after)
        glance.perform(call)
        assert after == glance.current(call)
    image = glance.image(image_id)
    assert image is not None
    assert image.properties == {"version_name": "1.2"}


def test_special_characters_in_a_property_name_are_kept(bench: Bench, clouds: Clouds) -> None:
    """Characters that a JSON pointer escapes arrive unchanged."""
    call = setting(bench.create(), "property:odd~name", None, "x")
    clouds.glance(4).perform(call)
    assert clouds.glance(4).current(call) == "x"


def test_name_is_set(bench: Bench, clouds: Clouds) -> None:
    """Atmosphere's ``<application> v.<version>`` can be written."""
    call = setting(bench.create(), "name", "a fixture image", "Ubuntu 18.04 v.1.2")
    clouds.glance(4).perform(call)
    assert clouds.glance(4).current(call) == "Ubuntu 18.04 v.1.2"


@pytest.mark.parametrize(
    ("action", "after", "text"),
    [("visibility", "open", "HTTP 400"), ("property:application_name", 7, "HTTP 400"), ("property:status", "x", "403")],
)
def test_value_that_glance_rejects_is_refused(bench: Bench, clouds: Clouds, action: str, after: str, text: str) -> None:
    """The error for an invalid value or a read-only attribute has Glance's message."""
    before = "shared" if action == "visibility" else None
    with pytest.raises(Refused, match=text):
        clouds.glance(4).perform(setting(bench.create(), action, before, after))


def test_deleted_image_is_gone(bench: Bench, clouds: Clouds) -> None:
    """Deleting affects one provider only and can be repeated; a later change reports the missing image."""
    image_id = bench.create()
    call = setting(image_id, "status", "active", "deleted")
    clouds.glance(4).perform(call)
    clouds.glance(4).perform(call)
    assert (clouds.glance(4).current(call), clouds.glance(5).current(call)) == ("deleted", "active")
    with pytest.raises(TargetNotFound, match=f"there is no image {image_id} in Glance of provider 4"):
        clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))


def test_protected_image_is_not_deleted(bench: Bench, clouds: Clouds) -> None:
    """Glance's protection applies to the admin too, and the visibility can still be set."""
    image_id = bench.create(protected=True)
    with pytest.raises(Refused, match="is protected and cannot be deleted"):
        clouds.glance(4).perform(setting(image_id, "status", "active", "deleted"))
    clouds.glance(4).perform(setting(image_id, "visibility", "shared", "public"))
