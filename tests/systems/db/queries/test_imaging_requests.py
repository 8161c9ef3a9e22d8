"""What upstream reads from an imaging request: where it resumes, and whether it is in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.fixture.rows.requests import REQUESTS
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from runbook_lib.world.world import World

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("message", "step"),
    [
        ("pending", "pending"),
        ("", ""),
        ("processing - 1111-222", "processing - 1111-222"),
        ("(processing - 1111-222) - ERROR - Exception('x',)", "processing - 1111-222"),
        ("(validating) ERROR - AttributeError() EXCEPTION:''", "validating"),
        ("(validating) - ERROR - IOError()", "(validating) - ERROR - IOError()"),  # the word is not there
        ("an exception without parentheses", "an exception without parenthese"),  # upstream loses the last letter
        ("Exception) before (", ""),
    ],
)
def test_a_message_is_taken_apart_as_upstream_does(message: str, step: str) -> None:
    """Only with the word exception, between the first signs of each kind, wherever they stand."""
    assert step == imaging_requests.resume_point(message)


def test_in_flight_is_what_runs_without_an_error(world: World) -> None:
    """Of the fixture's requests, those whose status is on the way and whose message tells of no error."""
    expected = [
        one.name for one in REQUESTS if one.status in imaging_requests.RUNNING and "ERROR" not in (one.old_status or "")
    ]
    assert expected == [one.new_application_name for one in imaging_requests.in_flight()]


@pytest.mark.parametrize("message", ["an ERROR", "a Traceback", "an Exception"])
def test_each_mark_of_an_error_counts_and_its_case_too(world: World, message: str) -> None:
    """As the web interface decides it."""
    one = imaging_requests.in_flight()[0]
    one.old_status = message
    assert imaging_requests.is_errored(one)

    one.old_status = message.lower() if "ERROR" not in message else "an Error"
    assert not imaging_requests.is_errored(one)
