"""The stand-in for Atmosphere's API: upstream's rules and flaws, effects on the rows, and 501 for all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.config.secrets import SecretReference
from runbook_lib.errors import CallUnsettled, NotConnected, Refused, TargetNotFound
from runbook_lib.fixture import dump
from runbook_lib.fixture.rows.imaging import request_id, status_id
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.models.atmosphere.models import (
    MachineRequest,
    ProviderCredential,
    ResourceRequest,
    StatusType,
)

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.atmosphere_api.stand import StandIn

WAITING = request_id("waiting")


def button(name: str, **values: Any) -> dict[str, Any]:
    """Return the body that the web interface sends for one request."""
    found = MachineRequest.objects.get(pk=request_id(name))
    body = {key: getattr(found, f"{key}_id") for key in ("instance", "new_machine_owner", "new_machine_provider")}
    return {"admin_message": "", **body, **values}


def of(name: str) -> tuple[str, str | None]:
    """Return a request's status and message."""
    found = MachineRequest.objects.select_related("status").get(pk=request_id(name))
    return found.status.name, found.old_status


NOT_MODELLED: list[tuple[str, str, Any, dict[str, str]]] = [
    ("GET", "/v2/machine_requests", None, {}),
    ("GET", f"/v2/machine_requests/{WAITING}/approve", None, {}),
    ("GET", "/v2/status_types?name=approved", None, {}),
    ("POST", f"/v2/machine_requests/{WAITING}", {}, {}),
    ("PATCH", f"/v2/machine_requests/{WAITING}", {"status": 16001, "end_date": None}, {}),
    ("PATCH", f"/v2/machine_requests/{WAITING}", {"status": 16001, "instance": 1}, {}),
    ("PATCH", f"/v2/admin/resource_requests/{WAITING}", [], {}),
    ("POST", "/v2/instances/1111-222-3344-4567/actions", {"action": "stop"}, {}),
    ("POST", "/v2/instances/1111-222-3344-4567/actions", {"action": "reboot"}, {}),
    ("POST", "/v2/quotas", {"cpu": 1}, {}),
    ("PATCH", f"/v2/users/{user_id('joetest')}", {"email": "x@example.org"}, {}),
    ("PATCH", f"/v2/users/{user_id('joetest')}", {"is_staff": 1}, {}),
    ("GET", "/v1/profile", None, {"X_Other": "1"}),
    ("GET", "/v1/profile", None, {"Authorization": "Basic eDp5"}),
    ("PATCH", f"/v2/users/{user_id('joetest')}", {}, {"Content_Type": "text/plain"}),
]


@pytest.mark.parametrize(("method", "path", "body", "headers"), NOT_MODELLED)
def test_what_is_not_modelled_is_refused(
    stand_in: StandIn, method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    """Any other path, query, header or body is HTTP 501 with a sentence, and changes nothing."""
    before = dump.dump()

    status, answer = stand_in.ask(method, path, body, **headers)

    assert (501, True) == (status, "the stand-in does not model" in answer["detail"])
    assert before == dump.dump()


def test_staff_are_kept_out_by_a_maintenance(stand_in: StandIn) -> None:
    """503 for everybody but the exempt names, staff and superusers included, before anything else is said."""
    for username in ("staffonly", "atmoadmin", "joetest"):
        with pytest.raises(NotConnected, match="cannot be reached") as caught:
            stand_in.api(username).account()
        assert "closed for a maintenance (HTTP 503: Atmosphere is down" in caught.value.why

    assert "staffmember" == stand_in.api().account().username
    assert 503 == stand_in.ask("GET", "/v2/nothing/of/the/kind", Authorization="")[0]


def test_a_maintenance_of_one_provider_keeps_nobody_out(stand_in: StandIn, open_site: None) -> None:
    """Only records without a provider count; that of IU is still there."""
    assert "staffonly" == stand_in.api("staffonly").account().username


def test_who_asks(stand_in: StandIn, open_site: None) -> None:
    """A wrong token and none are 401; an account that is disabled is 403."""
    assert 401 == stand_in.ask("GET", "/v1/profile", Authorization="Token guessed")[0]
    assert 401 == stand_in.ask("GET", "/v1/profile", Authorization="")[0]
    with pytest.raises(Refused, match="refused to show v1/profile"):
        stand_in.api("enddated").account()


def test_others_requests_do_not_exist_without_staff(stand_in: StandIn, open_site: None) -> None:
    """An ordinary user sees own requests only; nothing at all of others'."""
    call = calls.start_imaging(request_id("waiting-too"))

    with pytest.raises(TargetNotFound, match=f"no object v2/machine_requests/{request_id('waiting-too')}"):
        stand_in.api("joetest").current(call)
    assert "pending" == stand_in.api("imageauthor").current(call)


def test_an_approval_starts(stand_in: StandIn) -> None:
    """The status goes on to started at once; the message stays; what the admin wrote is dropped."""
    body = button("waiting", admin_message="please wait", status=status_id("approved"))

    status, answer = stand_in.ask("PATCH", f"/v2/machine_requests/{WAITING}", body)

    assert (200, "started", "") == (status, answer["status"]["name"], answer["admin_message"])
    assert ("started", "pending") == of("waiting")


def test_an_approval_of_a_running_request_starts_it_again(stand_in: StandIn) -> None:
    """Upstream checks neither the status before nor how many run: that is the runbook's to do."""
    body = button("in-processing", status=status_id("approved"))

    status, _ = stand_in.ask("PATCH", f"/v2/machine_requests/{request_id('in-processing')}", body)

    assert (200, "started") == (status, of("in-processing")[0])


def test_an_approval_recovers_where_it_resumes(stand_in: StandIn) -> None:
    """Of an error, what stands in its parentheses becomes the message."""
    body = button("re-submitted", status=status_id("approved"))

    stand_in.ask("PATCH", f"/v2/machine_requests/{request_id('re-submitted')}", body)

    assert ("started", "validating") == of("re-submitted")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("absent", "This field is required."),
        ({"id": 16001}, "Incorrect type. Expected pk value, received dict."),
        ("16001", "Incorrect type. Expected pk value, received str."),
        (1, 'Invalid pk "1" - object does not exist.'),
    ],
)
def test_the_status_is_a_bare_key_and_has_to_be_there(stand_in: StandIn, status: Any, message: str) -> None:
    """Each other form is a 400 that leaves everything as it was."""
    body = button("waiting", status=status)
    if status == "absent":
        del body["status"]

    assert (400, {"status": [message]}) == stand_in.ask("PATCH", f"/v2/machine_requests/{WAITING}", body)
    assert ("pending", "pending") == of("waiting")


