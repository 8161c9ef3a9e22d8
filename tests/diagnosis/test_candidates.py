"""Texts that staff have instead of an identifier: one candidate is inspected, several are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, Instance
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.conftest import Bench

UNREACHABLE = "118aff3c-434b-5acf-bea2-1b7fc3e2dc24"


def commands(inspection: Inspection) -> list[str]:
    """Return the commands of the steps."""
    return [step.command for step in inspection.steps]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "text", ["unreachable", "Unreachable", UNREACHABLE.upper(), UNREACHABLE.replace("-", ""), f"{{{UNREACHABLE}}}"]
)
def test_single_instance_is_inspected(world: World, bench: Bench, text: str) -> None:
    """By its name, or by any form of its UUID."""
    expected = check_inspection(world, bench, "triage_instance", instance_id=UNREACHABLE)

    assert expected.answer == check_inspection(world, bench, "triage_instance", instance_id=text).answer


def test_instance_is_found_by_its_address(world: World, bench: Bench) -> None:
    """In any form of the address."""
    instance_id = Instance.objects.get(name="six").provider_alias
    expected = check_inspection(world, bench, "triage_instance", instance_id=instance_id)

    assert expected.answer == check_inspection(world, bench, "triage_instance", instance_id="2001:DB8:0::10").answer


@pytest.mark.both_databases
def test_instances_of_a_user_are_listed(world: World, bench: Bench) -> None:
    """Those that have not ended, each with its command."""
    rows = Instance.objects.filter(created_by__username="zoë", end_date=None)
    ids = sorted(rows.values_list("provider_alias", flat=True))

    Instance.objects.filter(name="unreachable").update(created_by=AtmosphereUser.objects.get(username="zoë"))
    inspection = check_inspection(world, bench, "triage_instance", instance_id="zoë")

    assert "zoë can mean 2 instances. Choose one." == inspection.answer
    expected = sorted([*ids, UNREACHABLE])
    assert [f"runbook inspect triage_instance -p instance_id={each}" for each in expected] == sorted(
        commands(inspection)
    )


def test_unknown_text_stays_unknown(world: World, bench: Bench) -> None:
    """The error is that of the inspection."""
    with pytest.raises(TargetNotFound, match="there is no instance 'nosuchthing'"):
        check_inspection(world, bench, "triage_instance", instance_id="nosuchthing")
