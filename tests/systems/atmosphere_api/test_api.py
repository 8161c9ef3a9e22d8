"""Requests to the API, each sent once, and the outcomes of responses: done, refused, unchanged, or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import (
    CallUnsettled,
    NotConnected,
    Refused,
    StalePlan,
    TargetNotFound,
    WriteRefused,
)
from runbook_lib.systems.atmosphere_api import AtmosphereApi, calls
from tests.systems.atmosphere_api.conftest import TOKEN
from tests.systems.atmosphere_api.raw_http_server import closed_url, http

if TYPE_CHECKING:
    from tests.systems.atmosphere_api.raw_http_server import RawHttpServer

START = calls.start_imaging(1)
REDEPLOY = calls.redeploy("instance_id", status="active")
FLAG = calls.user_flag(7, "is_staff", after=True)
PENDING = {
    "status": {"id": 1, "name": "pending"},
    "old_status": "pending",
    "admin_message": "",
    "instance": {"id": 11},
    "new_machine_owner": {"id": 12},
    "new_machine_provider": {"id": 4},
}
STARTED = {**PENDING, "status": {"id": 3, "name": "started"}}
STATUSES = {"results": [{"id": 2, "name": "approved"}], "next": None}
BEFORE_THE_WRITE = [http(200, PENDING), http(200, STATUSES), http(200, PENDING)]


def test_approval_sends_the_request_of_the_button(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The body has the web interface's five fields, with the id of the status found by name."""
    server.script = [*BEFORE_THE_WRITE, http(200, STARTED), http(200, STARTED)]

    api.perform(START)

    head, _, body = server.requests[3].partition("\r\n\r\n")
    assert head.startswith("PATCH /api/v2/machine_requests/1 HTTP/1.1")
    assert (
        '{"admin_message": "", "instance": 11, "new_machine_owner": 12, "new_machine_provider": 4, "status": 2}' == body
    )


