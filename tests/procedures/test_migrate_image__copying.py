"""Migrating an image: the planned command, its result, and a command that fails."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from runbook_lib import params, procedures
from runbook_lib.errors import CannotUndo, NotConnected, OutcomeUnknown, Refused, StalePlan
from runbook_lib.fixture.clock import ago
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import version_id
from runbook_lib.fixture.rows.images import IMAGE_BYTES, machine_id
from runbook_lib.fixture.rows.users import project_uuid
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import InstanceSource, ProviderMachine
from tests.checks import apply, before_call, check_refuses, everything, plan, undo_plan
from tests.procedures.test_migrate_image import GUIDE, NAME, START, UBUNTU, change, command, image, put

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def test_plan_has_the_command_and_the_copy(world: World) -> None:
    """The table has name, size and UUID; the warnings name the space on the host and the 409."""
    planned = plan(world, NAME, **GUIDE)

    assert f"{START} 1378 7 --source-provider-id 4" == command(planned)
    copy = planned.changes[1].describe()
    expected = f'call   copy:7 {UBUNTU}  version {version_id(1378, "1.0")}: "absent" → "complete"  (irreversible)'
    assert expected == copy
    assert planned.warnings[0] == (
        f"to copy: Ubuntu 18.04 Server v.1.0 → provider 7: 8.0 GiB ({IMAGE_BYTES} bytes), image {UBUNTU} (absent now)"
    )
    assert "LOCAL_STORAGE" in planned.warnings[1]
    assert "glance-manage db purge" in planned.warnings[2]


def test_arguments_are_numbers_and_fixed_words(world: World) -> None:
    """No character of a parameter reaches a shell."""
    arguments = shlex.split(command(plan(world, NAME, **GUIDE)))

    assert ["1378", "7", "--source-provider-id", "4"] == arguments[-4:]


@pytest.mark.both_databases
def test_queued_copy_is_completed(world: World, bench: Bench) -> None:
    """Records and image exist without the data: this repair deletes nothing."""
    planned = plan(world, NAME, **{**GUIDE, "application_id": 1212, "destination_provider_id": 5})
    assert '"recorded, image queued" → "complete"' in planned.changes[1].describe()

    assert "applied" == apply(world, bench, planned).state


def test_existing_image_only_gets_its_records(world: World, bench: Bench) -> None:
    """Nothing is transferred; a different checksum is reported and stays."""
    put(bench, 7, UBUNTU, checksum="another")

    planned = plan(world, NAME, **GUIDE)

    assert '"not recorded, image active" → "complete"' in planned.changes[1].describe()
    assert "records and metadata only" in planned.warnings[0]
    assert "the data on provider 7 differs; the script does not change it" in planned.warnings[-1]


@pytest.mark.parametrize(("provider_id", "text"), [(4, "a new copy is end-dated too"), (7, "stays hidden")])
def test_end_dates_are_reported(world: World, provider_id: int, text: str) -> None:
    """A new copy gets the end date of its source; an old copy keeps its own."""
    machine = ProviderMachine.objects.get(pk=machine_id(1144, "1.1", provider_id))
    InstanceSource.objects.filter(pk=machine.instance_source_id).update(end_date=ago(days=1))

    assert text in "\n".join(plan(world, NAME, **{**GUIDE, "application_id": 1144}).warnings)


def test_two_machines_on_the_source_are_reported(world: World) -> None:
    """The database chooses which one the script uses."""
    planned = plan(world, NAME, **{**GUIDE, "application_id": 1144})

    assert "Genome Workbench v.1.0 has 2 machines on provider 4" in "\n".join(planned.warnings)


def test_unreachable_cloud_is_not_connected(world: World, bench: Bench) -> None:
    """Nothing is planned on a partial answer."""
    glance_store.fail(glance_state(bench.practice), 4, 503)

    check_refuses(world, bench, NAME, NotConnected, "Glance of provider 4", **GUIDE)


@pytest.mark.both_databases
def test_copy_matches_upstreams(world: World, bench: Bench) -> None:
    """Two rows and an image, with owner and end date as upstream writes them; everything else is untouched."""
    before = everything(bench)

    outcome = apply(world, bench, plan(world, NAME, **GUIDE))

    assert "applied" == outcome.state
    after = everything(bench)
    copy = after["glance"].pop(f"glance:7/{UBUNTU}")
    assert ("active", "public", IMAGE_BYTES) == (copy["status"], copy["visibility"], copy["size"])
    assert project_uuid("imageauthor", 7) == copy["owner"]
    assert before["glance"] == after["glance"]
    source = InstanceSource.objects.get(provider_id=7, identifier=UBUNTU)
    assert source.size_bytes == 0
    assert source.created_by_identity_id is None
    assert source.end_date is None
    machine = ProviderMachine.objects.get(instance_source=source)
    assert version_id(1378, "1.0") == str(machine.application_version_id)
    for table in ("instance_source", "provider_machine"):
        rows = [kept for kept in after["atmosphere"][table] if kept in before["atmosphere"][table]]
        assert 1 == len(after["atmosphere"][table]) - len(rows)
        after["atmosphere"][table] = rows
    assert before == after


@pytest.mark.both_databases
def test_private_image_is_shared_with_the_administrator_and_its_members(world: World, bench: Bench) -> None:
    """The visibility is *shared*, and the owner is a member, as upstream's group of one."""
    apply(world, bench, plan(world, NAME, **{**GUIDE, "application_id": 1207}))

    copy = glance_store.read(glance_state(bench.practice), 7, image(1207))
    assert copy is not None
    expected = sorted(project_uuid(name, 7) for name in ("atmoadmin", "imageauthor"))
    assert ("shared", expected) == (copy["visibility"], copy["members"])


