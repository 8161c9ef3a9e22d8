"""The proof that a cloud no longer has an instance: the right cloud, and an administrator's account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook_lib.diagnosis.instance import absence
from runbook_lib.errors import Refused
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.people import TACC, THIRD
from runbook_lib.systems.db.models.atmosphere.models import Instance
from runbook_lib.systems.db.queries import instances

if TYPE_CHECKING:
    from runbook_lib.world.world import World


@pytest.fixture
def gone(world: World) -> Instance:
    """Return the instance of the fixture that Nova no longer has."""
    return instances.find(Instance.objects.get(pk=instance_key("deleted-in-nova")).provider_alias)


def test_absent_instance_is_proved(world: World, gone: Instance) -> None:
    """Nova has other instances of the provider."""
    absence.require_absent(world, gone)


def test_cloud_without_any_instance_of_the_provider_is_refused(world: World, gone: Instance) -> None:
    """Such a cloud is probably that of another provider."""
    clouds = {**world.endpoints.clouds, TACC: world.endpoints.clouds[THIRD]}
    world.endpoints = replace(world.endpoints, clouds=clouds)

    with pytest.raises(Refused, match="has none of the latest 2 instances") as caught:
        absence.require_absent(world, gone)
    assert "check_instances" in caught.value.next_step


def test_last_instance_of_a_provider_needs_no_other(world: World, gone: Instance) -> None:
    """A provider without other instances has none to compare."""
    Instance.objects.filter(source__provider_id=TACC).exclude(pk=gone.pk).update(end_date=world.now())

    absence.require_absent(world, gone)
