"""The message for support about an instance: the guide's list, what is missing, and no secret."""

from __future__ import annotations

from runbook_lib.diagnosis.instance.support_request import lines, message, notes
from runbook_lib.diagnosis.instance.verdict import judge
from runbook_lib.model.inspection import Gap
from tests.diagnosis.instance.instances import INSTANCE_ID, NOW, evidence, known, row, server

SECRET = "password=hunter2-and-more"


def test_every_line_of_the_guides_list_is_filled_in() -> None:
    """From the database and from Nova; the notes come after it."""
    found = evidence(known(row("error", 10)), server("ERROR", fault="No valid host was found. "))

    assert [
        ("Username", "joetest"),
        ("Instance ID", INSTANCE_ID),
        ("IP Address", "192.0.2.10"),
        ("Cloud Provider", "4 Example Cloud"),
        ("Image/Application selected", "Genome Workbench 1.0 (application 1144), 2b2c55cf"),
        ("Size selected", "m1.small (2)"),
        ("Fault message from nova", "No valid host was found."),
    ] == [(label, value) for label, value, _ in lines(found)]


def test_nova_fills_in_what_the_database_does_not_have() -> None:
    """What no source says is empty."""
    found = {label: value for label, value, _ in lines(evidence(at=server("ACTIVE")))}

    assert "flavor 2" == found["Size selected"]
    assert "none: Nova has no fault for it" == found["Fault message from nova"]
    assert "" == found["Username"]


def test_the_notes_tell_the_answer_what_was_tried_and_the_literal_texts() -> None:
    """A paragraph each, long texts bounded, secrets masked."""
    rows = [row("deploy_error", 30), row("redeploy", 20), row("deploy_error", 10, fault=f"{SECRET} {'x' * 2000}")]
    found = evidence(known(*rows), server("ACTIVE", within="deploy_error"))

    told = list(notes(found, judge(found, now=NOW)))

    assert "is deploy_error" in told[0]
    assert "Tried already, by the history: redeploy." == told[1]
    assert told[-1].startswith("database says: ")
    assert told[-1].endswith("more characters)")
    assert "hunter2" not in "".join(told)


def test_the_message_marks_what_is_missing_and_names_the_gaps() -> None:
    """With where to find it, so that it can be completed."""
    filled = (("Username", "joetest", "its owner"), ("Size selected", "", "its page"))

    assert [
        "Username: joetest",
        "Size selected: (MISSING: its page)",
        "Additional notes from triage: (ADD: what you tried, when, and what came of it)",
        "- it failed",
        "- not known: nova:4: it did not respond",
    ] == message(filled, ("it failed",), (Gap("nova:4", why="it did not respond", how=""),)).splitlines()
