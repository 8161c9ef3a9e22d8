"""When an instance is stuck, and what several of them share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.instance.limits import FAILED, LIMITS, StuckGroup, begins, groups, outstanding, past
from runbook_lib.systems.db.queries.instance_status import RunningInstance
from tests.diagnosis.instance.instances import NOW, ago

SHARED = {"build": ("4 Example Cloud", "m1.small"), "deploying": ("Genome 1.0",), "networking": ("4 Example Cloud",)}


def living(status: str, minutes: int, *, username: str = "joetest", image: str = "Genome 1.0") -> RunningInstance:
    """Return an instance in a status since so many minutes."""
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
    ("status", "minutes", "words"),
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
def test_an_instance_is_past_the_guides_limit_then_past_the_codes(status: str, minutes: int, words: str) -> None:
    """A failure has no limit."""
    assert words == past(living(status, minutes), now=NOW)


def test_an_instance_counts_from_its_minutes_on() -> None:
    """One that failed counts whenever that was; a number of minutes before the year 1 is no error."""
    since = begins(30, now=NOW)

    assert {*LIMITS, *FAILED} == since.keys()
    assert {NOW - timedelta(minutes=30)} == {since[status] for status in LIMITS}
    assert {None} == {since[status] for status in FAILED}
    assert datetime.min.replace(tzinfo=UTC) == begins(10**10, now=NOW)["build"]


def test_instances_are_grouped_by_what_they_share() -> None:
    """The largest group first, with its users and the span of its times."""
    instances = [living("build", 50), living("build", 10, username="other"), living("error", 5)]

    assert [
        StuckGroup(("build",), instances=2, users=2, first=ago(50), last=ago(10)),
        StuckGroup(("error",), instances=1, users=1, first=ago(5), last=ago(5)),
    ] == groups(instances, lambda instance: (instance.status,))


@pytest.mark.parametrize("status", SHARED)
def test_three_instances_of_two_users_stand_out(status: str) -> None:
    """Fewer, or those of one user, do not; nor does what began more than three days ago."""
    three = [living(status, 30), living(status, 30), living(status, 30, username="other")]

    assert [SHARED[status]] == [group.of for _, group in outstanding(three, now=NOW)]
    assert [] == outstanding(three[1:], now=NOW)
    assert [] == outstanding([living(status, 30)] * 3, now=NOW)
    assert [] == outstanding(three, now=NOW + timedelta(days=3))


def test_an_unknown_image_is_nothing_that_instances_share() -> None:
    """They started from a volume."""
    three = [living("deploying", 30, username=name, image="") for name in ("a", "b", "c")]

    assert [] == outstanding(three, now=NOW)
