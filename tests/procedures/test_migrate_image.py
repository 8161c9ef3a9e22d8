"""Migrating an image: every cause of a failing script is refused before it runs, and every copy is verified."""

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
    """Change an image in the fake Glance."""
    state = glance_state(bench.practice)
    glance_store.change(state, provider_id, key, lambda stored: (stored or {}) | facts)


def put(bench: Bench, provider_id: int, key: str, **facts: Any) -> None:
    """Add an image to the fake Glance."""
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


def test_complete_image_needs_no_change(world: World) -> None:
    """The plan shows the failures of a second run of the script."""
    because = (
        "application 1144 (Genome Workbench) is complete on provider 7: every active version has its records and its "
        "image"
    )
    planned = check_nothing_to_do(world, NAME, **{**GUIDE, "application_id": 1144}, because=because)

    assert ["a second run fails: provider 7 does not have projects with the names of these members"] == [
        text.partition(" of application")[0] for text in planned.warnings if text.startswith("a second run")
    ]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"application_id": 7}, "there is no application 7"),
        ({"source_provider_id": 6}, "there is no provider 6"),
        ({"destination_provider_id": 6}, "there is no provider 6"),
    ],
)
def test_missing_application_or_provider_is_not_found(
    world: World, bench: Bench, given: dict[str, int], text: str
) -> None:
    """Both are read before any cloud."""
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
def test_cause_of_a_failing_script_is_refused(world: World, bench: Bench, given: dict[str, int], text: str) -> None:
    """Each failure of the script is predicted, and nothing starts."""
    refused(world, bench, text, **given)


def test_all_causes_are_listed_at_once(world: World, bench: Bench) -> None:
    """Owner, members and an image, with the command that would run."""
    glance_store.change(glance_state(bench.practice), 4, image(1219), lambda _: None)

    text = refused(world, bench, "for 3 reason(s)", application_id=1219)

    assert "of the owner of application 1219" in text
    assert "with the names of these members of application 1219" in text
    assert f"Glance of provider 4 has no image {image(1219)}" in text
    assert f"the command would be: {START} 1219 7 --source-provider-id 4" in text


def test_missing_member_is_refused_unless_ignored(world: World, bench: Bench) -> None:
    """No cloud has a project with the name of the group joetest-lab."""
    InstanceSource.objects.filter(pk=source_id(1202, "2.0", 5)).update(identifier="another")
    ProviderMachine.objects.filter(pk=machine_id(1202, "2.0", 5)).update(application_version_id=None)
    given = {**GUIDE, "application_id": 1202, "destination_provider_id": 5}

    text = refused(world, bench, "with the names of these members of application 1202", **given)
    assert "'joetest-lab'; with ignore_missing_members=True it is not shared with them there" in text

    planned = plan(world, NAME, **given, ignore_missing_members=True)
    assert f"{START} 1202 5 --source-provider-id 4 --ignore-missing-members" == command(planned)
    assert "'joetest-lab'; it is not shared with them there" in "\n".join(planned.warnings)


def test_missing_owner_can_be_ignored(world: World) -> None:
    """The command has the flag, and the plan names the new owner."""
    planned = plan(world, NAME, **{**GUIDE, "application_id": 1220}, ignore_missing_owner=True)

    assert f"{START} 1220 7 --source-provider-id 4 --ignore-missing-owner" == command(planned)
    assert "the owner there becomes 'atmoadmin'" in "\n".join(planned.warnings)


def test_application_without_an_identity_is_refused(world: World, bench: Bench) -> None:
    """The script reads the owner from created_by_identity, and no flag helps."""
    Application.objects.filter(pk=1378).update(created_by_identity=None)

    refused(world, bench, "has no created_by_identity", ignore_missing_owner=True)


def test_provider_without_an_admin_is_refused(world: World, bench: Bench) -> None:
    """Every copy is shared with the administrator's project, or owned by it."""
    Provider.objects.get(pk=7).accountprovider_set.all().delete()

    refused(world, bench, "provider 7 has no admin identity with an existing project (none)")


@pytest.mark.parametrize("properties", [{"kernel_id": PARTS[0]}, {"ramdisk_id": PARTS[1]}])
def test_kernel_without_a_ramdisk_is_refused(world: World, bench: Bench, properties: dict[str, str]) -> None:
    """Upstream requires both or none."""
    change(bench, 4, UBUNTU, properties=properties)

    refused(world, bench, "names only one of kernel_id and ramdisk_id")


@pytest.mark.both_databases
def test_missing_kernel_is_refused_and_existing_kernel_is_copied(world: World, bench: Bench) -> None:
    """Both parts are copies of their own, with their sizes."""
    change(bench, 4, UBUNTU, properties=dict(zip(("kernel_id", "ramdisk_id"), PARTS, strict=True)))
    put(bench, 4, PARTS[0], size=5)
    refused(world, bench, f"its kernel or ramdisk: Glance of provider 4 has no image {PARTS[1]}")

    put(bench, 4, PARTS[1], size=7)
    planned = plan(world, NAME, **GUIDE)
    assert [UBUNTU, *PARTS] == [getattr(call, "target", "") for call in planned.changes[1:]]
    assert any(text.startswith(f"the script downloads 8.0 GiB ({IMAGE_BYTES + 12} bytes)") for text in planned.warnings)

    assert "applied" == apply(world, bench, planned).state
