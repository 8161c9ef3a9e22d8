"""The verdict on an instance: the decisive source, the age, the exceeded limit and the attempted actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS, Verdict, judge, texts
from runbook_lib.systems.celery.tasks import FlowerTask
from tests.diagnosis.instance.instances import NOW, ago, evidence, record, row, server

if TYPE_CHECKING:
    from runbook_lib.systems.db.queries.instance_history import StatusRow
    from runbook_lib.systems.openstack.server import Server

PASSWORD = "password=hunter2-and-more"


def verdict(*history: StatusRow, in_nova: Server | None = None) -> Verdict:
    """Return the verdict on an instance with this history and this server."""
    return judge(evidence(record(*history), in_nova or server("ACTIVE")), now=NOW)


@pytest.mark.parametrize(
    ("in_database", "in_nova", "state", "differs"),
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
def test_nova_decides_while_the_instance_is_in_transition(
    in_database: str, in_nova: Server, state: str, differs: object
) -> None:
    """The database decides for a state that only the owner ends; Nova decides for an error."""
    judged = verdict(row(in_database, 10), in_nova=in_nova)

    assert (state, differs) == (judged.state, judged.nova_differs)


def test_age_comes_from_the_decisive_source() -> None:
    """It is the row's age if the sources agree, and the age of Nova's last change if the database is out of date."""
    assert 10 == verdict(row("networking", 10), in_nova=server("ACTIVE", within="networking", minutes=7)).minutes
    assert 7 == verdict(row("networking", 10), in_nova=server("ACTIVE", within="deploying", minutes=7)).minutes


def test_ended_instance_is_ended_in_every_nova_state() -> None:
    """An end in the database has priority over an error in Nova."""
    judged = judge(evidence(record(row("deploying", 90), ended=ago(5)), server("ERROR")), now=NOW)

    assert ENDED == judged.state


def test_instance_without_server_in_nova_is_gone() -> None:
    """If the database already has it as deleted, that state stays."""
    assert GONE == judge(evidence(record(row("active", 90))), now=NOW).state
    assert "deleted" == judge(evidence(record(row("deleted", 90))), now=NOW).state
    assert "Nova has no such server" == judge(evidence(record(row("active", 90))), now=NOW).nova_report


def test_instance_without_row_has_the_state_of_nova() -> None:
    """If Nova did not respond, it has no status."""
    assert "active" == verdict().state
    assert NO_STATUS == judge(evidence(record(), nova_responded=False), now=NOW).state


@pytest.mark.parametrize(
    ("status", "minutes", "limit"),
    [
        ("networking", 20, ""),
        ("networking", 21, "past the guide's 20 minutes"),
        ("networking", 408, "past the guide's 20 minutes"),
        ("networking", 409, "past the limit of Atmosphere's code, 408 minutes"),
        ("redeploy", 600, "past the guide's 20 minutes"),
        ("active", 600, ""),
        ("deploy_error", 600, ""),
    ],
)
def test_exceeded_limit_is_reported(status: str, minutes: int, limit: str) -> None:
    """The code's limit has priority over the guide's; only states that precede active have limits."""
    within = {"networking": "networking", "redeploy": "redeploying", "deploy_error": "deploy_error"}.get(status, "")

    assert limit == verdict(row(status, minutes), in_nova=server("ACTIVE", within=within)).exceeded_limit


@pytest.mark.parametrize(
    ("status", "activity", "minutes", "limit", "rule"),
    [
        ("shelved_offloaded", "unshelving", 317 * 1440, "past the limit for unshelving, 60 minutes", "unshelving"),
        ("shelved_offloaded", "unshelving", 60, "", "unshelving"),
        ("suspended", "", 317 * 1440, "", "stopped"),
        ("active", "image_uploading", 160, "", "snapshot"),
        ("active", "image_uploading", 161, "past the limit for image_uploading, 160 minutes", "snapshot"),
        ("active", "user_deploy_error", 9999, "", "user-script"),
        ("active", "something_new", 61, "past the limit for something_new, 60 minutes", "active"),
    ],
)
def test_task_within_a_steady_state_has_a_limit(
    status: str, activity: str, minutes: int, limit: str, rule: str
) -> None:
    """A steady state can last for ever, but not a task within it; the task decides what the state means."""
    judged = judge(evidence(record(row(status, minutes, activity=activity)), nova_responded=False), now=NOW)

    assert (limit, f"instance-state-{rule}") == (judged.exceeded_limit, judged.meaning.id if judged.meaning else "")


def test_causes_are_ordered_by_importance() -> None:
    """Nova's fault precedes the database's error; each rule occurs once."""
    judged = verdict(
        row("error", 10, error_text="No valid host was found. There are not enough hosts available."),
        in_nova=server("ERROR", fault="No valid host was found. "),
    )

    assert [("nova", "instance-no-host")] == [(source, entry.id) for source, entry in judged.causes]
    assert "Nova reports error, with the fault 'No valid host was found.'" == judged.nova_report


def test_working_instance_has_no_causes() -> None:
    """Tasks that failed before the instance became active do not count."""
    task = FlowerTask("1", "deploy", "FAILURE", exception="No valid host was found.", failed=ago(60))

    active = judge(evidence(record(row("active", 10)), server("ACTIVE"), tasks=(task,)), now=NOW)
    failed = judge(
        evidence(record(row("deploy_error", 10)), server("ACTIVE", within="deploy_error"), tasks=(task,)), now=NOW
    )

    assert () == active.causes
    assert ["celery"] == [source for source, _ in failed.causes]


def test_meaning_is_that_of_an_instance() -> None:
    """Some statuses exist for imaging requests too; the meaning for an instance is used."""
    judged = verdict(row("deploying", 10), in_nova=server("ACTIVE", within="deploying"))

    assert judged.meaning
    assert ("instance-state-deploying", "instance") == (judged.meaning.id, judged.meaning.area)


def test_untrusted_texts_are_masked() -> None:
    """Faults, metadata and tracebacks can hold secrets."""
    in_nova = server("ERROR", fault=f"failed with {PASSWORD}")
    masked = dict(texts(evidence(record(), in_nova)))

    assert "hunter2" not in masked["nova"]
    assert "failed with" in masked["nova"]


@pytest.mark.parametrize(
    ("history", "attempted"),
    [
        (["deploy_error"], set()),
        (["deploy_error", "redeploy", "deploy_error"], {"redeploy"}),
        (["deploy_error", "redeploy", "deploy_error", "hard_reboot", "networking"], {"redeploy", "hard_reboot"}),
        (["deploy_error", "redeploy", "active", "deploy_error"], set()),
        (["networking", "reboot", "networking"], {"reboot"}),
        (["networking", "redeploy", "networking"], set()),
    ],
)
def test_attempted_actions_come_from_the_history(history: list[str], attempted: set[str]) -> None:
    """Actions count back to the last active state; a redeployment counts only after a failure."""
    rows = [row(status, 60 - number) for number, status in enumerate(history)]

    assert attempted == verdict(*rows).attempted
