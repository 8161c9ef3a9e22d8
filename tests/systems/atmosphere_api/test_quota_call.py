"""The two requests of a quota: what is certain, and what is unknown, when one of them fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CallUnsettled, NotConnected, Refused
from runbook_lib.model import quota
from runbook_lib.systems.atmosphere_api import AtmosphereApi, calls
from tests.systems.atmosphere_api.raw_http_server import http

if TYPE_CHECKING:
    from tests.systems.atmosphere_api.raw_http_server import RawHttpServer

OLD: dict[str, Any] = dict.fromkeys(quota.FIELDS, 10)
NEW = {**OLD, "cpu": 20}
CALL = calls.quota("identity_uuid", "joetest", before=OLD, after=NEW)
CREATED = http(201, {"id": 7, **NEW})
KEPT, ASSIGNED = http(200, {"quota": {"id": 3, **OLD}}), http(200, {"quota": {"id": 7, **NEW}})
PUSH_FAILED = http(400, ["Unexpected error occurred during Event save: HTTPConnectionPool(host='neutron')"])
DETAIL = {"detail": "Invalid token."}


def unsettled(api: AtmosphereApi) -> str:
    """Return the text of the unknown outcome of the call."""
    with pytest.raises(CallUnsettled) as caught:
        api.perform(CALL)
    assert caught.value.changed is None
    return str(caught.value)


def test_both_requests_are_sent_in_order(api: AtmosphereApi, server: RawHttpServer) -> None:
    """The second one assigns the row that the first one returned."""
    server.script = [KEPT, CREATED, ASSIGNED, ASSIGNED]

    api.perform(CALL)

    assert ["GET", "POST", "PATCH", "GET"] == [line.partition(" ")[0] for line in server.lines()]
    assert '{"quota": {"id": 7}}' == server.requests[2].partition("\r\n\r\n")[2]


def test_rejected_first_request_changes_nothing(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Its values are checked before the row is added."""
    server.script = [KEPT, http(400, {"cpu": ["must be at least 1"]})]

    with pytest.raises(Refused, match="rejected quota of identities/identity_uuid"):
        api.perform(CALL)

    assert 2 == len(server.requests)


def test_unreachable_first_request_changes_nothing(api: AtmosphereApi, server: RawHttpServer) -> None:
    """A rejected token stops it before any code of Atmosphere runs."""
    server.script = [KEPT, http(401, DETAIL)]

    with pytest.raises(NotConnected, match="cannot be reached"):
        api.perform(CALL)


@pytest.mark.parametrize("failed", [PUSH_FAILED, http(403, {"errors": []}), http(500, DETAIL), b""])
def test_failed_second_request_leaves_the_limits_unknown(
    api: AtmosphereApi, server: RawHttpServer, failed: bytes
) -> None:
    """Atmosphere sets the limits in OpenStack before it writes the identity, which therefore proves nothing."""
    server.script = [KEPT, CREATED, failed, KEPT]

    text = unsettled(api)

    assert "still has its old quota, but the limits in Nova, Neutron and Cinder" in text


@pytest.mark.parametrize("failed", [http(401, DETAIL), http(403, DETAIL), http(404, DETAIL), http(503, DETAIL)])
def test_second_request_that_was_not_processed_leaves_a_row(
    api: AtmosphereApi, server: RawHttpServer, failed: bytes
) -> None:
    """The framework rejected it, so only the first one can have added a row."""
    server.script = [KEPT, CREATED, failed, KEPT]

    text = unsettled(api)

    assert "a row with the new limits might have been added" in text
    assert text.endswith("identities/identity_uuid?username=joetest was not changed")


@pytest.mark.parametrize("created", [http(500, DETAIL), b"", http(201, {"unexpected": 1})])
def test_lost_response_to_the_first_request_leaves_a_row(
    api: AtmosphereApi, server: RawHttpServer, created: bytes
) -> None:
    """The second one is not sent, so no limit changes."""
    server.script = [KEPT, created, KEPT]

    assert "a row with the new limits might have been added" in unsettled(api)
    assert not [line for line in server.lines() if line.startswith("PATCH")]


def test_quota_in_effect_despite_a_lost_response_is_applied(api: AtmosphereApi, server: RawHttpServer) -> None:
    """Atmosphere writes the identity last, so a changed identity proves the limits too."""
    server.script = [KEPT, CREATED, b"", ASSIGNED]

    api.perform(CALL)
