"""write_support_report: both lists of the guide filled in, missing values marked, secrets masked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import ParamError, TargetNotFound
from runbook_lib.fixture.rows.launches import LAUNCHES
from runbook_lib.fixture.rows.nova import ORPHAN
from runbook_lib.messages.support_request import LISTS
from runbook_lib.model.inspection import Excerpt
from runbook_lib.systems.db.models.atmosphere.models import InstanceStatusHistory, MachineRequest
from runbook_lib.world.world import World
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from tests.conftest import Bench

NAME = "write_support_report"


def instance_id(name: str) -> str:
    """Return the UUID of the fixture's instance of this name."""
    return next(launch.instance_id for launch in LAUNCHES if launch.name == name)


def message(inspection: Inspection) -> str:
    """Return the message."""
    return next(part.text for part in inspection.parts if isinstance(part, Excerpt))


def value(inspection: Inspection, label: str) -> str:
    """Return the value after a label."""
    return next(line.partition(": ")[2] for line in message(inspection).split("\n") if line.startswith(f"{label}:"))


def test_every_line_of_the_guides_list_for_instances_is_filled_in(world: World, bench: Bench) -> None:
    """From the database, and the fault from Nova."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id("no-host"))

    assert [label for _, label, _ in LISTS["instance"]] == [
        line.partition(":")[0] for line in message(inspection).split("\n") if not line.startswith(("-", " "))
    ][: len(LISTS["instance"])]
    assert "joetest" == value(inspection, "Username")
    assert instance_id("no-host") == value(inspection, "Instance ID")
    assert "4 Jetstream - Indiana University" == value(inspection, "Cloud Provider")
    assert value(inspection, "Image/Application selected").startswith("Ubuntu 18.04 Server 1.0 (application 1378), ")
    assert value(inspection, "Size selected").startswith("m1.xxlarge (")
    assert "No valid host was found." == value(inspection, "Fault message from nova")
    assert "(MISSING: the instance's page in Troposphere, or 'nova show')" == value(inspection, "IP Address")
    assert "filled in, except IP Address; add these" in inspection.answer


def test_evidence_of_the_sources_follows_as_notes(world: World, bench: Bench) -> None:
    """The state, the workflows, the literal errors."""
    text = message(check_inspection(world, bench, NAME, instance_id=instance_id("unreachable")))

    assert "has been in deploy_error for 50 minutes" in text
    assert "Argo workflows: ansible-deploy-h5bpw Failed" in text
    assert "- Unreachable" in text
    assert "(ADD: what you tried, when, and the result)" in text


@pytest.mark.both_databases
def test_guides_list_for_imaging_requests_is_filled_in(world: World, bench: Bench) -> None:
    """With the traceback of the request."""
    request = MachineRequest.objects.filter(old_status__contains="ERROR").order_by("pk")[0]
    inspection = check_inspection(world, bench, NAME, request_id=request.pk)

    assert request.created_by.username == value(inspection, "Username")
    assert request.instance.provider_alias == value(inspection, "Instance ID")
    assert all(f"{label}:" in message(inspection) for _, label, _ in LISTS["imaging"])
    assert f"about imaging request {request.pk} is filled in" in inspection.answer


def test_secrets_are_masked(world: World, bench: Bench) -> None:
    """An error that Atmosphere stored can contain a token."""
    extra = {"display_error": "password=hunter2", "traceback": "Authorization: Token abcdef0123456789"}
    InstanceStatusHistory.objects.filter(instance__name="is-deploy_error").update(extra=extra)

    inspection = check_inspection(world, bench, NAME, instance_id=instance_id("is-deploy_error"))

    assert "(masked)" in message(inspection)
    assert "hunter2" not in str(inspection.as_json())
    assert "abcdef0123456789" not in str(inspection.as_json())


def test_missing_sources_are_marked(world: World, bench: Bench) -> None:
    """The message names them, so that its readers know what was not read."""
    endpoints = replace(world.endpoints, clouds={}, flower_url="", argo_url="", log_dir=None)
    inspection = check_inspection(World(endpoints), bench, NAME, instance_id=instance_id("is-error"))

    assert {"nova:4", "flower", "argo", "logs"} == {gap.source for gap in inspection.gaps}
    assert all(f"- unknown: {gap.source}: " in message(inspection) for gap in inspection.gaps)
    assert "(MISSING: nova show INSTANCE_ID)" == value(inspection, "Fault message from nova")


def test_server_without_a_row_shows_the_clouds_part(world: World, bench: Bench) -> None:
    """Its owner stays missing."""
    inspection = check_inspection(world, bench, NAME, instance_id=ORPHAN)

    assert value(inspection, "Username").startswith("(MISSING: ")
    assert "Insufficient compute resources" in value(inspection, "Fault message from nova")


@pytest.mark.parametrize("given", [{"instance_id": ""}, {"instance_id": ORPHAN, "request_id": 1}])
def test_exactly_one_object_must_be_given(world: World, bench: Bench, given: dict[str, Any]) -> None:
    """Neither, or both, is refused before anything is read."""
    with pytest.raises(ParamError, match="give either instance_id or request_id"):
        check_inspection(world, bench, NAME, **given)


@pytest.mark.parametrize("given", [{"instance_id": "nobody"}, {"request_id": 999_999}])
def test_missing_object_is_not_found(world: World, bench: Bench, given: dict[str, Any]) -> None:
    """An instance, or a request."""
    with pytest.raises(TargetNotFound):
        check_inspection(world, bench, NAME, **given)
