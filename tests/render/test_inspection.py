"""Inspections in JSON, on a terminal and in a notebook."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import markdown as renderer
import pytest

from runbook_lib import procedures, render
from runbook_lib.model.inspection import Event, Excerpt, Gap, Inspection, Step, Table
from runbook_lib.model.practice import PRACTICE_TARGETS

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> | [x](http://example.org) \x1b[31m `a` # b"
INSPECTION = Inspection(
    answer="The deployment failed.",
    parts=(
        Table("Status", ("status", "since", "active"), (("deploy_error", NOON, True), (None, None, False)), note="UTC"),
        Excerpt("Fault", "first line\nsecond line"),
    ),
    events=(
        Event(NOON, "nova", "build failed", trouble=True),
        Event(NOON - timedelta(hours=1), "database", "networking", until=NOON),
    ),
    gaps=(Gap("flower", "not configured", "set RUNBOOK_FLOWER_URL"),),
    steps=(Step("Redeploy it.", "runbook plan redeploy_instance", "runbooks/redeploy-instance.html"),),
    procedure="triage_instance",
    params={"instance_id": "1"},
    targets=PRACTICE_TARGETS,
    taken="2026-01-15T12:00:00+00:00",
)


def test_time_of_any_zone_is_shown_in_utc() -> None:
    """Times of systems in different zones are comparable."""
    phoenix = NOON.astimezone(timezone(timedelta(hours=-7)))
    inspection = replace(INSPECTION, events=(Event(phoenix, "celery", "task received"),))

    assert "2026-01-15T12:00:00+00:00" == inspection.as_json()["timeline"][0]["time"]
    assert "2026-01-15 12:00:00 celery  task received" in render.inspection_text(inspection)


def test_terminal_text_has_all_parts_in_order() -> None:
    """Columns are aligned, and the last sentence says that nothing was changed."""
    text = render.inspection_text(INSPECTION)

    order = ["Practice mode", "The deployment failed.", "Status:", "Fault:", "Timeline", "Missing:", "Next:"]
    assert sorted(order, key=text.index) == order
    assert "  status        since                active\n  deploy_error  2026-01-15 12:00:00  yes\n" in text
    assert "     runbook plan redeploy_instance\n" in text
    assert text.endswith("Nothing was changed.\nPractice mode: nothing real was read or changed.")


def test_empty_part_is_shown_as_none() -> None:
    """An empty table or excerpt has the text 'none'."""
    inspection = replace(INSPECTION, parts=(Table("Tasks", ("id",), ()), Excerpt("Log", "")))

    assert "Tasks:\n  none\n\nLog:\n  none\n" in render.inspection_text(inspection)
    assert 2 == render.inspection_markdown(inspection).count("none")


@pytest.mark.parametrize(
    "inspection",
    [
        replace(INSPECTION, answer=HOSTILE),
        replace(INSPECTION, parts=(Table(HOSTILE, ("a",), ((HOSTILE,),), note=HOSTILE),)),
        replace(INSPECTION, parts=(Excerpt("text", f"```\n{HOSTILE}"),)),
        replace(INSPECTION, gaps=(Gap("nova", HOSTILE, HOSTILE),)),
        replace(INSPECTION, events=(Event(NOON, "nova", HOSTILE),)),
        replace(INSPECTION, steps=(Step(HOSTILE),)),
    ],
)
def test_untrusted_text_stays_text(inspection: Inspection) -> None:
    """No escape sequence reaches a terminal; no tag, link or table border works in a notebook."""
    assert "\x1b" not in render.inspection_text(inspection)
    shown = render.inspection_markdown(inspection)
    assert "\x1b" not in shown
    page = renderer.markdown(shown, extensions=["tables", "fenced_code"])
    assert "<script" not in page
    assert 'href="http' not in page
    assert "<code>a</code>" not in page


def test_procedure_either_plans_or_inspects() -> None:
    """No procedure does both or neither, and its verb fits."""
    assert set(procedures.names()) == {*procedures.changing(), *procedures.inspecting()}
    assert set() == {*procedures.changing()} & {*procedures.inspecting()}
    verbs = {name.split("_")[0] for name in procedures.inspecting()}
    assert set() == verbs - {"find", "list", "show", "triage", "check", "write"}


def test_inspect_command_prints_text_or_json() -> None:
    """``runbook inspect`` with a changing procedure is a usage error."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runbook_lib", *arguments], capture_output=True, text=True, check=False
        )

    assert "atmoadmin" in run("inspect", "list_staff").stdout
    assert "list_staff" == json.loads(run("inspect", "list_staff", "--json").stdout)["procedure"]
    refused = run("plan", "list_staff")
    assert (2, "") == (refused.returncode, refused.stdout)
    assert "runbook inspect list_staff" in refused.stderr
    assert 2 == run("inspect", "grant_staff", "-p", "username=joetest").returncode
    assert 2 == run("inspect", "list_staff", "-p", "state=all").returncode
