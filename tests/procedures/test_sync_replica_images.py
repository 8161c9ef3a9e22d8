"""Synchronizing replicas: the command has only applications that can succeed, and silent failures are detected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import (
    CannotUndo,
    NotConnected,
    OutcomeUnknown,
    ParamError,
    Refused,
    TargetNotFound,
)
from runbook_lib.fixture.clock import ahead
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import app, image_id
from runbook_lib.fixture.rows.images import machine_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import Application, ProviderMachine
from tests.checks import apply, before_call, check_nothing_to_do, check_refuses, everything, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "sync_replica_images"
SCRIPT = "/opt/dev/atmosphere/scripts/application_sync_providers.py"
GIVEN: dict[str, Any] = {"master_provider_id": 4, "replica_provider_ids": "5"}
COPIED = (1207, 1217, 1219, 1220)


def image(application_id: int) -> str:
    """Return the UUID of an application's first image."""
    return image_id(application_id, app(application_id).versions[0])


def change(bench: Bench, provider_id: int, key: str, **facts: Any) -> None:
    """Change an image in the fake Glance."""
    state = glance_state(bench.practice)
    glance_store.change(state, provider_id, key, lambda stored: (stored or {}) | facts)


def options(planned: Plan) -> str:
    """Return the arguments after the script's name in the command."""
    call = planned.changes[0]
    return str(getattr(call, "target", "")).partition(f"{SCRIPT} ")[2]


@pytest.mark.parametrize("replicas", ["4", "4,5", "4, 5"])
def test_complete_replicas_need_no_change(world: World, replicas: str) -> None:
    """Every application of provider 7 has its records on 4 and 5; the plan names the compared providers."""
    where = "4" if replicas == "4" else "4, 5"
    check_nothing_to_do(
        world,
        NAME,
        master_provider_id=7,
        replica_provider_ids=replicas,
        because=f"every application of provider 7 has its records on provider {where}",
    )


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ({"replica_provider_ids": "5,4"}, Refused, "provider 4 is named as the master and as a replica"),
        ({"replica_provider_ids": "5,5"}, ParamError, "replica_provider_ids names 5 more than once"),
        ({"replica_provider_ids": "5,6"}, TargetNotFound, "there is no provider 6"),
        ({"master_provider_id": 6}, TargetNotFound, "there is no provider 6"),
        ({"replica_provider_ids": "5,8"}, Refused, "has the type mock"),
        ({"replica_provider_ids": "3"}, Refused, "is no longer in use"),
        ({"replica_provider_ids": "5,9"}, Refused, "provider 9 has no cloud configured"),
    ],
)
def test_impossible_providers_are_refused(
    world: World, bench: Bench, given: dict[str, Any], kind: Any, text: str
) -> None:
    """Before any application is read."""
    check_refuses(world, bench, NAME, kind, text, **{**GIVEN, **given})


def test_only_failing_applications_are_refused(world: World, bench: Bench) -> None:
    """The only application that the replica lacks would fail; the refusal has the reasons."""
    Application.objects.filter(pk__in=COPIED).update(end_date=ahead(days=1))

    error = check_refuses(
        world, bench, NAME, Refused, "none of the 1 applications that a replica lacks can be copied", **GIVEN
    )

    assert "left out: application 1216 (Half Deleted Replica)" in error.why


def test_unreachable_cloud_is_not_connected(world: World, bench: Bench) -> None:
    """Nothing is planned on a partial answer."""
    glance_store.fail(glance_state(bench.practice), 5, 503)

    check_refuses(world, bench, NAME, NotConnected, "Glance of provider 5", **GIVEN)


def test_plan_has_the_command_and_every_copy(world: World) -> None:
    """Complete, ended and failing applications are left out; the option comes after the providers."""
    planned = plan(world, NAME, **GIVEN)

    assert "4 5 --limit-app-ids 1207 1217 1219 1220" == options(planned)
    assert [image(copied) for copied in COPIED] == [getattr(call, "target", "") for call in planned.changes[1:]]
    assert {"copy:5"} == {str(getattr(call, "system", "")) for call in planned.changes[1:]}
    table = [text for text in planned.warnings if text.startswith("to copy: ")]
    assert len(COPIED) == len(table)
    assert any(text.startswith("the script downloads 32.0 GiB (34359738368 bytes)") for text in planned.warnings)


