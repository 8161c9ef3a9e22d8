"""Making an image public: every copy first, the row last; partial runs are reported, undone and completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE, app, image_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.model import Call
from tests import sessions
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    undo_plan,
)

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

CLOSED = "provider 7 is not public: only users with an identity there can launch from it"
PUBLISH = 'call   glance:{} {}  visibility: "shared" → "public"'


def _image(application_id: int, number: int = 0) -> str:
    return image_id(application_id, app(application_id).versions[number])


def _glance(bench: Bench) -> Path:
    return glance_state(bench.practice)


def _visibility(bench: Bench, provider_id: int, image: str) -> str:
    return str((glance_store.read(_glance(bench), provider_id, image) or {})["visibility"])


def _set_visibility(bench: Bench, provider_id: int, image: str, value: str) -> None:
    glance_store.change(_glance(bench), provider_id, image, lambda body: {**(body or {}), "visibility": value})


@pytest.mark.parametrize("application_id", [1378, 1209, 1214, 1216, 1217, 1220])
def test_image_that_is_public_everywhere_needs_no_change(world: World, application_id: int) -> None:
    """Ended copies, and copies without a machine, do not count."""
    name = app(application_id).name
    check_nothing_to_do(
        world,
        "publicize_image",
        application_id=application_id,
        because=f"application {application_id} ({name}) is already public, on every provider",
    )


def test_missing_application_gets_a_suggestion(world: World, bench: Bench) -> None:
    """For 144 the error suggests 1144, and says where to find the ID."""
    error = check_refuses(world, bench, "publicize_image", TargetNotFound, "no application 144 in", application_id=144)

    assert "did you mean 1144" in error.why
    assert "/application/images/ID" in error.next_step


@pytest.mark.parametrize(
    ("application_id", "text"),
    [
        (1204, "application 1204 (Retired Desktop) was end-dated on 2025-12-06"),
        (1205, "application 1205 (Half Retired Desktop) was end-dated on 2025-12-06"),
        (1206, "provider 8 has no cloud configured"),
        (1207, "provider 9 has no cloud configured"),
        (1208, f"Glance of provider 5 has no image {_image(1208)}"),
        (1212, f"image {_image(1212)} on provider 5 is queued, not active"),
        (1213, f"image {_image(1213)} on provider 5 is killed, not active"),
        (1218, "application 1218 (No Versions) has no active copy on any provider"),
    ],
)
def test_partly_public_image_is_refused(world: World, bench: Bench, application_id: int, text: str) -> None:
    """No copy is skipped silently: the entire plan is refused."""
    check_refuses(world, bench, "publicize_image", Refused, text, application_id=application_id)


def test_all_obstacles_are_listed_at_once(world: World, bench: Bench) -> None:
    """Two copies that cannot be made public are one refusal, with both reasons and both next steps."""
    glance_store.change(_glance(bench), 4, _image(1207), lambda body: {**(body or {}), "status": "deactivated"})

    error = check_refuses(
        world, bench, "publicize_image", Refused, "2 copies of application 1207 (Unreachable Copy)", application_id=1207
    )

    assert f"image {_image(1207)} on provider 4 is deactivated, not active" in error.why
    assert "provider 9 has no cloud configured" in error.why
    assert "RUNBOOK_CLOUDS" in error.next_step


def test_unreachable_glance_is_not_connected(world: World, bench: Bench) -> None:
    """The error names the provider, and nothing is planned."""
    glance_store.fail(_glance(bench), 5, 503)

    check_refuses(
        world, bench, "publicize_image", NotConnected, "Glance of provider 5 (cloud fixture-5)", application_id=1201
    )


def test_every_copy_comes_before_the_row(world: World) -> None:
    """Older version first, providers in order, the ended version left out, ``private`` last."""
    copies = [(provider, _image(1144, number)) for number in (1, 2) for provider in (4, 5, 7)]
    planned = check_plans(
        world,
        "publicize_image",
        [
            *(PUBLISH.format(provider, image) for provider, image in copies),
            "update atmosphere application:1144  private: true → false",
        ],
        application_id=1144,
    )

    assert (CLOSED,) == planned.warnings


@pytest.mark.parametrize(
    ("application_id", "expected"),
    [
        (1210, [PUBLISH.format(5, _image(1210))]),
        (1211, [PUBLISH.format(5, _image(1211)), "update atmosphere application:1211  private: true → false"]),
    ],
)
def test_only_missing_changes_are_planned(world: World, application_id: int, expected: list[str]) -> None:
    """Some copies were published by hand, or leaked by a failed request: the plan has only the rest."""
    check_plans(world, "publicize_image", expected, application_id=application_id)


@pytest.mark.both_databases
@pytest.mark.parametrize("application_id", [1144, 1202, 1210, 1211, 1219])
def test_every_kind_of_image_is_published_and_restored(world: World, bench: Bench, application_id: int) -> None:
    """Undo restores the visibility of each copy, and the row."""
    check_round_trip(world, bench, "publicize_image", application_id=application_id)


@pytest.mark.both_databases
def test_row_is_public_only_after_every_copy(world: World, bench: Bench) -> None:
    """Another session reads the state after each step; undo hides the row before the first copy."""
    states: list[tuple[str, ...]] = []

    def watch(point: str) -> None:
        if point.startswith("done: "):
            copies = tuple(_visibility(bench, provider, GUIDE_IMAGE) for provider in (4, 5, 7))
            [(private,)] = sessions.rows(bench, "atmosphere", "SELECT private FROM application WHERE id = 1201")
            states.append((*copies, "private" if private else "listed"))

    outcome = apply(world, bench, plan(world, "publicize_image", application_id=1201), watch=watch)

    forward = [
        ("public", "shared", "shared", "private"),
        ("public", "public", "shared", "private"),
        ("public", "public", "public", "private"),
        ("public", "public", "public", "listed"),
    ]
    assert forward == states
    states.clear()
    apply(world, bench, undo_plan(world, bench, outcome.run_id), watch=watch)
    assert [*reversed(forward[:3]), ("shared", "shared", "shared", "private")] == states


@pytest.mark.both_databases
def test_visibility_changed_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The target is read again before anything is written; even the first copy stays as it is."""
    planned = plan(world, "publicize_image", application_id=1201)
    _set_visibility(bench, 7, GUIDE_IMAGE, "private")
    before = everything(bench)

    with pytest.raises(StalePlan) as caught:
        apply(world, bench, planned)

    expected = f"glance:7 {GUIDE_IMAGE}: visibility was 'shared' when the plan was made and is 'private' now"
    assert expected == caught.value.what
    assert before == everything(bench)