@pytest.mark.both_databases
def test_migration_is_irreversible(world: World, bench: Bench) -> None:
    """The refused undo names the command."""
    outcome = apply(world, bench, plan(world, NAME, **GUIDE))

    with pytest.raises(CannotUndo, match="is irreversible"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_failing_script_is_partly_applied_and_a_second_run_completes_it(world: World, bench: Bench) -> None:
    """A change right before the script stops it; the error shows its last line, and its rows stay."""
    planned = plan(world, NAME, **GUIDE)
    stop = before_call(lambda: change(bench, 4, UBUNTU, status="deactivated"))

    with pytest.raises(OutcomeUnknown, match="Could not download Glance image from source provider"):
        apply(world, bench, planned, watch=stop)

    change(bench, 4, UBUNTU, status="active")
    second = plan(world, NAME, **GUIDE)
    assert '"recorded, image queued" → "complete"' in second.changes[1].describe()
    assert "applied" == apply(world, bench, second).state


@pytest.mark.both_databases
def test_copy_that_appears_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """Somebody else copies the same image: nothing is started."""
    planned = plan(world, NAME, **GUIDE)
    put(bench, 7, UBUNTU, status="queued")
    before = everything(bench)

    with pytest.raises(StalePlan, match="absent"):
        apply(world, bench, planned)

    assert before == everything(bench)


@pytest.mark.both_databases
def test_missing_host_shows_the_command_and_refuses_apply(world: World, bench: Bench) -> None:
    """The operator runs the command by hand and plans again."""
    object.__setattr__(world.endpoints, "host_exec", ())
    planned = plan(world, NAME, **GUIDE)
    assert planned.warnings[0].startswith("RUNBOOK_HOST_EXEC is not set, so the runbook cannot apply this plan.")
    assert planned.warnings[0].endswith(f"{START} 1378 7 --source-provider-id 4")
    before = everything(bench)

    with pytest.raises(Refused, match="Atmosphere's host is not configured"):
        apply(world, bench, planned)

    assert before == everything(bench)


def test_example_matches_the_guide(world: World) -> None:
    """Application 1378 from provider 4 to 7, without the two flags that it does not need."""
    procedure = procedures.find(NAME)
    values = params.check(procedure.fields, procedure.practice_example, procedure=NAME)

    assert GUIDE == {name: values[name] for name in GUIDE}
    assert plan(world, NAME, **procedure.practice_example).changes
