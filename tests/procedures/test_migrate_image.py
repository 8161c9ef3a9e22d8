"""Migrating an image: what would make the script fail is told before it runs, every copy is looked up afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import app, image_id
from runbook_lib.fixture.rows.images import IMAGE_BYTES, machine_id, source_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.model import System, SystemId
from runbook_lib.systems.db.models.atmosphere.models import Application, InstanceSource, Provider, ProviderMachine
from tests.checks import apply, check_nothing_to_do, check_refuses, plan

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "migrate_image"
START = (
    "env PYTHONPATH=/opt/dev/atmosphere DJANGO_SETTINGS_MODULE=atmosphere.settings /opt/env/atmo/bin/python "
    "/opt/dev/atmosphere/scripts/application_to_provider.py"
)
GUIDE = {"application_id": 1378, "source_provider_id": 4, "destination_provider_id": 7}
UBUNTU = image_id(1378, app(1378).versions[0])
PARTS = ("11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002")


def image(application_id: int, version: int = 0) -> str:
    """Return the UUID of an application's image."""
    return image_id(application_id, app(application_id).versions[version])


def change(bench: Bench, provider_id: int, key: str, **facts: Any) -> None:
    """Change an image in the stand-in for Glance."""
    state = glance_state(bench.practice)
    glance_store.change(state, provider_id, key, lambda there: (there or {}) | facts)


def put(bench: Bench, provider_id: int, key: str, **facts: Any) -> None:
    """Add an image to the stand-in for Glance."""
    glance_store.put(glance_state(bench.practice), glance_store.StoredImage(provider_id, key, **facts))


def command(planned: Plan) -> str:
    """Return the command that a plan runs."""
    call = planned.changes[0]
    assert SystemId(System.HOST) == getattr(call, "system", None)
    return str(getattr(call, "target", ""))


def refused(world: World, bench: Bench, text: str, **given: Any) -> str:
    """Check the refusal and return its reasons and next step."""
    error = check_refuses(world, bench, NAME, Refused, text, **{**GUIDE, **given})
    return f"{error.why}\n{error.next_step}"


def test_an_image_that_is_complete_there_is_left_alone(world: World) -> None:
    """A second run does nothing, and says what would fail if the script were run all the same."""
    because = (
        "application 1144 (Genome Workbench) is complete on provider 7: every active version has its records and its "
        "image"
    )
    planned = check_nothing_to_do(world, NAME, **{**GUIDE, "application_id": 1144}, because=because)

    assert ["run again, it fails: provider 7 does not have projects with the names of these members"] == [
        text.partition(" of application")[0] for text in planned.warnings if text.startswith("run again")
    ]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"application_id": 7}, "there is no application 7"),
        ({"source_provider_id": 6}, "there is no provider 6"),
        ({"destination_provider_id": 6}, "there is no provider 6"),
    ],
)
def test_what_does_not_exist_is_not_found(world: World, bench: Bench, given: dict[str, int], text: str) -> None:
    """Application and providers are looked up before any cloud."""
    check_refuses(world, bench, NAME, TargetNotFound, text, **{**GUIDE, **given})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"destination_provider_id": 4}, "source and destination are the same provider, 4"),
        ({"destination_provider_id": 8}, "has the type mock, without a cloud behind it"),
        ({"destination_provider_id": 3}, "is no longer in use"),
        ({"source_provider_id": 3}, "is no longer in use"),
        ({"destination_provider_id": 9}, "provider 9 has no cloud configured"),
        ({"application_id": 1204}, "was end-dated on 2025-12-06"),
        ({"application_id": 1218}, "has no active version, so the script would do nothing"),
        ({"application_id": 1206}, "has no machine on provider 4, so the whole application fails"),
        (
            {"application_id": 1208, "source_provider_id": 5},
            f"Glance of provider 5 has no image {image(1208)}",
        ),
        ({"application_id": 1212, "source_provider_id": 5}, "is queued on provider 5, so its data cannot be read"),
        (
            {"application_id": 1213, "destination_provider_id": 5},
            "is killed on provider 5, and only a queued image accepts data",
        ),
        (
            {"application_id": 1216, "destination_provider_id": 5},
            f"instance_source {source_id(1216, '1.0', 5)} already has this image on provider 5",
        ),
        (
            {"application_id": 1219},
            "does not have the project 'zoë' of the owner of application 1219",
        ),
    ],
)
def test_what_would_make_the_script_fail_is_refused(
    world: World, bench: Bench, given: dict[str, int], text: str
) -> None:
    """Each of the script's own failures is foreseen, and nothing is begun."""
    refused(world, bench, text, **given)


