"""A procedure that fails partway: it is reported, undone or completed; before the first commit, nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.errors import PartlyApplied, StalePlan
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import Application
from tests import sessions
from tests.checks import apply, check_nothing_to_do, everything, plan, undo_plan

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

JOETEST, JOETEST_THERE = user_id("joetest"), user_id("joetest", database="troposphere")
FLAGS = "is_staff: false → true, is_superuser: false → true"
PUBLISH = 'call   glance:{} {}  visibility: "shared" → "public"'


def _glance(bench: Bench) -> Path:
    return glance_state(bench.practice)


def _visibility(bench: Bench, provider_id: int, image: str) -> str:
    return str((glance_store.read(_glance(bench), provider_id, image) or {})["visibility"])


def _set_visibility(bench: Bench, provider_id: int, image: str, value: str) -> None:
    glance_store.change(_glance(bench), provider_id, image, lambda body: {**(body or {}), "visibility": value})


def test_missing_row_in_the_second_database_leaves_the_first_unchanged(world: World, bench: Bench) -> None:
    """Troposphere's row is missing: Atmosphere's was locked and is not written."""
    planned = plan(world, "grant_staff", username="joetest")
    sessions.execute(bench, "troposphere", "DELETE FROM api_userpreferences WHERE user_id = %s", JOETEST_THERE)
    before = everything(bench)

    with pytest.raises(StalePlan, match="api_userpreferences"):
        apply(world, bench, planned)

    assert before == everything(bench)


def test_failed_second_commit_is_reported_as_partly_applied(world: World, bench: Bench) -> None:
    """PartlyApplied names which changes were made and which were not; undo reverts them."""
    before = everything(bench)
    planned = plan(world, "grant_staff", username="joetest")

    with sessions.failing_commit(bench, "troposphere") as watch, pytest.raises(PartlyApplied) as caught:
        apply(world, bench, planned, watch=watch)

    done = f"done: update atmosphere atmosphere_user:{JOETEST}  {FLAGS}"
    assert f"{done}; failed: update troposphere troposphere_user:{JOETEST_THERE}  {FLAGS}" in caught.value.what
    assert "troposphere" in caught.value.why
    assert f"runbook undo {caught.value.run_id}" in caught.value.next_step
    assert planned.changes[0].as_json() == caught.value.receipt["receipt"]
    assert before != everything(bench)

    apply(world, bench, undo_plan(world, bench, caught.value.run_id))
    assert before == everything(bench)


def test_second_run_completes_a_partial_grant(world: World, bench: Bench) -> None:
    """The second plan holds Troposphere's part only."""
    planned = plan(world, "grant_staff", username="joetest")
    with sessions.failing_commit(bench, "troposphere") as watch, pytest.raises(PartlyApplied):
        apply(world, bench, planned, watch=watch)

    rest = plan(world, "grant_staff", username="joetest")

    assert planned.rows("troposphere") == rest.changes
    outcome = apply(world, bench, rest)
    assert all(engine.is_applied(world, change) for change in (*planned.changes, *outcome.receipt))


def _half_published(world: World, bench: Bench) -> tuple[Plan, PartlyApplied]:
    planned = plan(world, "publicize_image", application_id=1201)
    glance_store.fail(_glance(bench), 5, 403, methods=("PATCH",))
    with pytest.raises(PartlyApplied) as caught:
        apply(world, bench, planned)
    return planned, caught.value


def test_failed_provider_leaves_the_image_private_and_is_reported(world: World, bench: Bench) -> None:
    """Exit code 5, with the receipt of the one copy that was published."""
    planned, error = _half_published(world, bench)

    assert 5 == error.exit_code
    assert error.changed
    assert f"done: {PUBLISH.format(4, GUIDE_IMAGE)}; failed: {PUBLISH.format(5, GUIDE_IMAGE)}" in error.what
    assert "Glance of provider 5" in error.why
    assert planned.changes[0].as_json() == error.receipt["receipt"]
    assert Application.objects.get(pk=1201).private
    assert ["public", "shared", "shared"] == [_visibility(bench, provider, GUIDE_IMAGE) for provider in (4, 5, 7)]
    assert ["partly-applied"] == [run.state for run in bench.journal.runs()]


def test_undo_of_a_partly_published_image_restores_everything(world: World, bench: Bench) -> None:
    """Also while the other provider still fails: it was not touched, so it is not needed."""
    before = everything(bench)
    _, error = _half_published(world, bench)

    apply(world, bench, undo_plan(world, bench, error.run_id))

    assert before == everything(bench)


def test_second_run_completes_a_partial_publication(world: World, bench: Bench) -> None:
    """The new plan is the old one without the copy that is public already."""
    planned, _ = _half_published(world, bench)
    glance_store.fail(_glance(bench), 5, None)

    rest = plan(world, "publicize_image", application_id=1201)

    assert planned.changes[1:] == rest.changes
    assert "applied" == apply(world, bench, rest).state
    check_nothing_to_do(
        world,
        "publicize_image",
        application_id=1201,
        because="application 1201 (Genome Workbench with R) is already public, on every provider",
    )


def test_foreign_change_between_two_calls_stops_the_run(world: World, bench: Bench) -> None:
    """The copies before it are in the receipt; the change of the other writer stays."""

    def watch(point: str) -> None:
        if point == f"done: {PUBLISH.format(4, GUIDE_IMAGE)}":
            _set_visibility(bench, 5, GUIDE_IMAGE, "private")

    with pytest.raises(PartlyApplied, match="visibility was 'shared' when the plan was made and is 'private' now"):
        apply(world, bench, plan(world, "publicize_image", application_id=1201), watch=watch)

    assert "private" == _visibility(bench, 5, GUIDE_IMAGE)
    assert Application.objects.get(pk=1201).private