def _null_message() -> None:
    MachineRequest.objects.filter(pk=WAITING).update(old_status=None)


def _no_region() -> None:
    ProviderCredential.objects.filter(provider_id=4, key="region_name").delete()


def _two_started() -> None:
    old = StatusType.objects.get(name="started")
    StatusType.objects.create(name="started", start_date=old.start_date.replace(year=2020))


@pytest.mark.parametrize(
    ("broken", "left"), [(_null_message, "started"), (_no_region, "started"), (_two_started, "approved")]
)
def test_a_400_leaves_changes_behind(stand_in: StandIn, broken: Any, left: str) -> None:
    """A start that fails has changed the status by then; the gateway calls that neither done nor unchanged."""
    broken()

    with pytest.raises(CallUnsettled, match=r"it answered HTTP 400: .* is now 'started'"):
        stand_in.api().perform(calls.start_imaging(WAITING))

    assert left == of("waiting")[0]


def test_two_statuses_of_one_name_stop_the_gateway(stand_in: StandIn) -> None:
    """Approved twice in the list: nothing is sent."""
    old = StatusType.objects.get(name="approved")
    StatusType.objects.create(name="approved", start_date=old.start_date.replace(year=2020))

    with pytest.raises(Refused, match="the status approved exists 2 times"):
        stand_in.api().perform(calls.start_imaging(WAITING))

    assert "pending" == of("waiting")[0]


@pytest.mark.parametrize("after", ["denied", "closed"])
def test_denying_and_closing_start_nothing_and_end_nothing(stand_in: StandIn, after: Any) -> None:
    """By PATCH, the end date stays empty."""
    stand_in.api().perform(calls.imaging_request_status(WAITING, before="pending", after=after))

    assert (after, "pending") == of("waiting")
    assert MachineRequest.objects.get(pk=WAITING).end_date is None


@pytest.mark.parametrize(("after", "ends"), [("approved", False), ("denied", True), ("closed", True)])
def test_decisions_on_a_resource_request(stand_in: StandIn, after: Any, *, ends: bool) -> None:
    """Approved sends mail only; the others end the request. The status is an object here."""
    found = ResourceRequest.objects.filter(status__name="pending").order_by("pk")[0]

    stand_in.api().perform(calls.resource_request_status(found.pk, before="pending", after=after))

    now = ResourceRequest.objects.select_related("status").get(pk=found.pk)
    assert (after, ends) == (now.status.name, now.end_date is not None)
    path = f"/v2/admin/resource_requests/{found.pk}"
    assert 400 == stand_in.ask("PATCH", path, {"status": status_id("closed")})[0]


def test_resource_requests_are_for_staff(stand_in: StandIn, open_site: None) -> None:
    """403, not 404: who asks is looked at first."""
    with pytest.raises(Refused, match="refused to show v2/admin/resource_requests/1"):
        stand_in.api("joetest").current(calls.resource_request_status(1, before="pending", after="closed"))


def test_what_the_fixture_configures(world: World) -> None:
    """The practice copy has the API, with a token by reference of a user whom no maintenance keeps out."""
    assert isinstance(world.sites.api_token, SecretReference)
    assert world.sites.api_token.source.startswith("file:/")
    assert "staffmember" == world.api.account().username
    assert world.api.account().is_staff
