"""Synchronizing replicas: only what can succeed is asked of the script, and its silent failures are heard."""

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
from tests.checks import apply, check_nothing_to_do, check_refuses, everything, plan, undo_plan

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
    """Change an image in the stand-in for Glance."""
    state = glance_state(bench.practice)
    glance_store.change(state, provider_id, key, lambda there: (there or {}) | facts)


def options(planned: Plan) -> str:
    """Return what stands behind the script's name in the command."""
    call = planned.changes[0]
    return str(getattr(call, "target", "")).partition(f"{SCRIPT} ")[2]


@pytest.mark.parametrize("replicas", ["4", "4,5", "4, 5"])
def test_the_guides_master_has_nothing_that_the_others_lack(world: World, replicas: str) -> None:
    """Every application of provider 7 has its records on 4 and 5; the plan says where it looked."""
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
def test_providers_that_can_not_be_copied_between_are_refused(
    world: World, bench: Bench, given: dict[str, Any], kind: Any, text: str
) -> None:
    """Before any application is looked at."""
    check_refuses(world, bench, NAME, kind, text, **{**GIVEN, **given})


def test_nothing_that_can_be_copied_is_refused_with_the_reasons(world: World, bench: Bench) -> None:
    """The only application that the replica lacks is bound to fail."""
    Application.objects.filter(pk__in=COPIED).update(end_date=ahead(days=1))

    error = check_refuses(
        world, bench, NAME, Refused, "none of the 1 applications that a replica lacks can be copied", **GIVEN
    )

    assert "left out: application 1216 (Half Deleted Replica)" in error.why


def test_a_cloud_that_is_down_is_told(world: World, bench: Bench) -> None:
    """Nothing is planned on half an answer."""
    glance_store.fail(glance_state(bench.practice), 5, 503)

    check_refuses(world, bench, NAME, NotConnected, "Glance of provider 5", **GIVEN)


def test_the_plan_is_the_command_and_every_copy(world: World) -> None:
    """Applications that are complete, ended, or bound to fail are not in it; the option stands behind the providers."""
    planned = plan(world, NAME, **GIVEN)

    assert "4 5 --limit-app-ids 1207 1217 1219 1220" == options(planned)
    assert [image(one) for one in COPIED] == [getattr(call, "target", "") for call in planned.changes[1:]]
    assert {"copy:5"} == {str(getattr(call, "system", "")) for call in planned.changes[1:]}
    table = [text for text in planned.warnings if text.startswith("to copy: ")]
    assert len(COPIED) == len(table)
    assert any(text.startswith("the script downloads 32.0 GiB (34359738368 bytes)") for text in planned.warnings)


def test_an_application_with_a_future_end_date_is_not_considered(world: World) -> None:
    """Upstream looks for applications without any end date."""
    Application.objects.filter(pk=1217).update(end_date=ahead(days=100))

    assert "4 5 --limit-app-ids 1207 1219 1220" == options(plan(world, NAME, **GIVEN))


def test_what_is_bound_to_fail_is_left_out_and_named(world: World) -> None:
    """The script would write records before it fails, and go on."""
    ProviderMachine.objects.filter(pk=machine_id(1202, "1.0", 4)).update(application_version_id=None)
    ProviderMachine.objects.filter(pk=machine_id(1202, "2.0", 5)).update(application_version_id=None)

    told = [text for text in plan(world, NAME, **GIVEN).warnings if text.startswith("left out")]

    assert ["left out: application 1202 ", "left out: application 1216 "] == [text[:27] for text in told]
    assert "Climate Toolkit v.1.0 has no machine on provider 4, so the whole application fails" in told[0]


def test_missing_owners_are_told_and_do_not_stop_it(world: World) -> None:
    """The script accepts them, always."""
    planned = plan(world, NAME, master_provider_id=4, replica_provider_ids="5,7")

    assert "1219 1220 1378" in options(planned)
    text = "\n".join(planned.warnings)
    assert "provider 7 does not have the project '0042' of the owner of application 1220" in text


def test_copies_that_the_script_takes_for_complete_are_named(world: World) -> None:
    """It looks at the records alone."""
    told = [text for text in plan(world, NAME, **GIVEN).warnings if text.startswith("the script takes")]

    expected = [1208, 1212, 1213, 1214, 1215]
    assert [f"the script takes {app(one).name} v.1.0" for one in expected] == [text.split(" for ")[0] for text in told]


@pytest.mark.both_databases
def test_every_copy_is_made_and_nothing_else_changes(world: World, bench: Bench) -> None:
    """Two rows and one image for each."""
    before = everything(bench)

    outcome = apply(world, bench, plan(world, NAME, **GIVEN))

    assert "applied" == outcome.state
    after = everything(bench)
    added = set(after["glance"]) - set(before["glance"])
    assert {f"glance:5/{image(one)}" for one in COPIED} == added
    assert before["glance"] == {name: one for name, one in after["glance"].items() if name not in added}
    tables = before["atmosphere"]
    grown = {name: len(after["atmosphere"][name]) - len(tables[name]) for name in tables}
    assert {"instance_source": 4, "provider_machine": 4} == {name: more for name, more in grown.items() if more}
    assert () == plan(world, NAME, master_provider_id=5, replica_provider_ids="4").changes


@pytest.mark.both_databases
def test_a_failure_that_the_exit_code_hides_is_heard(world: World, bench: Bench) -> None:
    """One of four fails, the script ends with 0: the outcome is unknown, and the next run completes it."""
    planned = plan(world, NAME, **GIVEN)
    change(bench, 4, image(1217), status="deactivated")

    with pytest.raises(OutcomeUnknown, match=r"said 1 time\(s\) that a part of its work failed") as caught:
        apply(world, bench, planned)
    assert "Could not download Glance image from source provider" in str(caught.value)

    hidden = "the script takes Old Cloud Image v.1.0 for copied to provider 5, but it is not (recorded, image queued)"
    error = check_refuses(world, bench, NAME, Refused, "none of the 1 applications", **GIVEN)
    assert hidden in error.why
    change(bench, 4, image(1217), status="active")
    mended = plan(world, "migrate_image", application_id=1217, source_provider_id=4, destination_provider_id=5)
    assert "applied" == apply(world, bench, mended).state


@pytest.mark.both_databases
def test_it_can_not_be_taken_back(world: World, bench: Bench) -> None:
    """The undo is refused."""
    outcome = apply(world, bench, plan(world, NAME, **GIVEN))

    with pytest.raises(CannotUndo, match="is irreversible"):
        undo_plan(world, bench, outcome.run_id)
