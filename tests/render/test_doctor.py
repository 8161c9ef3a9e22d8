"""The doctor's findings, and what can be run with them, for a terminal."""

from __future__ import annotations

from runbook_lib import procedures, render
from runbook_lib.doctor import Finding


def test_findings_stand_in_columns_with_what_follows_below() -> None:
    """What this account may do, and the next step; control characters of others stay visible."""
    findings = [
        Finding("atmosphere", "ok", "PostgreSQL 15", may="read and write", what="127.0.0.1/atmo"),
        Finding("glance:4", "not reachable", what="no answer\x1b[31m", next_step="check the network"),
    ]

    assert [
        "ok              atmosphere  PostgreSQL 15  127.0.0.1/atmo",
        "                            may: read and write",
        "not reachable   glance:4                   no answer\\x1b[31m",
        "                            next: check the network",
    ] == render.findings_text(findings).splitlines()
    assert "" == render.findings_text([])


def test_what_can_be_run_is_listed_and_why_the_rest_can_not() -> None:
    """A setting is named where it is all that is missing."""
    several, either = procedures.find("approve_imaging_request"), procedures.find("list_staff")
    states = {"atmosphere": "ok", "troposphere": "not configured", "api": "not configured", "broker": "not reachable"}

    why = "api is not configured (RUNBOOK_API_URL) and broker is not reachable"
    assert [
        "With this you can run: list_staff.",
        f"Can't run, because {why}: approve_imaging_request.",
    ] == render.runnable_text([several, either], states).splitlines()
    assert "With this you can run: nothing." in render.runnable_text([several, either], {})


def test_one_cloud_that_is_well_is_enough() -> None:
    """A procedure is about one provider at a time."""
    publicize = procedures.find("publicize_image")
    states = {"atmosphere": "ok", "glance:4": "not reachable", "glance:5": "ok"}

    assert "With this you can run: publicize_image." == render.runnable_text([publicize], states)
