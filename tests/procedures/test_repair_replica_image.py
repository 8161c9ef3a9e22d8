"""Repairing a replica: what must not be deleted, what need not be, and exactly which rows go and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import app, image_id, version_id
from runbook_lib.fixture.rows.images import machine_id, source_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import (
    Application,
    ApplicationVersion,
    Instance,
    InstanceSource,
    ProviderMachine,
)
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    stored_rows,
    undo_plan,
)

if TYPE_CHECKING:
    from runbook_lib.errors import RunbookError
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "repair_replica_image"
COPY = "/opt/dev/atmosphere/scripts/application_to_provider.py"
SYNC = "/opt/dev/atmosphere/scripts/application_sync_providers.py"


def target(application_id: int, provider_id: int = 5, version: str = "1.0") -> dict[str, Any]:
    """Return the parameters."""
    return {"application_id": application_id, "version_name": version, "replica_provider_id": provider_id}


def image(application_id: int) -> str:
    """Return the UUID of an application's first image."""
    return image_id(application_id, app(application_id).versions[0])


def delete_image(bench: Bench, application_id: int, provider_id: int = 5) -> None:
    """Delete the image in Glance, as the guide's first step does."""
    state = glance_state(bench.practice)
    glance_store.change(state, provider_id, image(application_id), lambda _: None)


def alter_image(bench: Bench, application_id: int, provider_id: int = 5, **facts: Any) -> None:
    """Change the image in Glance."""
    state = glance_state(bench.practice)
    glance_store.change(state, provider_id, image(application_id), lambda stored: (stored or {}) | facts)


def refused(world: World, bench: Bench, text: str, **given: Any) -> RunbookError:
    """Check the refusal and return it."""
    return check_refuses(world, bench, NAME, Refused, text, **given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (target(9), "there is no application 9"),
        (target(1208, version="1.00"), "there is no version '1.00' in application 1208 (Lost Image)"),
        (target(1208, provider_id=66), "there is no provider 66"),
    ],
)
def test_missing_object_is_not_found(world: World, bench: Bench, given: dict[str, Any], text: str) -> None:
    """Application, version and provider; each error lists the existing ones."""
    check_refuses(world, bench, NAME, TargetNotFound, text, **given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (target(1204), "application 1204 (Retired Desktop) was end-dated"),
        (target(1144, version="0.9"), "application 1144 (Genome Workbench), version 0.9, was end-dated"),
        (target(1206, provider_id=8), "has the type mock"),
    ],
)
def test_copy_that_the_scripts_would_not_make_is_refused(
    world: World, bench: Bench, given: dict[str, Any], text: str
) -> None:
    """Its records would not return."""
    refused(world, bench, text, **given)


@pytest.mark.parametrize("application_id", [1208, 1212, 1213, 1216])
def test_master_is_kept_while_its_replica_is_broken(world: World, bench: Bench, application_id: int) -> None:
    """No other provider has a good copy, so it is the only one."""
    if application_id == 1216:
        delete_image(bench, 1216, 4)
    error = refused(world, bench, "", **target(application_id, provider_id=4))
    assert "keep the records" in error.next_step or "is not a replica" in error.what


def test_master_is_kept_beside_a_good_replica(world: World, bench: Bench) -> None:
    """Its image is gone and the replica's is good: it was made there, and a copy back needs no deletion."""
    delete_image(bench, 1378, 4)

    error = refused(world, bench, "is not a replica: it was made there", **target(1378, provider_id=4))
    assert error.next_step.endswith(f"{COPY} 1378 4 --source-provider-id 5")


def test_image_on_a_single_provider_is_refused(world: World, bench: Bench) -> None:
    """A copy with its own UUID is not a replica."""
    InstanceSource.objects.filter(pk=source_id(1208, "1.0", 5)).update(identifier="another")

    refused(world, bench, "only provider 5 has this image: it is not a replica", **target(1208))


def test_unreadable_master_is_not_called_good(world: World, bench: Bench) -> None:
    """Its Glance does not respond: nothing is deleted on a guess."""
    glance_store.fail(glance_state(bench.practice), 4, 503)

    error = refused(world, bench, "no other provider has a good copy", **target(1208))
    assert "Glance of provider 4" in error.why


def test_unreadable_replica_is_not_called_gone(world: World, bench: Bench) -> None:
    """Its Glance does not respond."""
    glance_store.fail(glance_state(bench.practice), 5, 503)

    check_refuses(world, bench, NAME, NotConnected, "Glance of provider 5", **target(1208))


def test_queued_image_is_copied_again(world: World, bench: Bench) -> None:
    """Nothing must be deleted; the refusal has the exact command."""
    error = refused(world, bench, "no deletion is necessary", **target(1212))
    assert f"{COPY} 1212 5 --source-provider-id 4 (procedure migrate_image" in error.next_step


def test_hidden_queued_image_is_copied_again_and_shown_by_hand(world: World, bench: Bench) -> None:
    """The script keeps the end date that the nightly task has set."""
    error = refused(world, bench, "no deletion is necessary", **target(1214))
    assert f"/admin/core/instancesource/{source_id(1214, '1.0', 5)}" in error.why


def test_good_copy_is_refused(world: World, bench: Bench) -> None:
    """It is active and has the same data as the master."""
    refused(world, bench, "is not broken: it is active and has the checksum", **target(1378))


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"status": "killed"}, "is killed in its Glance"),
        ({"status": "deactivated"}, "is deactivated in its Glance"),
        ({"checksum": "0" * 32}, "is active in its Glance, with another checksum"),
    ],
)
def test_broken_image_must_be_deleted_first(world: World, bench: Bench, facts: dict[str, str], text: str) -> None:
    """Otherwise the nightly task makes the records again; then comes the purge, then this procedure again."""
    alter_image(bench, 1378, **facts)

    error = refused(world, bench, text, **target(1378))
    assert f"image delete {image(1378)}" in error.next_step
    assert "'glance-manage db purge' (otherwise: HTTP 409); then plan again" in error.next_step
    assert "monitor_machines" in error.why


