"""What is sent, once, and what is made of the answer: done, refused, unchanged, or not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CallUnsettled, NotConnected, Refused, StalePlan, TargetNotFound, WriteRefused
from runbook_lib.systems.atmosphere_api import AtmosphereApi, calls
from tests.systems.atmosphere_api.conftest import TOKEN
from tests.systems.atmosphere_api.raw_http_server import http, nobody

if TYPE_CHECKING:
    from tests.systems.atmosphere_api.raw_http_server import RawHttpServer

START = calls.start_imaging(1)
REDEPLOY = calls.redeploy("instance_id", seen="active")
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


def test_what_the_button_sends(api: AtmosphereApi, server: RawHttpServer) -> None:
    """An approval is the web interface's own request: five names, a bare status, looked up by its name."""
    server.script = [*BEFORE_THE_WRITE, http(200, STARTED), http(200, STARTED)]

    api.perform(START)

    head, _, body = server.asked[3].partition("\r\n\r\n")
    assert head.startswith("PATCH /api/v2/machine_requests/1 HTTP/1.1")
    assert (
        '{"admin_message": "", "instance": 11, "new_machine_owner": 12, "new_machine_provider": 4, "status": 2}' == body
    )


def test_the_list_of_statuses_is_read_to_its_end(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A second page is asked for at the same place, whatever host the answer names."""
    first = {"results": [{"id": 1, "name": "pending"}], "next": "http://elsewhere.example.org/x?page=2"}
    server.script = [http(200, first), http(200, STATUSES)]

    assert 2 == api.status_id("approved")
    assert ["GET /api/v2/status_types", "GET /api/v2/status_types?page=2"] == server.lines()


def test_two_statuses_of_one_name_are_refused(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Which of them is meant is not guessed; none is sent."""
    doubled = [{"id": 2, "name": "approved"}, {"id": 9, "name": "approved"}]
    server.script = [http(200, PENDING), http(200, {"results": doubled, "next": None})]

    with pytest.raises(Refused, match="exists 2 times: 2, 9"):
        api.perform(START)

    assert [] == [line for line in server.lines() if not line.startswith("GET")]


def test_a_status_that_was_never_used_is_not_found(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The row is made lazily upstream; without it there is nothing to send."""
    server.script = [http(200, {"results": [], "next": None})]

    with pytest.raises(TargetNotFound, match="no status approved"):
        api.status_id("approved")


UNUSABLE = {
    "halved": http(200, STARTED, cut=9),
    "html": http(200, "<p>", kind="text/html"),
    "500": http(500, {"detail": "x"}),
    "closed": b"",
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_a_write_is_sent_once_and_read_back(api: AtmosphereApi, server: RawHttpServer, answer: bytes) -> None:
    """Of an answer that can't be used, the request is not repeated; unchanged, it says that nothing was changed."""
    server.script = [*BEFORE_THE_WRITE, answer, http(200, PENDING)]

    with pytest.raises(NotConnected) as caught:
        api.perform(START)

    assert "machine_requests/1 is as it was" in caught.value.why
    assert 1 == sum(line.startswith("PATCH") for line in server.lines())


@pytest.mark.parametrize("answer", [*UNUSABLE.values(), http(400, {"detail": "TypeError"})])
def test_a_start_that_left_something_behind_is_no_success(
    api: AtmosphereApi, server: RawHttpServer, answer: bytes
) -> None:
    """Started without a good answer may mean that no task was queued: it is not called done, nor unchanged."""
    server.script = [*BEFORE_THE_WRITE, answer, http(200, STARTED)]

    with pytest.raises(CallUnsettled, match=r"is now 'started'; whether a task was queued is not known"):
        api.perform(START)


def test_a_write_that_can_not_be_read_back_is_unsettled(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The API went away in between: it may be changed."""
    server.script = [*BEFORE_THE_WRITE, b"", b""]

    with pytest.raises(CallUnsettled, match="could not be read back: it may be changed"):
        api.perform(START)


def test_a_refusal_that_changed_nothing_says_so(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A 400 is read back too; unchanged, it is a plain refusal in the API's words."""
    server.script = [*BEFORE_THE_WRITE, http(400, {"status": ["no"]}), http(200, PENDING)]

    with pytest.raises(Refused) as caught:
        api.perform(START)

    assert "HTTP 400: no" == caught.value.why


def test_accepted_and_not_done_is_refused(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A 200 is not believed."""
    server.script = [*BEFORE_THE_WRITE, http(200, PENDING), http(200, PENDING)]

    with pytest.raises(Refused, match="accepted imaging of machine_requests/1, and did not do it"):
        api.perform(START)


@pytest.mark.parametrize("name", ["started", "processing", "validating", "approved", "completed"])
def test_a_running_request_is_not_approved_again(api: AtmosphereApi, server: RawHttpServer, name: str) -> None:
    """It is what was wanted: nothing is sent."""
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
def test_how_far_a_request_is(api: AtmosphereApi, server: RawHttpServer, shown: Any, reads: str) -> None:
    """An error leaves the status and stands in the message; pending is pending, whatever the message says."""
    server.script = [http(200, shown)]

    assert reads == api.current(START)


def test_another_status_than_planned_is_stale(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Somebody denied it in between: nothing is sent."""
    server.script = [http(200, {**PENDING, "status": {"id": 7, "name": "denied"}})]

    with pytest.raises(StalePlan, match="is 'denied' now"):
        api.perform(START)


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_an_action_whose_answer_is_lost_is_unsettled(api: AtmosphereApi, server: RawHttpServer, answer: bytes) -> None:
    """Nothing in the API tells afterwards; so it is neither called done nor asked for again."""
    server.script = [answer]

    with pytest.raises(CallUnsettled, match="whether instances/instance_id was asked to redeploy is not known"):
        api.perform(REDEPLOY)

    assert ["POST /api/v2/instances/instance_id/actions"] == server.lines()
    assert "active" == api.current(REDEPLOY)


def test_an_action_that_never_arrived_changed_nothing() -> None:
    """Nobody listens: that is certain."""
    with pytest.raises(NotConnected, match="cannot be reached"):
        AtmosphereApi(nobody(), token=lambda: TOKEN).perform(REDEPLOY)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (REDEPLOY, '{"action": "redeploy"}'),
        (calls.reboot("instance_id", hard=False, seen="active"), '{"action": "reboot", "reboot_type": "SOFT"}'),
        (calls.reboot("instance_id", hard=True, seen="active"), '{"action": "reboot", "reboot_type": "HARD"}'),
    ],
)
def test_an_action_is_asked_for_once(api: AtmosphereApi, server: RawHttpServer, action: Any, body: str) -> None:
    """The same call a second time is done already."""
    server.script = [http(200, {"result": "success"})]

    api.perform(action)
    api.perform(action)

    assert [body] == [text.partition("\r\n\r\n")[2] for text in server.asked]
    assert action.after == api.current(action)


def test_nothing_is_written_while_a_plan_is_made(server: RawHttpServer) -> None:
    """The gateway asks before each write, and does not even read for it."""
    api = AtmosphereApi(server.url, token=lambda: TOKEN, may_write=lambda: False)

    with pytest.raises(WriteRefused, match="api is only read; refused: call api users/7 is_staff: false → true"):
        api.perform(FLAG)

    assert [] == server.asked


def test_a_changed_flag_that_answers_badly_is_looked_for(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A state that reads as wanted is done, whatever became of the answer."""
    server.script = [http(200, {"is_staff": False}), b"", http(200, {"is_staff": True})]

    api.perform(FLAG)

    assert '{"is_staff": true}' == server.asked[1].partition("\r\n\r\n")[2]
