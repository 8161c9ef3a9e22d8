"""Finding objects: every form of an identifier, every kind of object, and what could not be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NothingChanged, TargetNotFound
from runbook_lib.fixture.rows.images import PLACED
from runbook_lib.fixture.rows.nova import ORPHAN
from runbook_lib.model.inspection import Table
from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSource,
    ApplicationVersion,
    AtmosphereUser,
    Identity,
    Instance,
    MachineRequest,
    Project,
    Provider,
    ResourceRequest,
    Volume,
)
from runbook_lib.world.world import World
from tests.checks import check_inspection

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model.inspection import Inspection
    from tests.conftest import Bench

NAME = "find_object"
EXACT, PARTS = "Objects with this identifier or name", "Objects whose name contains it"


def rows(inspection: Inspection, title: str = EXACT) -> list[tuple[object, ...]]:
    """Return the rows of a table; none if it is missing."""
    return [row for part in inspection.parts if isinstance(part, Table) and part.title == title for row in part.rows]


def kinds(inspection: Inspection) -> list[tuple[object, object]]:
    """Return kind and place of each exact match."""
    return [(row[0], row[1]) for row in rows(inspection)]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "form", [str, str.upper, lambda uuid: uuid.replace("-", ""), lambda uuid: f"{{{uuid.upper()}}}", " {} ".format]
)
def test_uuid_is_found_in_any_form(world: World, bench: Bench, form: Callable[[str], str]) -> None:
    """An instance and its server have the same UUID."""
    instance = Instance.objects.get(name="unreachable")

    inspection = check_inspection(world, bench, NAME, text=form(instance.provider_alias).strip())

    assert [("instance", "atmosphere"), ("server", "nova:5")] == kinds(inspection)
    command = f"runbook inspect triage_instance -p instance_id={instance.provider_alias}"
    assert [command] == [step.command for step in inspection.steps]


@pytest.mark.both_databases
def test_every_kind_is_found_by_its_uuid(world: World, bench: Bench) -> None:
    """Each has the command that continues with it."""
    request = MachineRequest.objects.order_by("pk")[0]
    source = AllocationSource.objects.get(name="joetest")
    expected = {
        str(AtmosphereUser.objects.get(username="joetest").uuid): ("user", "show_account -p username=joetest"),
        str(ApplicationVersion.objects.order_by("pk")[0].pk): ("version", "check_replicas"),
        str(Provider.objects.get(pk=5).uuid): ("provider", "check_instances -p provider_id=5"),
        str(Identity.objects.filter(created_by__username="joetest")[0].uuid): ("identity", "username=joetest"),
        str(request.uuid): ("imaging request", f"triage_imaging_request -p request_id={request.pk}"),
        str(ResourceRequest.objects.order_by("pk")[0].uuid): ("resource request", "show_account"),
        str(source.uuid): ("allocation source", "runbook show change_allocation"),
        str(Project.objects.get(name="joetest's project").uuid): ("project", "show_account -p username=joetest"),
    }
    for uuid, (kind, command) in expected.items():
        inspection = check_inspection(world, bench, NAME, text=uuid)

        assert [kind] == [row[0] for row in rows(inspection)]
        assert command in inspection.steps[0].command


def test_volume_and_machine_are_found_by_the_clouds_uuid(world: World, bench: Bench) -> None:
    """Atmosphere stores it as text."""
    volume = Volume.objects.select_related("instance_source").get(name="old data")
    image = next(placed.image for placed in PLACED if placed.app.id == 1144)

    (row,) = rows(check_inspection(world, bench, NAME, text=volume.instance_source.identifier.upper()))
    assert ("volume", "old data", "joetest", "ended 2026-01-05") == (row[0], *row[3:])
    inspection = check_inspection(world, bench, NAME, text=image)
    assert {"machine", "image"} == {row[0] for row in rows(inspection)}
    assert "check_replicas" in inspection.steps[0].command


def test_server_without_a_row_is_found_in_nova(world: World, bench: Bench) -> None:
    """Only the cloud has it."""
    assert [("server", "nova:5")] == kinds(check_inspection(world, bench, NAME, text=ORPHAN))


@pytest.mark.both_databases
@pytest.mark.parametrize("text", ["joetest", "JoeTest", "'joetest'"])
def test_name_is_found_without_regard_to_case(world: World, bench: Bench, text: str) -> None:
    """Exact names come first, names that contain it separately."""
    inspection = check_inspection(world, bench, NAME, text=text)

    expected = [("user", "atmosphere"), ("allocation source", "atmosphere"), ("user", "troposphere")]
    assert expected == kinds(inspection)
    assert "joetest2" in [row[3] for row in rows(inspection, PARTS)]
    assert "runbook inspect show_account -p username=joetest" == inspection.steps[0].command


def test_server_is_found_by_its_name(world: World, bench: Bench) -> None:
    """A name in Nova can differ from Atmosphere's."""
    assert [("server", "nova:5")] == kinds(check_inspection(world, bench, NAME, text="nobody's"))


