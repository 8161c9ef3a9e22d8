"""The message for support about an instance: the guide's list, missing values, and masked secrets."""

from __future__ import annotations

from runbook_lib.diagnosis.instance.support_request import compose, lines, notes
from runbook_lib.diagnosis.instance.verdict import judge
from runbook_lib.model.inspection import Gap
from tests.diagnosis.instance.instances import INSTANCE_ID, NOW, evidence, record, row, server

SECRET = "password=hunter2-and-more"


def test_message_has_every_line_of_the_guide() -> None:
    """The values come from the database and from Nova; the notes follow separately."""
    instance = evidence(record(row("error", 10)), server("ERROR", fault="No valid host was found. "))

    assert [
        ("Username", "joetest"),
        ("Instance ID", INSTANCE_ID),
        ("IP Address", "192.0.2.10"),
        ("Cloud Provider", "4 Example Cloud"),
        ("Image/Application selected", "Genome Workbench 1.0 (application 1144), 2b2c55cf"),
        ("Size selected", "m1.small (2)"),
        ("Fault message from nova", "No valid host was found."),
    ] == [(label, value) for label, value, _ in lines(instance)]


def test_nova_provides_values_missing_in_the_database() -> None:
    """A value that no source has is empty."""
    values = {label: value for label, value, _ in lines(evidence(in_nova=server("ACTIVE")))}

    assert "flavor 2" == values["Size selected"]
    assert "none: Nova has no fault for this instance" == values["Fault message from nova"]
    assert "" == values["Username"]


def test_notes_have_summary_attempts_and_literal_texts() -> None:
    """Each note is one paragraph; long texts are shortened and secrets masked."""
    rows = [row("deploy_error", 30), row("redeploy", 20), row("deploy_error", 10, error_text=f"{SECRET} {'x' * 2000}")]
    instance = evidence(record(*rows), server("ACTIVE", within="deploy_error"))

    paragraphs = list(notes(instance, judge(instance, now=NOW)))

    assert "has been in deploy_error" in paragraphs[0]
    assert "Already attempted according to the history: redeploy." == paragraphs[1]
    assert paragraphs[-1].startswith("database reports: ")
    assert paragraphs[-1].endswith("more characters)")
    assert "hunter2" not in "".join(paragraphs)


def test_message_marks_missing_values_and_sources() -> None:
    """A missing value has a hint where to find it; a source that did not respond has its reason."""
    filled = (("Username", "joetest", "its owner"), ("Size selected", "", "its page"))

    assert [
        "Username: joetest",
        "Size selected: (MISSING: its page)",
        "Additional notes from triage: (ADD: what you tried, when, and the result)",
        "- it failed",
        "- unknown: nova:4: it did not respond",
    ] == compose(filled, ("it failed",), (Gap("nova:4", why="it did not respond", how=""),)).splitlines()
