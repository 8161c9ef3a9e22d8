"""Moving a version: refusals, every warning, and one row that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE, app, image_id, version_id
from runbook_lib.fixture.rows.images import ORPHAN_IMAGE
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from tests import sessions
from tests.checks import apply, check_nothing_to_do, check_plans, check_refuses, check_round_trip, everything, plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

GUIDE_VERSION = version_id(1201, "1.0")
GUIDE = {"provider_id": 4, "image_id": GUIDE_IMAGE, "application_id": 1144, "version_name": "1.2"}
EMPTIED = "application {} ({}) loses its last active version: the nightly prune_machines (00:00) end-dates it"
MEMBERSHIPS = (
    "application {} keeps its memberships ({}): users who saw the version through them need a membership of the new "
    "application"
)
METADATA = (
    "in Glance of provider {} the image's metadata still names application {!r}; this matters only if the image is "
    "imported again"
)
TO_PUBLIC = (
    "a private version moves to a public application: all users see it listed, but its images in Glance stay as they "
    "are. Launching fails for other users until you run publicize_image on the new application"
)
TO_PRIVATE = "a public version moves to a private application: it is no longer listed, but its images stay public"
CREATOR = "the version keeps its creator, who is not the creator of the new application"


def _image(application_id: int, number: int = 0) -> str:
    return image_id(application_id, app(application_id).versions[number])


def _move(application_id: int, to: int, *, number: int = 0, name: str = "9") -> dict[str, int | str]:
    return {"provider_id": 4, "image_id": _image(application_id, number), "application_id": to, "version_name": name}


def test_same_application_and_name_need_no_change(world: World) -> None:
    """The plan is empty."""
    check_nothing_to_do(
        world,
        "move_image_version",
        because="version 1.0 already belongs to application 1201 (Genome Workbench with R)",
        **{**GUIDE, "application_id": 1201, "version_name": "1.0"},
    )


def test_other_form_of_the_uuid_is_the_same_image(world: World) -> None:
    """Upper case and missing hyphens change neither the plan nor its ID."""
    planned = plan(world, "move_image_version", **GUIDE)

    for form in (GUIDE_IMAGE.upper(), GUIDE_IMAGE.replace("-", "")):
        assert planned.changes == plan(world, "move_image_version", **{**GUIDE, "image_id": form}).changes


@pytest.mark.parametrize(
    ("wrong", "text", "next_step"),
    [
        ({"provider_id": 99}, "no provider 99", "3 (iPlant Cloud - Tucson), 4 (Jetstream - Indiana University)"),
        (
            {"provider_id": 8},
            f"no image {GUIDE_IMAGE} in the atmosphere database for provider 8",
            "has this image: 4, 5, 7",
        ),
        ({"image_id": "no-such-image"}, "no image no-such-image", "copy the UUID"),
        ({"application_id": 2147483647}, "no application 2147483647", "/application/images/ID"),
    ],
)
def test_missing_target_is_refused_with_where_to_find_it(
    world: World, bench: Bench, wrong: dict[str, int | str], text: str, next_step: str
) -> None:
    """Provider, image and application must exist."""
    error = check_refuses(world, bench, "move_image_version", TargetNotFound, text, **{**GUIDE, **wrong})

    assert next_step in error.next_step


def test_incomplete_application_id_gets_a_suggestion(world: World, bench: Bench) -> None:
    """144 is not 1144, and the error suggests the ID that exists."""
    error = check_refuses(
        world, bench, "move_image_version", TargetNotFound, "no application 144", **{**GUIDE, "application_id": 144}
    )

    assert "did you mean 1144" in error.why


def test_copy_without_a_version_is_refused(world: World, bench: Bench) -> None:
    """The orphan's column is NULL; monitor_machines attaches it at night."""
    error = check_refuses(
        world, bench, "move_image_version", Refused, "belongs to no version", **{**GUIDE, "image_id": ORPHAN_IMAGE}
    )

    assert "has no application_version" in error.why
    assert "monitor_machines" in error.next_step


@pytest.mark.parametrize("application_id", [1204, 1205])
def test_end_dated_target_is_refused(world: World, bench: Bench, application_id: int) -> None:
    """The nightly task would also end-date the version."""
    error = check_refuses(
        world,
        bench,
        "move_image_version",
        Refused,
        "was end-dated on 2025-12-06",
        **{**GUIDE, "application_id": application_id},
    )

    assert "prune_machines" in error.why
    assert "end date" in error.next_step


@pytest.mark.parametrize(("application_id", "name"), [(1203, "1.0"), (1203, "1.1"), (1144, "0.9")])
def test_name_in_use_is_refused_with_all_names_in_use(
    world: World, bench: Bench, application_id: int, name: str
) -> None:
    """An end-dated version keeps its name too."""
    error = check_refuses(
        world,
        bench,
        "move_image_version",
        Refused,
        f"already has a version {name}",
        **{**GUIDE, "application_id": application_id, "version_name": name},
    )

    assert {1203: "taken: 1.0, 1.1", 1144: "taken: 0.9, 1.0, 1.1"}[application_id] in error.why


@pytest.mark.both_databases
def test_name_taken_after_the_plan_is_refused_at_apply(world: World, bench: Bench) -> None:
    """The procedure now refuses, and nothing is changed."""
    planned = plan(world, "move_image_version", **GUIDE)
    sessions.execute(
        bench, "atmosphere", "UPDATE application_version SET name = '1.2' WHERE application_id = 1144 AND name = '1.1'"
    )
    before = everything(bench)

    with pytest.raises(StalePlan, match="move_image_version now refuses to do what was planned"):
        apply(world, bench, planned)

    assert before == everything(bench)


