"""check_replicas: each difference between rows and clouds is listed once, with the command that fixes it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected, Refused, TargetNotFound
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import app, image_id
from runbook_lib.fixture.rows.glance import LEFTOVER_SNAPSHOT
from runbook_lib.fixture.rows.requests import unfinished_image
from runbook_lib.fixture.rows.users import group_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import ApplicationMembership, InstanceSource, ProviderMachine
from runbook_lib.systems.openstack import Glance
from runbook_lib.world.world import World
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from tests.conftest import Bench

NAME = "check_replicas"
GOOD = 1209  # the same on 4, 5 and 7


def findings(inspection: Any) -> set[tuple[str, int, int | None]]:
    """Return kind, provider and application of each difference."""
    return {row[:3] for row in inspection.parts[1].rows}


def check(world: World, bench: Bench, application_id: int | None = None, master: int = 4) -> Inspection:
    """Return the inspection of one application, or of all."""
    given = {} if application_id is None else {"application_id": application_id}
    return check_inspection(world, bench, NAME, master_provider_id=master, **given)


def image(application_id: int) -> str:
    """Return the UUID of an application's first version."""
    return image_id(application_id, app(application_id).versions[0])


def change(bench: Bench, application_id: int, provider_id: int, **fields: Any) -> None:
    """Change an image in one cloud; ``property_…`` is a custom property."""

    def edit(stored: dict[str, Any] | None) -> dict[str, Any]:
        assert stored is not None
        own = {key.removeprefix("property_"): value for key, value in fields.items() if key.startswith("property_")}
        rest = {key: value for key, value in fields.items() if not key.startswith("property_")}
        return {**stored, **rest, "properties": {**stored["properties"], **own}}

    glance_store.change(glance_state(bench.practice), provider_id, image(application_id), edit)


@pytest.mark.parametrize(
    ("difference", "command"),
    [
        (("not in Glance", 5, 1208), "runbook plan repair_replica_image -p application_id=1208 -p version_name=1.0"),
        (("not public in Glance", 5, 1210), "runbook plan publicize_image -p application_id=1210"),
        (("public in Glance, private in Atmosphere", 4, 1211), "openstack --os-cloud fixture-4 image set --shared"),
        (("not active", 5, 1212), "runbook plan migrate_image -p application_id=1212 -p destination_provider_id=5"),
        (("not active", 5, 1213), "runbook plan repair_replica_image -p application_id=1213 -p version_name=1.0"),
        (("end-dated on the replica", 5, 1214), ""),
        (("not active", 5, 1214), "runbook plan migrate_image -p application_id=1214"),
        (("source without machine", 5, 1216), "runbook plan repair_replica_image -p application_id=1216"),
        (("not copied", 7, 1378), "runbook plan sync_replica_images -p master_provider_id=4 -p replica_provider_ids=7"),
    ],
)
def test_each_difference_of_the_fixture_has_its_command(
    world: World, bench: Bench, difference: tuple[str, int, int], command: str
) -> None:
    """The inspection of all images lists it, with its step."""
    inspection = check(world, bench)

    assert difference in findings(inspection)
    assert any(step.command.startswith(command) for step in inspection.steps)


def test_equal_copies_are_not_listed(world: World, bench: Bench) -> None:
    """Three good copies of a public and of a private image need no step."""
    inspection = check(world, bench, GOOD)

    assert (set(), ()) == (findings(inspection), inspection.steps)
    assert "3 copies of 1 images, clouds of providers 4, 5, 7: no differences." == inspection.answer
    assert set() == findings(check(world, bench, 1144))