@pytest.mark.both_databases
@pytest.mark.parametrize(("column", "value"), [("private", "FALSE"), ("end_date", "'2026-01-10 00:00:00'")])
def test_application_changed_after_the_plan_makes_it_stale(world: World, bench: Bench, column: str, value: str) -> None:
    """Somebody publicized or retired it: no copy changes."""
    planned = plan(world, "publicize_image", application_id=1201)
    sessions.execute(bench, "atmosphere", f"UPDATE application SET {column} = {value} WHERE id = 1201")
    before = everything(bench)

    with pytest.raises(StalePlan, match=f"application:1201: {column} was"):
        apply(world, bench, planned)

    assert before == everything(bench)


@pytest.mark.both_databases
def test_image_deleted_after_the_plan_is_not_found(world: World, bench: Bench) -> None:
    """The error names the Glance and the image, and nothing is changed."""
    planned = plan(world, "publicize_image", application_id=1201)
    glance_store.change(_glance(bench), 7, GUIDE_IMAGE, lambda _: None)
    before = everything(bench)

    with pytest.raises(
        StalePlan, match=f"now refuses to do what was planned: there is no image {GUIDE_IMAGE} in Glance"
    ):
        apply(world, bench, planned)

    assert before == everything(bench)


def test_every_call_of_the_plan_is_reversible(world: World) -> None:
    """No change of this plan is irreversible."""
    planned = plan(world, "publicize_image", application_id=1201)

    assert () == planned.irreversible
    assert 3 == sum(isinstance(change, Call) for change in planned.changes)