def test_all_pages_of_the_statuses_are_read(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The second page is read from the same host, although the response names another one."""
    first = {"results": [{"id": 1, "name": "pending"}], "next": "http://elsewhere.example.org/x?page=2"}
    server.script = [http(200, first), http(200, STATUSES)]

    assert 2 == api.status_id("approved")
    assert ["GET /api/v2/status_types", "GET /api/v2/status_types?page=2"] == server.lines()


def test_duplicate_statuses_are_refused(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The gateway does not guess the right one, and sends none."""
    duplicates = [{"id": 2, "name": "approved"}, {"id": 9, "name": "approved"}]
    server.script = [http(200, PENDING), http(200, {"results": duplicates, "next": None})]

    with pytest.raises(Refused, match="exists 2 times, with the ids 2, 9"):
        api.perform(START)

    assert [] == [line for line in server.lines() if not line.startswith("GET")]


def test_unused_status_is_not_found(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Atmosphere creates the row at its first use; without it there is nothing to send."""
    server.script = [http(200, {"results": [], "next": None})]

    with pytest.raises(TargetNotFound, match="no status approved"):
        api.status_id("approved")


def test_rejection_names_the_operation_and_the_object(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Both are fields, so an operation of two words does not change the object."""
    server.script = [http(403, {"detail": "no"}), http(404, {"detail": "gone"})]
    call = calls.reboot("instance_id", hard=False, status="active")

    with pytest.raises(Refused) as refused:
        api.perform(call)
    with pytest.raises(TargetNotFound) as missing:
        api.perform(call)

    assert "Atmosphere's API rejected reboot SOFT of instances/instance_id" == refused.value.what
    assert "there is no object instances/instance_id in Atmosphere's API" == missing.value.what


UNUSABLE = {
    "halved": http(200, STARTED, cut=9),
    "html": http(200, "<p>", kind="text/html"),
    "500": http(500, {"detail": "x"}),
    "closed": b"",
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_write_with_an_unusable_response_is_sent_once_and_read_back(
    api: AtmosphereApi, server: RawHttpServer, answer: bytes
) -> None:
    """The request is not repeated. An unchanged object does not prove that the API does nothing more."""
    server.script = [*BEFORE_THE_WRITE, answer, http(200, PENDING)]

    with pytest.raises(CallUnsettled, match="machine_requests/1 is unchanged so far") as caught:
        api.perform(START)

    assert caught.value.changed is None
    assert 1 == sum(line.startswith("PATCH") for line in server.lines())


@pytest.mark.parametrize("answer", [*UNUSABLE.values(), http(400, {"detail": "TypeError"})])
def test_partial_start_is_unsettled(api: AtmosphereApi, server: RawHttpServer, answer: bytes) -> None:
    """The status is started, but it is unknown whether a task was queued."""
    server.script = [*BEFORE_THE_WRITE, answer, http(200, STARTED)]

    with pytest.raises(CallUnsettled, match=r"is now 'started'; it is unknown whether a task was queued"):
        api.perform(START)


def test_unreadable_result_of_a_write_is_unsettled(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The API is down after the write, so the object might have changed."""
    server.script = [*BEFORE_THE_WRITE, b"", b""]

    with pytest.raises(CallUnsettled, match="can't be read back: it might have changed"):
        api.perform(START)


def test_rejection_without_a_change_is_refused(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The value is read back after an HTTP 400; if unchanged, the error has the API's message."""
    server.script = [*BEFORE_THE_WRITE, http(400, {"status": ["no"]}), http(200, PENDING)]

    with pytest.raises(Refused) as caught:
        api.perform(START)

    assert "HTTP 400: no" == caught.value.why


def test_accepted_call_without_a_change_is_unsettled(api: AtmosphereApi, server: RawHttpServer) -> None:
    """An HTTP 200 counts neither as success nor as proof that nothing was changed."""
    server.script = [*BEFORE_THE_WRITE, http(200, PENDING), http(200, PENDING)]

    with pytest.raises(CallUnsettled, match="accepted imaging of machine_requests/1, but it is still 'pending'"):
        api.perform(START)


ERRORS = {"errors": [{"code": 0, "message": "it broke down"}]}
REBOOT = calls.reboot("instance_id", hard=False, status="active")
NOT_ACTIVE = {"errors": [{"code": 403, "message": "X: Cannot redeploy to an instance in a non-active state. (Y)"}]}


@pytest.mark.parametrize("status", [400, 401, 403, 405, 409, 429, 500, 501, 503, 504])
@pytest.mark.parametrize("call", [REDEPLOY, REBOOT], ids=["redeploy", "reboot"])
def test_status_of_an_action_proves_nothing(api: AtmosphereApi, server: RawHttpServer, call: Any, status: int) -> None:
    """Atmosphere's own errors come from every step of an action, also after the reboot was sent."""
    server.script = [http(status, ERRORS)]

    with pytest.raises(CallUnsettled, match=r"it is unknown whether re.* of instances/instance_id started") as caught:
        api.perform(call)

    assert caught.value.changed is None


@pytest.mark.parametrize(
    ("call", "rejection", "error"),
    [
        (REBOOT, (401, {"detail": "Invalid token."}), NotConnected),
        (REBOOT, (403, {"detail": "You do not have permission to perform this action."}), Refused),
        (REBOOT, (404, ERRORS), TargetNotFound),
        (REBOOT, (503, {"detail": "Atmosphere is down"}), NotConnected),
        (REDEPLOY, (403, NOT_ACTIVE), Refused),
        (REBOOT, (403, NOT_ACTIVE), CallUnsettled),
    ],
)
def test_rejection_before_an_action_is_proved(
    api: AtmosphereApi, server: RawHttpServer, call: Any, rejection: tuple[int, Any], error: type[Exception]
) -> None:
    """The framework's own rejections come first, and a redeployment checks the state before it does anything."""
    server.script = [http(*rejection)]

    with pytest.raises(error):
        api.perform(call)


@pytest.mark.parametrize(("now", "error"), [(False, Refused), (True, CallUnsettled)])
@pytest.mark.parametrize("status", [403, 404, 409])
def test_rejection_by_upstreams_code_is_read_back(
    api: AtmosphereApi, server: RawHttpServer, status: int, error: type[Exception], *, now: bool
) -> None:
    """A flag that was set nevertheless is not reported as unchanged."""
    expected: type[Exception] = TargetNotFound if status == 404 and not now else error
    server.script = [http(200, {"is_staff": False}), http(status, ERRORS), http(200, {"is_staff": now})]

    with pytest.raises(expected):
        api.perform(FLAG)


def test_write_that_is_redirected_is_unsettled(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A redirect can follow a change, and is not followed."""
    redirect = http(302, "", head="Location: http://evil.example.org/\r\n")
    server.script = [http(200, {"is_staff": False}), redirect, http(200, {"is_staff": False})]

    with pytest.raises(CallUnsettled, match=r"it redirects to evil\.example\.org; the token was not sent there"):
        api.perform(FLAG)


@pytest.mark.parametrize("name", ["started", "processing", "validating", "approved", "completed"])
def test_running_request_is_not_approved_again(api: AtmosphereApi, server: RawHttpServer, name: str) -> None:
    """The wanted state is there already, so nothing is sent."""
    server.script = [http(200, {**STARTED, "status": {"id": 3, "name": name}})]

    api.perform(START)

    assert ["GET /api/v2/machine_requests/1"] == server.lines()


@pytest.mark.parametrize(
    ("shown", "reads"),
    [
        ({"status": {"name": "started"}, "old_status": "(pending) - ERROR - x"}, "failed"),
        ({"status": {"name": "validating"}, "old_status": "Traceback"}, "failed"),
        ({"status": {"name": "pending"}, "old_status": "(validating) - ERROR - x"}, "pending"),
        ({"status": {"name": "started"}, "old_status": None}, "started"),
        ({"status": {"name": "denied"}, "old_status": "pending"}, "denied"),
    ],
)
def test_progress_of_a_request(api: AtmosphereApi, server: RawHttpServer, shown: Any, reads: str) -> None:
    """An error is in the message and does not change the status; a pending request stays pending with any message."""
    server.script = [http(200, shown)]

    assert reads == api.current(START)


def test_unplanned_status_is_stale(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Another operator denied the request after the plan, so nothing is sent."""
    server.script = [http(200, {**PENDING, "status": {"id": 7, "name": "denied"}})]

    with pytest.raises(StalePlan, match="is 'denied' now"):
        api.perform(START)


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_action_with_a_lost_response_is_unsettled(api: AtmosphereApi, server: RawHttpServer, answer: bytes) -> None:
    """The API does not report the action later, so it does not count as done and is not repeated."""
    server.script = [answer]

    with pytest.raises(CallUnsettled, match="it is unknown whether redeploy of instances/instance_id started"):
        api.perform(REDEPLOY)

    assert ["POST /api/v2/instances/instance_id/actions"] == server.lines()
    assert "active" == api.current(REDEPLOY)


def test_action_that_did_not_arrive_is_not_connected() -> None:
    """With a closed port, the request certainly did not arrive."""
    with pytest.raises(NotConnected, match="cannot be reached"):
        AtmosphereApi(closed_url(), token=lambda: TOKEN).perform(REDEPLOY)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (REDEPLOY, '{"action": "redeploy"}'),
        (calls.reboot("instance_id", hard=False, status="active"), '{"action": "reboot", "reboot_type": "SOFT"}'),
        (calls.reboot("instance_id", hard=True, status="active"), '{"action": "reboot", "reboot_type": "HARD"}'),
    ],
)
def test_action_is_requested_once(api: AtmosphereApi, server: RawHttpServer, action: Any, body: str) -> None:
    """A second identical call finds the action accepted."""
    server.script = [http(200, {"result": "success"})]

    api.perform(action)
    api.perform(action)

    assert [body] == [text.partition("\r\n\r\n")[2] for text in server.requests]
    assert action.after == api.current(action)


def test_write_without_permission_is_refused(server: RawHttpServer) -> None:
    """The gateway checks the permission first, and does not even read."""
    api = AtmosphereApi(server.url, token=lambda: TOKEN, may_write=lambda: False)

    with pytest.raises(WriteRefused, match="api is only read; refused: call api users/7 is_staff: false → true"):
        api.perform(FLAG)

    assert [] == server.requests


def test_flag_with_a_lost_response_is_read_back(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A value read back as wanted is success, despite the lost response."""
    server.script = [http(200, {"is_staff": False}), b"", http(200, {"is_staff": True})]

    api.perform(FLAG)

    assert '{"is_staff": true}' == server.requests[1].partition("\r\n\r\n")[2]


DENY = calls.resource_request_status(9, before="pending", after="denied")
DENY_STATUSES = {"results": [{"id": 4, "name": "denied"}], "next": None}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_saved_decision_without_a_response_leaves_the_email_unknown(
    api: AtmosphereApi, server: RawHttpServer, answer: bytes
) -> None:
    """Atmosphere saves the status, and sends the email last."""
    before, after = http(200, {"status": {"name": "pending"}}), http(200, {"status": {"name": "denied"}})
    server.script = [before, http(200, DENY_STATUSES), answer, after]

    with pytest.raises(CallUnsettled, match="it is unknown whether the user gets the email") as caught:
        api.perform(DENY)

    assert caught.value.changed is True
