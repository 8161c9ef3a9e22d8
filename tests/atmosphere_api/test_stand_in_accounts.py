"""The stand-in for Atmosphere's API: instances, quotas and users, with effects on the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.fixture import dump
from runbook_lib.fixture.rows.instances import instance_id
from runbook_lib.fixture.rows.users import identity_id, user_id
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.models.atmosphere.models import (
    EventTable,
    Identity,
    Instance,
    InstanceStatusHistory,
    Quota,
    UserProfile,
)

if TYPE_CHECKING:
    from tests.atmosphere_api.stand import StandIn


@pytest.mark.parametrize(
    ("name", "call", "status"),
    [
        ("is-active", calls.redeploy, "redeploy"),
        ("is-deploy_error", calls.redeploy, "redeploy"),
        ("is-networking", lambda alias, seen: calls.reboot(alias, hard=False, seen=seen), "reboot"),
        ("is-active", lambda alias, seen: calls.reboot(alias, hard=True, seen=seen), "hard_reboot"),
    ],
)
def test_an_action_begins_a_new_row_of_the_history(stand_in: StandIn, name: str, call: Any, status: str) -> None:
    """The instance's last row ends, and another one begins, so the timers start again; it need not be one's own."""
    rows = InstanceStatusHistory.objects.filter(instance_id=instance_id(name)).order_by("pk")
    alias, count = rows[0].instance.provider_alias, rows.count()

    stand_in.api().perform(call(alias, seen="x"))

    assert (count + 1, status) == (rows.count(), rows.select_related("status").latest("pk").status.name)
    assert [None] == [row.end_date for row in rows if row.end_date is None]


@pytest.mark.parametrize("name", ["is-suspended", "is-shelved", "is-error", "is-build", "terminated", "no-history"])
def test_an_action_needs_an_active_instance(stand_in: StandIn, name: str) -> None:
    """Else it is refused with the present status, and changes nothing."""
    alias = Instance.objects.get(pk=instance_id(name)).provider_alias
    before = dump.dump()

    with pytest.raises(Refused, match="refused redeploy of instances/") as caught:
        stand_in.api().perform(calls.redeploy(alias, seen="x"))

    assert "Cannot redeploy to an instance in a non-active state. (Current state: " in caught.value.why
    assert before == dump.dump()


def quota_call(username: str, **after: Any) -> Any:
    """Return the call that changes a user's quota on IU."""
    identity = Identity.objects.select_related("quota").get(pk=identity_id(username, 4))
    before = {name: getattr(identity.quota, name) for name in calls.QUOTA_FIELDS}
    return calls.quota(str(identity.uuid), username, before=before, after={**before, **after})


def test_an_equal_quota_is_used_again_the_lowest_key_first(stand_in: StandIn) -> None:
    """Rows 33 and 58 are equal: 33 is taken, and an event is written."""
    Identity.objects.filter(pk=identity_id("joetest", 4)).update(quota_id=57)
    after = {name: getattr(Quota.objects.get(pk=58), name) for name in calls.QUOTA_FIELDS}
    rows, events = Quota.objects.count(), EventTable.objects.filter(name="quota_assigned").count()

    stand_in.api().perform(quota_call("joetest", **after))

    assert 33 == Identity.objects.get(pk=identity_id("joetest", 4)).quota_id
    assert (rows, events + 1) == (Quota.objects.count(), EventTable.objects.filter(name="quota_assigned").count())
    assert "joetest" == EventTable.objects.filter(name="quota_assigned").latest("pk").entity_id


def test_a_quota_of_other_values_is_made(stand_in: StandIn) -> None:
    """No row is edited: the others keep theirs."""
    before = list(Quota.objects.order_by("pk").values())

    stand_in.api().perform(quota_call("joetest", cpu=17))

    made = Identity.objects.select_related("quota").get(pk=identity_id("joetest", 4)).quota
    assert (17, 128) == (made.cpu, made.memory)
    assert before == list(Quota.objects.exclude(pk=made.pk).order_by("pk").values())


def test_a_quota_that_the_api_does_not_take(stand_in: StandIn) -> None:
    """Unlimited storage can't be sent; nothing is changed by the attempt."""
    before = dump.dump()

    with pytest.raises(Refused, match="refused quota of identities/") as caught:
        stand_in.api().perform(quota_call("joetest", storage=None))

    assert "HTTP 400: must be at least 1" == caught.value.why
    assert before == dump.dump()


def test_an_identity_belongs_to_the_user_who_is_named(stand_in: StandIn) -> None:
    """Another user's name with it is 404."""
    call = quota_call("joetest")

    with pytest.raises(TargetNotFound, match="no object"):
        stand_in.api().current(replace(call, target=call.target.replace("joetest", "imageauthor")))


def test_a_name_of_any_characters_is_found(stand_in: StandIn) -> None:
    """It is escaped in the address."""
    name = 'O\'Brien; DROP TABLE "group"; --'

    assert 16 == stand_in.api().current(quota_call(name))["cpu"]


def test_a_flag_is_set_and_a_missing_profile_is_made(stand_in: StandIn) -> None:
    """As upstream's save does."""
    key = user_id("noprofile")

    stand_in.api().perform(calls.user_flag(key, "is_staff", after=True))

    assert UserProfile.objects.filter(user_id=key).exists()
    assert stand_in.api().current(calls.user_flag(key, "is_staff", after=True)) is True