@pytest.mark.parametrize(
    ("fields", "kind", "procedure"),
    [
        ({"checksum": "0" * 32}, "another checksum", "repair_replica_image"),
        ({"size": 1}, "another size", "repair_replica_image"),
        ({"status": "killed"}, "not active", "repair_replica_image"),
        ({"status": "queued"}, "not active", "migrate_image"),
        ({"status": "deactivated"}, "not active", ""),
        ({"visibility": "shared"}, "not public in Glance", "publicize_image"),
        ({"visibility": "private"}, "not public in Glance", "publicize_image"),
        ({"visibility": "community"}, "not public in Glance", "publicize_image"),
        ({"visibility": "of a later release"}, "not public in Glance", "publicize_image"),
        ({"owner": "somebody-else"}, "another owner", "migrate_image"),
        ({"property_application_owner": "joetest"}, "another owner", "migrate_image"),
        ({"property_version_name": "2.0"}, "other metadata", "migrate_image"),
        ({"property_application_name": "Another"}, "other metadata", "migrate_image"),
    ],
)
def test_each_defect_of_a_replica_is_listed(
    world: World, bench: Bench, fields: dict[str, Any], kind: str, procedure: str
) -> None:
    """One value in one cloud changes, and only that difference is listed."""
    change(bench, GOOD, 5, **fields)

    inspection = check(world, bench, GOOD)

    assert {(kind, 5, GOOD)} == findings(inspection)
    assert [procedure] == [step.command.split()[2] if step.command else "" for step in inspection.steps]


def test_member_without_access_to_the_copy_is_listed(world: World, bench: Bench) -> None:
    """The rows share the image with a member, but the cloud does not, until it does."""
    ApplicationMembership.objects.create(application_id=1203, group_id=group_id("joetest"), can_edit=False)
    assert set() == {row for row in findings(check(world, bench, 1203)) if row[0] == "other members"}

    change(bench, 1203, 5, members=[])

    assert ("other members", 5, 1203) in findings(check(world, bench, 1203))


@pytest.mark.parametrize(
    ("visibility", "kind"),
    [
        ("shared", ""),
        ("private", "other members"),
        ("public", "public in Glance, private in Atmosphere"),
        ("community", "public in Glance, private in Atmosphere"),
        ("of a later release", "public in Glance, private in Atmosphere"),
    ],
)
def test_private_image_must_be_shared_in_glance(world: World, bench: Bench, visibility: str, kind: str) -> None:
    """Any visibility but shared and private can open the image to all; private excludes its members."""
    ApplicationMembership.objects.create(application_id=1203, group_id=group_id("joetest"), can_edit=False)
    kinds = {"other members", "public in Glance, private in Atmosphere"}
    before = {row for row in findings(check(world, bench, 1203)) if row[0] in kinds}

    change(bench, 1203, 5, visibility=visibility)

    after = {row for row in findings(check(world, bench, 1203)) if row[0] in kinds}
    assert ({(kind, 5, 1203)} if kind else set()) == after - before


def test_kernel_is_not_an_unknown_image(world: World, bench: Bench) -> None:
    """Kernel and ramdisk are images without rows, but another image names them."""
    change(bench, GOOD, 4, property_kernel_id=LEFTOVER_SNAPSHOT)

    assert LEFTOVER_SNAPSHOT not in {row[5] for row in check(world, bench).parts[1].rows}  # type: ignore[union-attr]


def test_images_without_rows_are_explained(world: World, bench: Bench) -> None:
    """One is a leftover snapshot; one was uploaded by an unfinished request, and its step is that request's triage."""
    inspection = check(world, bench)
    unknown = {row[5]: row[4] for row in inspection.parts[1].rows if row[0] == "image without rows"}  # type: ignore[union-attr]

    assert "a leftover snapshot of an imaging request" in unknown[LEFTOVER_SNAPSHOT]
    assert "uploaded by imaging request 16519" in unknown[unfinished_image("server-ref")]
    assert "runbook inspect triage_imaging_request -p request_id=16519" in {step.command for step in inspection.steps}


def test_end_date_on_the_master_alone_is_listed(world: World, bench: Bench) -> None:
    """The image was retired there, but can still be launched elsewhere."""
    InstanceSource.objects.filter(identifier=image(GOOD), provider_id=4).update(end_date=world.now())

    expected = {("end-dated on the master", provider_id, GOOD) for provider_id in (5, 7)}
    assert expected == findings(check(world, bench, GOOD))


