"""Finding workflows by instance, user, phase and time, with and without labels, and with the fewest requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.rows.workflows import FLOWS, instance_id_of
from runbook_lib.systems.argo import search

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.systems.argo import Argo

ARGO = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"instance_id": ARGO}, ["7w2kq"]),
        ({"instance_id": instance_id_of("six"), "server_ip": "2001:db8::10"}, ["b4wnz", "k7hcj"]),
        ({"instance_id": instance_id_of("six")}, ["b4wnz"]),
        ({"instance_id": ARGO, "server_ip": "192.0.2.99"}, ["z2fqm", "7w2kq"]),
        ({"instance_id": "11111111-2222-3333-4444-555555555555"}, []),
        ({"instance_id": "no label, at all"}, []),
        ({"server_ip": "192.0.2.99"}, ["z2fqm"]),
        ({"username": "user.name@example.org"}, ["p9ldt"]),
        ({"username": "nobody"}, []),
        ({"username": "joetest", "phase": "Running"}, ["v9dmx"]),
        ({"username": "joetest", "phase": "Pending"}, ["w5sgb"]),
        ({"phase": "Error"}, ["b4wnz"]),
        ({"phase": "Pending"}, ["w5sgb"]),
        ({"phase": "Succeeded", "username": "user.name@example.org"}, []),
        ({"since": NOW - timedelta(minutes=12)}, ["7w2kq", "w5sgb"]),
        ({"since": NOW - timedelta(minutes=12), "instance_id": ARGO, "phase": "Failed"}, ["7w2kq"]),
        ({"since": NOW}, []),
    ],
)
def test_workflows_are_found(argo: Argo, given: dict[str, Any], names: list[str]) -> None:
    """A match meets all conditions; the oldest comes first."""
    assert names == [match.name.rpartition("-")[2] for match in argo.search(**given)]


def test_workflows_of_a_user_are_found_with_and_without_labels(argo: Argo) -> None:
    """Releases before v37-3 set no labels."""
    names = {match.name for match in argo.of_user("joetest")}
    assert {flow.name for flow in FLOWS if flow.user == "joetest"} == names


def query(since: datetime | None = None, **given: str) -> search.WorkflowQuery:
    """Return a query with these conditions and no others."""
    return search.WorkflowQuery(
        **{"instance_id": "", "server_ip": "", "username": "", "phase": ""} | given, since=since
    )


@pytest.mark.parametrize(
    ("given", "selectors"),
    [
        ({}, [""]),
        ({"phase": "Failed"}, ["workflows.argoproj.io/phase=Failed"]),
        ({"phase": "Pending"}, [""]),
        ({"instance_id": "a"}, ["instance_uuid=a"]),
        ({"instance_id": "a", "server_ip": "192.0.2.1"}, ["!instance_uuid", "instance_uuid=a"]),
        ({"instance_id": "a,b"}, []),
        ({"username": "a"}, ["!username", "username=a"]),
        ({"username": "a@b"}, ["!username"]),
        ({"username": "a=b,c in (d)"}, ["!username"]),
        ({"username": "a", "instance_id": "b"}, ["instance_uuid=b"]),
        (
            {"username": "a", "phase": "Error"},
            ["!username,workflows.argoproj.io/phase=Error", "username=a,workflows.argoproj.io/phase=Error"],
        ),
    ],
)
def test_selectors_are_as_narrow_as_possible(given: dict[str, str], selectors: list[str]) -> None:
    """An invalid label value is never sent; a phase without a label is not part of the selector."""
    assert selectors == query(**given).selectors()
