"""Imaging requests: the resume step, and whether a request is in flight."""

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
        ("(validating) - ERROR - IOError()", "(validating) - ERROR - IOError()"),  # without the word exception
        ("an exception without parentheses", "an exception without parenthese"),  # upstream loses the last letter
        ("Exception) before (", ""),
    ],
)
def test_message_is_parsed_as_upstream_does(message: str, step: str) -> None:
    """The step is between the first brackets of each kind, and only if the message has the word exception."""
    assert step == imaging_requests.resume_point(message)


def test_request_without_an_error_is_in_flight(world: World) -> None:
    """The fixture's requests in flight have a running status and a message without an error."""
    expected = [
        request.name
        for request in REQUESTS
        if request.status in imaging_requests.RUNNING and "ERROR" not in (request.old_status or "")
    ]
    assert expected == [request.new_application_name for request in imaging_requests.in_flight()]


@pytest.mark.parametrize("message", ["an ERROR", "a Traceback", "an Exception"])
def test_each_error_mark_counts_and_is_case_sensitive(world: World, message: str) -> None:
    """The rule is the web interface's."""
    request = imaging_requests.in_flight()[0]
    request.old_status = message
    assert imaging_requests.is_errored(request)

    request.old_status = message.lower() if "ERROR" not in message else "an Error"
    assert not imaging_requests.is_errored(request)