def test_broken_master_is_not_repaired_by_a_copy(world: World, bench: Bench) -> None:
    """No step would delete or overwrite the good copy."""
    change(bench, GOOD, 4, status="killed")

    inspection = check(world, bench, GOOD)

    assert {("not active", 4, GOOD)} == findings(inspection)
    assert ["tools/support.html"] == [step.page for step in inspection.steps]


def test_another_master_reverses_the_comparison(world: World, bench: Bench) -> None:
    """With provider 5 as the master, its broken copy is the master's."""
    inspection = check(world, bench, 1213, master=5)

    assert {("not active", 5, 1213), ("not copied", 7, 1213)} == findings(inspection)


def test_each_cloud_gets_one_list_request(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an image that the list omits gets its own request, by UUID."""
    asked: list[int] = []
    read = Glance.image

    def counted(self: Glance, key: str) -> Any:
        asked.append(self.provider_id)
        return read(self, key)

    monkeypatch.setattr(Glance, "image", counted)

    check(world, bench)

    assert [5] == asked  # the image that is gone


@pytest.mark.both_databases
def test_unresponsive_cloud_is_a_missing_source(world: World, bench: Bench) -> None:
    """Its images are not reported missing, and the rows are still compared."""
    glance_store.fail(glance_state(bench.practice), 5, 503)

    inspection = check(world, bench)

    assert ["glance:5", "glance:9"] == sorted(gap.source for gap in inspection.gaps)
    assert {("end-dated on the replica", 5, 1214), ("source without machine", 5, 1216)} <= findings(inspection)
    assert set() == {row for row in findings(inspection) if row[0] in {"not in Glance", "not active"}}


def test_slow_cloud_is_a_missing_source(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other clouds are still compared."""
    all_images = Glance.all_images

    def slow(self: Glance) -> Any:
        return time.sleep(30) if self.provider_id == 7 else all_images(self)

    monkeypatch.setattr(Glance, "all_images", slow)
    asked = World.ask
    monkeypatch.setattr(World, "ask", lambda self, sources, **_: asked(self, sources, seconds=3))

    inspection = check(world, bench)

    assert any(gap.source == "glance:7" and "did not respond within 3 s" in gap.why for gap in inspection.gaps)
    assert ("not active", 5, 1212) in findings(inspection)


def test_rows_are_compared_without_clouds(bench: Bench) -> None:
    """Each cloud is a missing source that names its setting."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check(world, bench)

    assert "clouds of providers none" in inspection.answer
    assert ("end-dated on the replica", 5, 1214) in findings(inspection)
    assert {True} == {"RUNBOOK_CLOUDS" in gap.how for gap in inspection.gaps}


def test_missing_database_is_refused(bench: Bench) -> None:
    """Nothing can be compared without rows."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check(world, bench)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ({"master": 99}, TargetNotFound, "provider 99"),
        ({"master": 3}, Refused, "is no longer in use"),
        ({"application_id": 999999}, TargetNotFound, "application 999999"),
        ({"application_id": 1204}, Refused, "has nothing to compare"),
        ({"application_id": 1218}, Refused, "has nothing to compare"),
    ],
)
def test_impossible_comparison_is_refused(
    world: World, bench: Bench, given: dict[str, Any], kind: type[Exception], text: str
) -> None:
    """An empty answer would look like a good one."""
    with pytest.raises(kind, match=text):
        check(world, bench, **given)


def test_hidden_image_is_not_reported_missing(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list omits hidden images; a request for the UUID does not."""
    all_images = Glance.all_images
    monkeypatch.setattr(
        Glance, "all_images", lambda self: {key: value for key, value in all_images(self).items() if key != image(GOOD)}
    )

    assert not any(row[2] == GOOD for row in findings(check(world, bench)))


def test_machine_without_a_version_is_left_out(world: World, bench: Bench) -> None:
    """The column can be NULL; such a machine is not a copy of a version."""
    assert ProviderMachine.objects.filter(application_version=None).exists()

    assert not any("None" in str(row) for row in check(world, bench).parts[1].rows if row[2] is not None)  # type: ignore[union-attr]
