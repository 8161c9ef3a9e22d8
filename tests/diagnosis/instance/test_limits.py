"""Limits of states, and the groups of stuck instances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.instance.limits import (
    FAILED,
    LIMITS,
    StuckGroup,
    exceeded,
    find_patterns,
    group,
    latest_starts,
)
from runbook_lib.systems.db.queries.instance_status import RunningInstance
from tests.diagnosis.instance.instances import NOW, ago

SHARED = {"build": ("4 Example Cloud", "m1.small"), "deploying": ("Genome 1.0",), "networking": ("4 Example Cloud",)}


def running(status: str, minutes: int, *, username: str = "joetest", image: str = "Genome 1.0") -> RunningInstance:
    """Return an instance that has been in a status for so many minutes."""
    return RunningInstance(
        key=1,
        instance_id="118aff3c",
        name="my instance",
        ip_address=None,
        source_id=1,
        username=username,
        provider_id=4,
        location="Example Cloud",
        image=image,
        status=status,
        activity="",
        since=ago(minutes),
        size="m1.small",
        cpu=1,
        memory_mb=1024,
        error_text="",
    )


@pytest.mark.parametrize(
    ("status", "minutes", "limit"),
    [
        ("build", 20, ""),
        ("build", 21, "the guide's 20 min"),
        ("build", 63, "the guide's 20 min"),
        ("build", 64, "the code's 63 min"),
        ("reboot", 5000, "the guide's 20 min"),
        ("error", 0, "failed"),
        ("deploy_error", 0, "failed"),
    ],
)
def test_guide_limit_is_exceeded_before_code_limit(status: str, minutes: int, limit: str) -> None:
    """A failed state has no limit; its phrase is "failed"."""
    assert limit == exceeded(running(status, minutes), now=NOW)


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        ("build", 250 * 15),
        # an address; then 1 + 115 attempts with a soft limit of 120 s, 64 s apart
        ("networking", 53 * 60 + 116 * 120 + 115 * 64),
        # 1 + 2 attempts of 25 min; checks of desktop and process; 1 + 3 attempts of the user's boot scripts of 32 min
        ("deploying", 3 * 25 * 60 + 2 * 124 + (4 + 2) * 15 + 4 * 32 * 60 + 3 * 32),
    ],
)
def test_limit_has_the_duration_of_each_attempt_and_the_rest_of_the_chain(status: str, seconds: int) -> None:
    """A retry counts its own duration too, and the user's boot scripts run while the status is deploying.

    Source: service/tasks/driver.py:96, 848-913, 990-992, 1066-1068, 1125-1127, 1191 and 1268 of Atmosphere v37-5.
    """
    minutes = LIMITS[status].minutes

    assert minutes is not None
    assert abs(minutes - seconds / 60) <= 1


def test_latest_start_is_the_given_minutes_ago() -> None:
    """Failed states have no latest start; a start before the year 1 becomes the earliest timestamp."""
    starts = latest_starts(30, now=NOW)

    assert {*LIMITS, *FAILED} == starts.keys()
    assert {NOW - timedelta(minutes=30)} == {starts[status] for status in LIMITS}
    assert {None} == {starts[status] for status in FAILED}
    assert datetime.min.replace(tzinfo=UTC) == latest_starts(10**10, now=NOW)["build"]


def test_instances_are_grouped_by_shared_values() -> None:
    """The largest group comes first, with its number of users and its first and last timestamp."""
    instances = [running("build", 50), running("build", 10, username="other"), running("error", 5)]

    assert [
        StuckGroup(("build",), instances=2, users=2, first=ago(50), last=ago(10)),
        StuckGroup(("error",), instances=1, users=1, first=ago(5), last=ago(5)),
    ] == group(instances, lambda instance: (instance.status,))


@pytest.mark.parametrize("status", SHARED)
def test_three_instances_of_two_users_form_a_pattern(status: str) -> None:
    """Fewer instances, instances of one user and states older than three days form no pattern."""
    three = [running(status, 30), running(status, 30), running(status, 30, username="other")]

    assert [SHARED[status]] == [stuck.shared for _, stuck in find_patterns(three, now=NOW)]
    assert [] == find_patterns(three[1:], now=NOW)
    assert [] == find_patterns([running(status, 30)] * 3, now=NOW)
    assert [] == find_patterns(three, now=NOW + timedelta(days=3))


def test_unknown_image_forms_no_pattern() -> None:
    """Instances that started from a volume have no image."""
    three = [running("deploying", 30, username=name, image="") for name in ("a", "b", "c")]

    assert [] == find_patterns(three, now=NOW)