@pytest.mark.both_databases
@pytest.mark.parametrize("text", ["2001:db8::10", "2001:DB8:0:0:0:0:0:10", "[2001:db8::10]"])
def test_address_is_found_in_any_form(world: World, bench: Bench, text: str) -> None:
    """The databases and Nova are asked for its usual form."""
    assert [("instance", "atmosphere"), ("server", "nova:4")] == kinds(check_inspection(world, bench, NAME, text=text))


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("16528", "imaging request", "16528"),
        ("#16528", "imaging request", "16528"),
        ("https://atmo.example.org/application/images/1144", "application", "1144"),
        ("https://atmo.example.org/application/images/1144/tag?x=1", "application", "1144"),
    ],
)
def test_number_is_found_in_any_form(world: World, bench: Bench, text: str, kind: str, key: str) -> None:
    """Of a page's address, the last number counts."""
    assert (kind, key) in [(row[0], row[2]) for row in rows(check_inspection(world, bench, NAME, text=text))]


def test_part_of_a_name_is_found(world: World, bench: Bench) -> None:
    """The answer says that nothing is exactly that."""
    inspection = check_inspection(world, bench, NAME, text="jetstream")

    assert "2 names contain jetstream, and nothing is exactly that." == inspection.answer
    assert ["provider", "provider"] == [row[0] for row in rows(inspection, PARTS)]


def test_unknown_object_is_not_found(world: World, bench: Bench) -> None:
    """The error names what was asked."""
    with pytest.raises(TargetNotFound, match="no object 'nosuchthing' in atmosphere, troposphere, nova:4"):
        check_inspection(world, bench, NAME, text="nosuchthing")


def test_wildcards_are_literal(world: World, bench: Bench) -> None:
    """A percent sign is not a pattern."""
    with pytest.raises(TargetNotFound, match="no object 'joe%test'"):
        check_inspection(world, bench, NAME, text="joe%test")


def test_cloud_that_rejects_the_request_is_a_missing_source(world: World, bench: Bench) -> None:
    """A member's account cannot search all projects."""
    other = World(replace(world.endpoints, clouds={4: "fixture-4-member"}))

    inspection = check_inspection(other, bench, NAME, text="joetest")

    assert ["nova:4"] == [gap.source for gap in inspection.gaps]


def test_no_source_is_refused(world: World, bench: Bench) -> None:
    """The first source's error is shown."""
    endpoints = replace(world.endpoints, clouds={}, databases={})
    with World(endpoints) as other, pytest.raises(NothingChanged):
        check_inspection(other, bench, NAME, text="joetest")


def test_missing_systems_leave_the_answer_open(bench: Bench) -> None:
    """Another system can have the object, so its absence is not claimed."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME, text=ORPHAN)

    assert f"{ORPHAN} is not in troposphere. It is unknown whether another system has it." == inspection.answer
    assert "atmosphere" in {gap.source for gap in inspection.gaps}