def test_queued_image_of_half_deleted_records_must_be_deleted_first(world: World, bench: Bench) -> None:
    """The script would stop at the remaining source."""
    state = glance_state(bench.practice)
    glance_store.put(state, glance_store.StoredImage(5, image(1216), status="queued", checksum=None, size=None))

    refused(world, bench, "is queued in its Glance", **target(1216))


def test_machine_of_another_version_is_refused(world: World, bench: Bench) -> None:
    """It was moved since; its deletion would empty that version."""
    other = version_id(1209, "1.0")
    ProviderMachine.objects.filter(pk=machine_id(1208, "1.0", 5)).update(application_version_id=other)

    refused(world, bench, "belongs to another version: CentOS 7 Desktop 1.0", **target(1208))


def test_provider_without_records_needs_no_repair(world: World) -> None:
    """The synchronization copies there anyway."""
    because = "provider 7 has no record of application 1208 (Lost Image) 1.0: the next synchronization copies it"
    check_nothing_to_do(world, NAME, because=because, **target(1208, provider_id=7))


@pytest.mark.both_databases
def test_second_repair_has_nothing_to_do(world: World, bench: Bench) -> None:
    """Running it again is harmless."""
    apply(world, bench, plan(world, NAME, **target(1208)))

    assert "provider 5 has no record" in plan(world, NAME, **target(1208)).because


@pytest.mark.both_databases
def test_only_the_replicas_rows_are_deleted_children_first(world: World, bench: Bench) -> None:
    """Membership, machine, source; the master with the same UUID stays, and so does everything else."""
    planned = plan(world, NAME, **target(1208))
    tables = ["provider_machine_membership", "provider_machine", "instance_source"]
    assert tables == [getattr(change, "table", "") for change in planned.changes]

    gone_source = source_id(1208, "1.0", 5)
    before = everything(bench)["atmosphere"]
    apply(world, bench, planned)
    after = everything(bench)["atmosphere"]

    gone = {table: [row for row in rows if row not in after[table]] for table, rows in before.items()}
    assert dict.fromkeys(tables, 1) == {table: len(rows) for table, rows in gone.items() if rows}
    assert gone_source not in [row["id"] for row in stored_rows("atmosphere", "instance_source")]
    assert InstanceSource.objects.filter(identifier=image(1208), provider_id=4).exists()


def test_first_warning_is_the_way_without_a_deletion(world: World) -> None:
    """Then the command that copies afterwards, the purge, the undo, and the memberships."""
    first, copy, purge, undo, members = plan(world, NAME, **target(1208)).warnings

    assert first.startswith("for this application alone, no deletion is necessary")
    assert f"{COPY} 1208 5 --source-provider-id 4. Only application_sync_providers.py" in first
    assert copy.endswith(f"{SYNC} 4 5 --limit-app-ids 1208")
    assert "HTTP 409" in purge
    assert "as long as nothing was copied again" in undo
    assert members.startswith("1 membership(s) go")


@pytest.mark.both_databases
@pytest.mark.parametrize("application_id", [1212, 1214, 1216])
def test_broken_copies_of_the_fixture_are_repaired_and_restored(
    world: World, bench: Bench, application_id: int
) -> None:
    """Once the image is gone; the copy whose machine was already deleted has only its source left."""
    delete_image(bench, application_id)
    planned = plan(world, NAME, **target(application_id))
    assert (1 if application_id == 1216 else 2) == len(planned.changes)

    check_round_trip(world, bench, NAME, **target(application_id))


def test_hidden_or_half_deleted_copy_has_no_other_way(world: World, bench: Bench) -> None:
    """With those records the script would leave it hidden, or stop."""
    delete_image(bench, 1214)
    for application_id in (1214, 1216):
        assert not any(
            "no deletion is necessary" in warning for warning in plan(world, NAME, **target(application_id)).warnings
        )


@pytest.mark.both_databases
def test_instance_launched_after_the_plan_stops_the_repair(world: World, bench: Bench) -> None:
    """The procedure now refuses, and nothing is deleted."""
    planned = plan(world, NAME, **target(1208))
    Instance.objects.filter(name="six").update(source_id=source_id(1208, "1.0", 5))
    before = everything(bench)

    with pytest.raises(StalePlan, match=r"now refuses to do what was planned: .*used by 1 instance"):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["master", "version"])
def test_changed_master_or_version_makes_the_plan_stale(world: World, bench: Bench, what: str) -> None:
    """It was end-dated since."""
    planned = plan(world, NAME, **target(1208))
    if what == "master":
        InstanceSource.objects.filter(pk=source_id(1208, "1.0", 4)).update(end_date=NOW)
    else:
        ApplicationVersion.objects.filter(pk=version_id(1208, "1.0")).update(end_date=NOW)

    with pytest.raises(StalePlan, match="end_date"):
        apply(world, bench, planned)


@pytest.mark.both_databases
def test_undo_is_refused_after_a_new_copy(world: World, bench: Bench) -> None:
    """The new source is in the place of the old one."""
    outcome = apply(world, bench, plan(world, NAME, **target(1208)))
    owner = Application.objects.get(pk=1208).created_by_id
    InstanceSource.objects.create(identifier=image(1208), provider_id=5, created_by_id=owner)
    before = everything(bench)

    with pytest.raises((Refused, StalePlan)):
        undo_plan(world, bench, outcome.run_id)
    assert before == everything(bench)