def test_application_with_a_future_end_date_is_left_out(world: World) -> None:
    """Upstream reads only applications without an end date."""
    Application.objects.filter(pk=1217).update(end_date=ahead(days=100))

    assert "4 5 --limit-app-ids 1207 1219 1220" == options(plan(world, NAME, **GIVEN))


def test_failing_application_is_left_out_and_named(world: World) -> None:
    """The script would write records before it fails, and continue."""
    ProviderMachine.objects.filter(pk=machine_id(1202, "1.0", 4)).update(application_version_id=None)
    ProviderMachine.objects.filter(pk=machine_id(1202, "2.0", 5)).update(application_version_id=None)

    warnings = [text for text in plan(world, NAME, **GIVEN).warnings if text.startswith("left out")]

    assert ["left out: application 1202 ", "left out: application 1216 "] == [text[:27] for text in warnings]
    assert "Climate Toolkit v.1.0 has no machine on provider 4, so the whole application fails" in warnings[0]


def test_missing_owner_is_only_a_warning(world: World) -> None:
    """The script always accepts it."""
    planned = plan(world, NAME, master_provider_id=4, replica_provider_ids="5,7")

    assert "1219 1220 1378" in options(planned)
    text = "\n".join(planned.warnings)
    assert "provider 7 does not have the project '0042' of the owner of application 1220" in text


def test_unusable_copies_that_the_script_skips_are_named(world: World) -> None:
    """It reads only the records."""
    warnings = [text for text in plan(world, NAME, **GIVEN).warnings if text.startswith("the script skips")]

    expected = [1208, 1212, 1213, 1214, 1215]
    assert [f"the script skips {app(key).name} v.1.0" for key in expected] == [text.split(",")[0] for text in warnings]


@pytest.mark.both_databases
def test_every_copy_is_made_and_nothing_else_changes(world: World, bench: Bench) -> None:
    """Two rows and one image per copy."""
    before = everything(bench)

    outcome = apply(world, bench, plan(world, NAME, **GIVEN))

    assert "applied" == outcome.state
    after = everything(bench)
    added = set(after["glance"]) - set(before["glance"])
    assert {f"glance:5/{image(copied)}" for copied in COPIED} == added
    assert before["glance"] == {name: value for name, value in after["glance"].items() if name not in added}
    tables = before["atmosphere"]
    grown = {name: len(after["atmosphere"][name]) - len(tables[name]) for name in tables}
    assert {"instance_source": 4, "provider_machine": 4} == {name: more for name, more in grown.items() if more}
    assert () == plan(world, NAME, master_provider_id=5, replica_provider_ids="4").changes


@pytest.mark.both_databases
def test_failure_behind_exit_code_0_is_detected(world: World, bench: Bench) -> None:
    """One of four fails, the script exits with 0: the outcome is unknown, and the next run completes it."""
    planned = plan(world, NAME, **GIVEN)
    stop = before_call(lambda: change(bench, 4, image(1217), status="deactivated"))

    with pytest.raises(OutcomeUnknown, match=r"reported 1 failure\(s\)") as caught:
        apply(world, bench, planned, watch=stop)
    assert "Could not download Glance image from source provider" in str(caught.value)

    records = "the script skips Old Cloud Image v.1.0, as provider 5 has its records"
    hidden = f"{records}, but it is not copied (recorded, image queued)"
    error = check_refuses(world, bench, NAME, Refused, "none of the 1 applications", **GIVEN)
    assert hidden in error.why
    change(bench, 4, image(1217), status="active")
    mended = plan(world, "migrate_image", application_id=1217, source_provider_id=4, destination_provider_id=5)
    assert "applied" == apply(world, bench, mended).state


@pytest.mark.both_databases
def test_synchronization_is_irreversible(world: World, bench: Bench) -> None:
    """The undo is refused."""
    outcome = apply(world, bench, plan(world, NAME, **GIVEN))

    with pytest.raises(CannotUndo, match="is irreversible"):
        undo_plan(world, bench, outcome.run_id)
