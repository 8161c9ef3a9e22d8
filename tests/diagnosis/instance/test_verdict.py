"""The verdict on an instance: which source counts, since when, which limit has passed, what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS, Verdict, judge, texts
from runbook_lib.systems.celery.tasks import SeenTask
from tests.diagnosis.instance.instances import NOW, ago, evidence, known, row, server

if TYPE_CHECKING:
    from runbook_lib.systems.db.queries.instance_history import StatusRow
    from runbook_lib.systems.openstack.server import Server

PASSWORD = "password=hunter2-and-more"


def verdict(*history: StatusRow, at: Server | None = None) -> Verdict:
    """Return the verdict on an instance with this history, and this server."""
    return judge(evidence(known(*history), at or server("ACTIVE")), now=NOW)


@pytest.mark.parametrize(
    ("stated", "at", "state", "differs"),
    [
        ("networking", server("ACTIVE", within="networking"), "networking", False),
        ("networking", server("ACTIVE", within="deploying"), "deploying", True),
        ("deploying", server("ACTIVE", within="running_boot_script"), "deploying", False),
        ("deploying", server("ACTIVE"), "active", True),
        ("active", server("ERROR"), "error", True),
        ("suspended", server("SUSPENDED"), "suspended", False),
        ("suspended", server("ACTIVE"), "suspended", False),
        ("shelved", server("ERROR"), "error", True),
    ],
)
def test_nova_counts_more_while_the_instance_is_on_its_way(
    stated: str, at: Server, state: str, differs: object
) -> None:
    """A state that only its owner ends is the database's; an error is Nova's."""
    found = verdict(row(stated, 10), at=at)

    assert (state, differs) == (found.state, found.differs)


def test_the_time_is_that_of_the_source_that_counts() -> None:
    """The row's where the sources agree, Nova's last change where the database is behind."""
    assert 10 == verdict(row("networking", 10), at=server("ACTIVE", within="networking", minutes=7)).minutes
    assert 7 == verdict(row("networking", 10), at=server("ACTIVE", within="deploying", minutes=7)).minutes


def test_an_instance_that_ended_has_no_other_state() -> None:
    """Whatever Nova says."""
    found = judge(evidence(known(row("deploying", 90), ended=ago(5)), server("ERROR")), now=NOW)

    assert ENDED == found.state


def test_a_server_that_nova_does_not_have_is_gone() -> None:
    """Unless the database says so already."""
    assert GONE == judge(evidence(known(row("active", 90))), now=NOW).state
    assert "deleted" == judge(evidence(known(row("deleted", 90))), now=NOW).state
    assert "Nova has no such server" == judge(evidence(known(row("active", 90))), now=NOW).nova


def test_an_instance_without_a_row_has_the_state_of_nova() -> None:
    """And none where Nova did not respond."""
    assert "active" == verdict().state
    assert NO_STATUS == judge(evidence(known(), nova_told=False), now=NOW).state


@pytest.mark.parametrize(
    ("status", "minutes", "late"),
    [
        ("networking", 20, ""),
        ("networking", 21, "past the guide's 20 minutes"),
        ("networking", 176, "past the guide's 20 minutes"),
        ("networking", 177, "past the limit of Atmosphere's code, 176 minutes"),
        ("redeploy", 600, "past the guide's 20 minutes"),
        ("active", 600, ""),
        ("deploy_error", 600, ""),
    ],
)
def test_the_limit_that_has_passed_is_named(status: str, minutes: int, late: str) -> None:
    """The code's before the guide's; only states on the way to active have one."""
    within = {"networking": "networking", "redeploy": "redeploying", "deploy_error": "deploy_error"}.get(status, "")

    assert late == verdict(row(status, minutes), at=server("ACTIVE", within=within)).late


def test_causes_are_recognized_in_the_order_in_which_they_count() -> None:
    """Nova's fault before the database's; each rule once."""
    found = verdict(
        row("error", 10, fault="No valid host was found. There are not enough hosts available."),
        at=server("ERROR", fault="No valid host was found. "),
    )

    assert [("nova", "instance-no-host")] == [(source, entry.id) for source, entry in found.causes]
    assert "Nova says error, with the fault 'No valid host was found.'" == found.nova


def test_no_old_cause_is_looked_for_in_an_instance_that_works() -> None:
    """Its tasks failed before it became active."""
    task = SeenTask("1", "deploy", "FAILURE", exception="No valid host was found.", failed=ago(60))

    active = judge(evidence(known(row("active", 10)), server("ACTIVE"), tasks=(task,)), now=NOW)
    failed = judge(
        evidence(known(row("deploy_error", 10)), server("ACTIVE", within="deploy_error"), tasks=(task,)), now=NOW
    )

    assert () == active.causes
    assert ["celery"] == [source for source, _ in failed.causes]


def test_the_meaning_is_that_of_an_instance() -> None:
    """Some words of a status are those of imaging requests too."""
    found = verdict(row("deploying", 10), at=server("ACTIVE", within="deploying"))

    assert found.meaning
    assert ("instance-state-deploying", "instance") == (found.meaning.id, found.meaning.area)


def test_texts_of_other_people_are_masked() -> None:
    """Faults, metadata and tracebacks can hold secrets."""
    at = server("ERROR", fault=f"failed with {PASSWORD}")
    told = dict(texts(evidence(known(), at)))

    assert "hunter2" not in told["nova"]
    assert "failed with" in told["nova"]


@pytest.mark.parametrize(
    ("history", "tried"),
    [
        (["deploy_error"], set()),
        (["deploy_error", "redeploy", "deploy_error"], {"redeploy"}),
        (["deploy_error", "redeploy", "deploy_error", "hard_reboot", "networking"], {"redeploy", "hard_reboot"}),
        (["deploy_error", "redeploy", "active", "deploy_error"], set()),
        (["networking", "reboot", "networking"], {"reboot"}),
        (["networking", "redeploy", "networking"], set()),
    ],
)
def test_what_was_tried_since_it_failed_is_read_from_the_history(history: list[str], tried: set[str]) -> None:
    """Up to the last time it worked; a redeployment counts only after a failure."""
    rows = [row(status, 60 - number) for number, status in enumerate(history)]

    assert tried == verdict(*rows).tried