def test_everything_that_stands_in_the_way_is_told_at_once(world: World, bench: Bench) -> None:
    """Owner, members and an image, with the command that would run."""
    glance_store.change(glance_state(bench.practice), 4, image(1219), lambda _: None)

    told = refused(world, bench, "for 3 reason(s)", application_id=1219)

    assert "of the owner of application 1219" in told
    assert "with the names of these members of application 1219" in told
    assert f"Glance of provider 4 has no image {image(1219)}" in told
    assert f"the command would be: {START} 1219 7 --source-provider-id 4" in told


def test_a_missing_member_is_refused_and_accepted_when_asked_for(world: World, bench: Bench) -> None:
    """The group joetest-lab has no project of its name anywhere."""
    InstanceSource.objects.filter(pk=source_id(1202, "2.0", 5)).update(identifier="another")
    ProviderMachine.objects.filter(pk=machine_id(1202, "2.0", 5)).update(application_version_id=None)
    given = {**GUIDE, "application_id": 1202, "destination_provider_id": 5}

    told = refused(world, bench, "with the names of these members of application 1202", **given)
    assert "'joetest-lab'; with ignore_missing_members=True it is not shared with them there" in told

    planned = plan(world, NAME, **given, ignore_missing_members=True)
    assert f"{START} 1202 5 --source-provider-id 4 --ignore-missing-members" == command(planned)
    assert "'joetest-lab'; it is not shared with them there" in "\n".join(planned.warnings)


def test_a_missing_owner_is_accepted_when_asked_for(world: World) -> None:
    """The flag is passed on, and the plan names the new owner."""
    planned = plan(world, NAME, **{**GUIDE, "application_id": 1220}, ignore_missing_owner=True)

    assert f"{START} 1220 7 --source-provider-id 4 --ignore-missing-owner" == command(planned)
    assert "the owner there becomes 'atmoadmin'" in "\n".join(planned.warnings)


def test_an_application_without_an_identity_is_refused(world: World, bench: Bench) -> None:
    """The script takes the owner from created_by_identity, and no flag helps."""
    Application.objects.filter(pk=1378).update(created_by_identity=None)

    refused(world, bench, "has no created_by_identity", ignore_missing_owner=True)


def test_a_provider_without_an_admin_is_refused(world: World, bench: Bench) -> None:
    """Every copy is shared with the administrator's project, or owned by it."""
    Provider.objects.get(pk=7).accountprovider_set.all().delete()

    refused(world, bench, "provider 7 has no admin identity with an existing project (none)")


@pytest.mark.parametrize("properties", [{"kernel_id": PARTS[0]}, {"ramdisk_id": PARTS[1]}])
def test_a_kernel_without_a_ramdisk_is_refused(world: World, bench: Bench, properties: dict[str, str]) -> None:
    """Upstream wants both or none."""
    change(bench, 4, UBUNTU, properties=properties)

    refused(world, bench, "names only one of kernel_id and ramdisk_id")


@pytest.mark.both_databases
def test_a_kernel_that_is_gone_is_refused_and_one_that_is_there_is_copied(world: World, bench: Bench) -> None:
    """Both parts are copies of their own, with their sizes."""
    change(bench, 4, UBUNTU, properties=dict(zip(("kernel_id", "ramdisk_id"), PARTS, strict=True)))
    put(bench, 4, PARTS[0], size=5)
    refused(world, bench, f"its kernel or ramdisk: Glance of provider 4 has no image {PARTS[1]}")

    put(bench, 4, PARTS[1], size=7)
    planned = plan(world, NAME, **GUIDE)
    assert [UBUNTU, *PARTS] == [getattr(call, "target", "") for call in planned.changes[1:]]
    assert any(text.startswith(f"the script downloads 8.0 GiB ({IMAGE_BYTES + 12} bytes)") for text in planned.warnings)

    assert "applied" == apply(world, bench, planned).state
