"""list_stuck_instances: stuck instances and their limits, their common factors, and missing clouds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import F

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.diagnosis.instance import limits
from runbook_lib.errors import NotConnected, ParamError
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, Instance, InstanceStatusHistory
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "list_stuck_instances"
IMAGE = "Ubuntu 18.04 Server 1.0"


def table(inspection: Any, title: str) -> list[tuple[Any, ...]]:
    """Return the rows of the part with this title; none if it is missing."""
    return [row for part in inspection.parts if part.title == title for row in part.rows]


def listed(inspection: Any) -> dict[str, tuple[Any, ...]]:
    """Return the mapping from instance name to its row."""
    return {row[5]: row for row in table(inspection, "Instances, the latest first")}


def change(name: str, **columns: Any) -> None:
    """Change the latest row of an instance's history."""
    last = InstanceStatusHistory.objects.filter(instance__name=name).order_by("start_date", "pk").last()
    assert last is not None
    InstanceStatusHistory.objects.filter(pk=last.pk).update(**columns)


def test_stuck_and_failed_instances_are_listed(world: World, bench: Bench) -> None:
    """In a transitional state for more than 20 minutes, or failed at any time; no others."""
    inspection = check_inspection(world, bench, NAME)

    assert {
        "is-error": "failed",
        "is-deploy_error": "failed",
        "no-host": "failed",
        "never-answered": "failed",
        "unreachable": "failed",
        "deploy-failed": "failed",
        "networking-25-minutes": "the guide's 20 min",
        "deploying-30-minutes": "the guide's 20 min",
        "build-for-hours": "the code's 63 min",
        "networking-3-hours": "the guide's 20 min",
        "deploying-2-hours": "the guide's 20 min",
    } == {name: row[3] for name, row in listed(inspection).items()}
    assert inspection.answer.startswith(
        "5 instances are stuck for more than 20 minutes, 1 of them past the limits of Atmosphere's code; 6 have "
        "failed. 1 running instance has no status."
    )


@pytest.mark.parametrize(
    ("minutes", "stuck_ones"),
    [(1, 13), (25, 5), (26, 4), (180, 1), (181, 0), (2_147_483_647, 0)],
)
def test_minutes_are_an_exact_limit(world: World, bench: Bench, minutes: int, stuck_ones: int) -> None:
    """An age of that many minutes counts; a number beyond the calendar matches none. Failures are always listed."""
    rows = listed(check_inspection(world, bench, NAME, minutes=minutes)).values()

    assert stuck_ones == sum(row[3] != "failed" for row in rows)
    assert 6 == sum(row[3] == "failed" for row in rows)


@pytest.mark.parametrize(("state", "minutes"), [("build", 63), ("networking", 408), ("deploying", 210)])
def test_each_limit_of_the_code_is_passed_after_its_last_minute(
    world: World, bench: Bench, state: str, minutes: int
) -> None:
    """Up to that minute, the guide's limit is shown."""
    name = {"build": "build-for-hours", "networking": "networking-3-hours", "deploying": "deploying-2-hours"}[state]
    earlier = timedelta(days=10)
    InstanceStatusHistory.objects.filter(instance__name=name).update(start_date=F("start_date") - earlier)
    change(name, start_date=world.now() - timedelta(minutes=minutes))
    at = listed(check_inspection(world, bench, NAME))[name][3]
    change(name, start_date=world.now() - timedelta(minutes=minutes, seconds=1))
    after = listed(check_inspection(world, bench, NAME))[name][3]

    assert ("the guide's 20 min", f"the code's {minutes} min") == (at, after)


@pytest.mark.parametrize(
    ("activity", "minutes", "past"),
    [
        ("unshelving", 61, "60 min in unshelving"),
        ("unshelving", 60, None),
        ("", 61, None),
        ("N/A", 61, None),
        ("user_deploy_error", 61, None),
    ],
)
def test_task_within_a_steady_state_is_stuck_after_its_limit(
    world: World, bench: Bench, activity: str, minutes: int, past: str | None
) -> None:
    """An instance that is unshelving for months is listed; one that is merely shelved is not."""
    name = "is-shelved_offloaded"
    earlier = timedelta(days=10)
    InstanceStatusHistory.objects.filter(instance__name=name).update(start_date=F("start_date") - earlier)
    change(name, start_date=world.now() - timedelta(minutes=minutes), activity=activity)
    rows = listed(check_inspection(world, bench, NAME))

    assert past == (rows[name][3] if name in rows else None)
    assert name not in rows or f"shelved_offloaded ({activity})" == rows[name][0]


def test_meaning_of_a_stored_error_is_shown(world: World, bench: Bench) -> None:
    """It comes from the rules of the triage; the database has nothing about an error in Nova."""
    rows = listed(check_inspection(world, bench, NAME))

    assert (
        "A playbook that Celery runs could not reach the instance by SSH" == rows["unreachable"][-1].partition(".")[0]
    )
    assert rows["never-answered"][-1].startswith("Atmosphere waited two hours")
    assert "only in Nova's fault" == rows["no-host"][-1]


def test_first_line_of_an_unknown_error_is_shown(world: World, bench: Bench) -> None:
    """Likely secrets are masked."""
    change("deploy-failed", extra={"display_error": "gremlins, password=hunter2", "traceback": "line two"})

    assert "gremlins, password=(masked)" == listed(check_inspection(world, bench, NAME))["deploy-failed"][-1]


