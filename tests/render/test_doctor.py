"""The doctor's findings, and the procedures that they allow, for a terminal."""

from __future__ import annotations

from runbook_lib import procedures, render
from runbook_lib.doctor import Finding


def test_findings_are_aligned_with_details_below() -> None:
    """Rights and next step follow each line. Control characters in untrusted text are escaped."""
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


def test_runnable_procedures_are_listed_with_reasons_for_the_others() -> None:
    """The reason names the setting if only configuration is missing."""
    several, either = procedures.find("approve_imaging_request"), procedures.find("list_staff")
    states = {"atmosphere": "ok", "troposphere": "not configured", "api": "not configured", "broker": "not reachable"}

    reason = "api is not configured (RUNBOOK_API_URL) and broker is not reachable"
    assert [
        "You can run: list_staff.",
        f"You can't run, because {reason}: approve_imaging_request.",
    ] == render.runnable_text([several, either], states).splitlines()
    assert "You can run: nothing." in render.runnable_text([several, either], {})


def test_one_working_cloud_is_enough() -> None:
    """A procedure uses one provider at a time."""
    publicize = procedures.find("publicize_image")
    states = {"atmosphere": "ok", "glance:4": "not reachable", "glance:5": "ok"}

    assert "You can run: publicize_image." == render.runnable_text([publicize], states)