def test_guides_move_changes_two_columns_of_one_row(world: World) -> None:
    """The warnings show the nightly job, the users who lose access, and Glance's metadata."""
    planned = check_plans(
        world,
        "move_image_version",
        [f'update atmosphere application_version:{GUIDE_VERSION}  application_id: 1201 → 1144, name: "1.0" → "1.2"'],
        **GUIDE,
    )

    source = "Genome Workbench with R"
    expected = (EMPTIED.format(1201, source), MEMBERSHIPS.format(1201, 1))
    assert (*expected, *(METADATA.format(provider, source) for provider in (4, 5, 7))) == planned.warnings
    assert [{"end_date": None, "private": True}] == [expect.values for expect in planned.expects]


def test_copy_on_any_provider_names_the_same_version(world: World) -> None:
    """The replicas on 4, 5 and 7 share the version, so the plan is the same."""
    plans = [plan(world, "move_image_version", **{**GUIDE, "provider_id": provider}) for provider in (4, 5, 7)]

    assert plans[0].changes == plans[1].changes == plans[2].changes


def test_new_name_in_the_same_application_has_no_warning(world: World) -> None:
    """No application is emptied, nobody loses access, and Glance's metadata still match."""
    planned = check_plans(
        world,
        "move_image_version",
        [f'update atmosphere application_version:{GUIDE_VERSION}  name: "1.0" → "1.1"'],
        **{**GUIDE, "application_id": 1201, "version_name": "1.1"},
    )

    assert () == planned.warnings


def test_private_version_in_a_public_application_is_listed_but_closed(world: World) -> None:
    """The source keeps another version, so it is not emptied."""
    warnings = plan(world, "move_image_version", **_move(1202, 1378)).warnings

    expected = [METADATA.format(provider, "Climate Toolkit") for provider in (4, 5, 7)]
    assert (TO_PUBLIC, MEMBERSHIPS.format(1202, 2), *expected) == warnings


def test_public_version_in_a_private_application_is_hidden_but_open(world: World) -> None:
    """Its images stay public, its creator stays, and its old application is emptied."""
    warnings = plan(world, "move_image_version", **_move(1378, 1144)).warnings

    metadata = [METADATA.format(provider, "Ubuntu 18.04 Server") for provider in (4, 5)]
    assert (EMPTIED.format(1378, "Ubuntu 18.04 Server"), TO_PRIVATE, *metadata, CREATOR) == warnings


def test_end_dated_version_stays_hidden(world: World) -> None:
    """The end date stays, and the warning says so."""
    warnings = plan(world, "move_image_version", **_move(1144, 1202)).warnings

    assert "the version is end-dated: it stays hidden in the new application" == warnings[-1]
    assert EMPTIED.format(1144, "Genome Workbench") not in warnings


@pytest.mark.parametrize(
    ("application_id", "text"),
    [(1207, "9 could not be read: provider 9 has no cloud configured"), (1208, "5 has no image " + _image(1208))],
)
def test_unreadable_glance_is_only_a_warning(world: World, application_id: int, text: str) -> None:
    """The move itself does not use Glance."""
    assert f"Glance of provider {text}" in plan(world, "move_image_version", **_move(application_id, 1203)).warnings


def test_unreachable_glance_is_only_a_warning(world: World, bench: Bench) -> None:
    """The warning names the provider and its response."""
    glance_store.fail(glance_state(bench.practice), 5, 503)

    [warning] = [text for text in plan(world, "move_image_version", **GUIDE).warnings if "provider 5" in text]

    assert warning.startswith("Glance of provider 5 could not be read: Glance of provider 5 (cloud fixture-5)")


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("column", "value", "text"),
    [("end_date", "'2026-01-10 00:00:00'", "end_date was None"), ("private", "FALSE", "private was True")],
)
def test_target_that_changed_after_the_plan_makes_it_stale(
    world: World, bench: Bench, column: str, value: str, text: str
) -> None:
    """The warnings rely on the target: it is locked and compared although it is not written."""
    planned = plan(world, "move_image_version", **GUIDE)
    sessions.execute(bench, "atmosphere", f"UPDATE application SET {column} = {value} WHERE id = 1144")
    before = everything(bench)

    with pytest.raises(StalePlan, match=text):
        apply(world, bench, planned)

    assert before == everything(bench)


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ["1.10", "'; DROP TABLE application; --", "0042", "ß→√ 漢字", "%s {0} $HOME `id`"])
def test_version_name_is_stored_literally(world: World, bench: Bench, name: str) -> None:
    """Not as a number, not as SQL, not as a template."""
    apply(world, bench, plan(world, "move_image_version", **{**GUIDE, "version_name": name}))

    stored = sessions.rows(bench, "atmosphere", "SELECT name FROM application_version WHERE application_id = 1144")
    assert (name,) in stored


@pytest.mark.both_databases
@pytest.mark.parametrize("moved", [GUIDE, _move(1202, 1378), _move(1219, 1203), _move(1144, 1202)])
def test_every_kind_of_move_can_be_undone(world: World, bench: Bench, moved: dict[str, int | str]) -> None:
    """The dump after the undo equals the dump before."""
    check_round_trip(world, bench, "move_image_version", **moved)
