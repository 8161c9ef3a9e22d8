"""``runbook config roles``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.test_main import Terminal


def test_roles_are_those_of_database(runbook: Terminal) -> None:
    """Troposphere has no table that changes an allocation; each role is created once."""
    answer = runbook.json("config", "roles", "troposphere")

    assert "runbook_read" == answer["roles"][0]
    assert {"runbook_grant_staff", "runbook_start_maintenance"} <= {*answer["roles"]}
    assert "runbook_change_allocation" not in answer["roles"]
    assert len(answer["roles"]) == answer["sql"].count("NOLOGIN")


def test_roles_of_some_procedures(runbook: Terminal) -> None:
    """Only these, in their order, and the role that reads; the comment shows how an operator becomes a member."""
    chosen = ("stop_maintenance", "change_allocation")

    assert ["runbook_read", *(f"runbook_{name}" for name in chosen)] == runbook.json(
        "config", "roles", "atmosphere", *chosen
    )["roles"]
    assert "GRANT runbook_change_allocation TO operator" in runbook("config", "roles", "atmosphere", *chosen)


def test_unknown_procedure_is_refused(runbook: Terminal) -> None:
    """A misspelled name would leave out its role."""
    assert "param-error" == runbook.json("config", "roles", "atmosphere", "grant_stuff", exit_code=2)["error"]