@pytest.mark.both_databases
def test_instances_are_counted_by_common_values(world: World, bench: Bench) -> None:
    """By state, provider, size and image, with the number of all running instances of that image."""
    rows = table(check_inspection(world, bench, NAME), "By state, provider, size and image")

    living = Instance.objects.filter(source_id=Instance.objects.get(name="no-host").source_id, end_date=None).count()
    assert ("deploy_error", "4 Jetstream - Indiana University", "m1.small", IMAGE, 3, 2, living) == rows[0][:7]
    assert ("error", "4 Jetstream - Indiana University", "m1.xxlarge", IMAGE, 1, 1, living) in [row[:7] for row in rows]
    assert 11 == sum(row[4] for row in rows)


def test_broken_image_is_a_common_factor(world: World, bench: Bench) -> None:
    """Three instances of two users could not be deployed."""
    inspection = check_inspection(world, bench, NAME)

    rows = table(inspection, "Common factors")
    assert [("this image cannot be deployed?", IMAGE, 5, 2)] == [row[:4] for row in rows]
    assert inspection.answer.endswith(f"Common factor: 5 instances with {IMAGE}: this image cannot be deployed?")


@pytest.mark.both_databases
def test_full_cloud_is_a_common_factor(world: World, bench: Bench) -> None:
    """Three of two users in error or build, with one size on one provider; the largest group comes first."""
    other = AtmosphereUser.objects.get(username="zoë")
    size = InstanceStatusHistory.objects.filter(instance__name="no-host").values_list("size_id", flat=True)[0]
    for name in ("is-error", "build-for-hours", "never-answered", "deploying-30-minutes", "networking-3-hours"):
        error = InstanceStatusHistory.objects.filter(instance__name="no-host").order_by("-start_date")[0].status_id
        change(name, size_id=size, status_id=error)
    before = [row[0] for row in table(check_inspection(world, bench, NAME), "Common factors")]
    Instance.objects.filter(name="is-error").update(created_by_id=other.pk)

    inspection = check_inspection(world, bench, NAME)

    assert "the cloud has no room for this size?" not in before  # all of one user: it may be theirs
    row = table(inspection, "Common factors")[0]
    assert ("the cloud has no room for this size?", "4 Jetstream - Indiana University, m1.xxlarge", 6, 2) == row[:4]
    assert "Launch a smaller size to compare; inform the cloud's administrators." == inspection.steps[0].text


def test_network_of_a_provider_is_a_common_factor(world: World, bench: Bench) -> None:
    """Three instances of two users in networking on one provider."""
    networking = InstanceStatusHistory.objects.filter(instance__name="networking-3-hours").order_by("-start_date")[0]
    change("deploy-failed", status_id=networking.status_id)

    rows = table(check_inspection(world, bench, NAME), "Common factors")

    expected = ("the cloud's network or addresses?", "4 Jetstream - Indiana University", 3, 2)
    assert expected in [row[:4] for row in rows]


def test_old_failures_are_not_a_common_factor(world: World, bench: Bench) -> None:
    """A state that began more than three days ago counts only in its group."""
    for name in ("is-deploy_error", "never-answered", "deploy-failed", "deploying-2-hours", "deploying-30-minutes"):
        earlier = InstanceStatusHistory.objects.filter(instance__name=name)
        change(name, start_date=world.now() - timedelta(days=3, seconds=1))
        earlier.exclude(start_date=world.now() - timedelta(days=3, seconds=1)).delete()
    inspection = check_inspection(world, bench, NAME)

    assert [] == table(inspection, "Common factors")
    assert "Common factors" not in inspection.answer
    assert 3 == table(inspection, "By state, provider, size and image")[0][4]


def test_limits_and_delay_are_shown(world: World, bench: Bench) -> None:
    """Each limit has its parts and its source."""
    inspection = check_inspection(world, bench, NAME)

    rows = {row[0]: row[1:] for row in table(inspection, "How long a state can last")}
    assert {*limits.LIMITS, "networking, deploying"} == set(rows)
    assert all(why and source for _, why, source in rows.values())
    note = next(part.note for part in inspection.parts if part.title.startswith("Instances"))
    assert "every 15 minutes, so each state can have begun that much earlier, and can be over by now" in note


def test_next_steps_name_existing_instances(world: World, bench: Bench) -> None:
    """For each state, the instance with the latest change."""
    steps = {step.text: step.command for step in check_inspection(world, bench, NAME).steps}

    instance_id = Instance.objects.get(name="is-deploy_error").provider_alias
    assert (
        f"runbook plan redeploy_instance -p instance_id={instance_id}" == steps["Redeploy an instance in deploy_error."]
    )
    assert 4 == len(steps)


def test_answer_without_stuck_instances(world: World, bench: Bench) -> None:
    """The answer says so, and no cloud is read."""
    Instance.objects.update(end_date=world.now())

    inspection = check_inspection(world, bench, NAME)

    assert "0 instances are stuck for more than 20 minutes, 0 of them past the limits" in inspection.answer
    assert inspection.answer.endswith("0 have failed.")
    assert ((), ()) == (inspection.gaps, inspection.steps)


def test_minutes_must_be_a_positive_integer(world: World, bench: Bench) -> None:
    """Any other value is refused before anything is read."""
    with pytest.raises(ParamError, match="minutes must be a whole number"):
        check_inspection(world, bench, NAME, minutes="soon")


def test_missing_database_is_refused(bench: Bench) -> None:
    """Every instance is a row in it."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME)
