"""The journal: no acknowledged record is lost, no change stays unnoticed, and many processes can write at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.journal import BEGINNING, Journal
from runbook_lib.model import canonical, changes_as_json, fingerprint
from tests.model.changes import CALL, UPDATE
from tests.model.test_plan import PLAN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIME = "2026-01-15T12:00:00+00:00"
WHO: dict[str, Any] = {"reason": "test", "operator": "tester@host", "time": TIME}


def complete_run(journal: Journal, state: str = "applied") -> str:
    """Write a complete run: an intent, a step and an outcome."""
    with journal.begin(PLAN, **WHO) as run_id:
        journal.append("step", run_id, about="commit atmosphere", changes=changes_as_json((UPDATE,)))
        journal.append("outcome", run_id, state=state, receipt=changes_as_json((UPDATE, CALL)), time=TIME)
    return run_id


def interrupted_run(journal: Journal) -> str:
    """Write an intent alone, as a crash right after it leaves it."""
    with journal.begin(PLAN, **WHO) as run_id:
        return run_id


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a private journal with two complete runs: six records."""
    made = Journal(tmp_path / "home")
    complete_run(made)
    complete_run(made)
    return made


def test_unwritten_journal_is_intact_and_empty(tmp_path: Path) -> None:
    """Reading makes no file."""
    journal = Journal(tmp_path / "home")

    assert [] == journal.runs()
    assert () == journal.check().problems
    assert not journal.path.exists()


def test_run_is_read_as_it_was_written(journal: Journal) -> None:
    """Plan, reason, operator, steps, state and receipt come back from the file."""
    run = journal.runs()[0]

    assert (PLAN, "test", "tester@host", TIME) == (run.plan, run.reason, run.operator, run.time)
    assert ["commit atmosphere"] == [step["about"] for step in run.steps]
    assert (UPDATE, CALL) == run.receipt
    assert ("applied", False) == (run.state, run.is_open)


def test_run_id_has_time_and_plan(journal: Journal) -> None:
    """The same plan at the same second gets a number."""
    stem = f"20260115T120000-{PLAN.plan_id[:6]}"

    assert [stem, f"{stem}-2"] == [run.run_id for run in journal.runs()]


def test_json_of_a_run_is_the_plan_with_its_outcome(journal: Journal) -> None:
    """``runbook history --json`` has the plan's keys and the run's."""
    body = journal.runs()[0].as_json()

    assert PLAN.as_json().items() <= body.items()
    assert {"run_id", "state", "reason", "operator", "time", "receipt"} <= body.keys()


def test_run_without_an_outcome_is_unknown(tmp_path: Path) -> None:
    """An interrupted run is neither applied nor not applied, and has no receipt."""
    journal = Journal(tmp_path)
    run_id = interrupted_run(journal)

    run = journal.run(run_id)
    assert ("unknown", True, ()) == (run.state, run.is_unknown, run.receipt)
    assert [] == run.as_json()["receipt"]


def test_step_after_an_outcome_reopens_the_run(journal: Journal) -> None:
    """An outcome that another process wrote does not hide later steps of the run."""
    run_id = complete_run(journal, state="not-applied")
    journal.append("step", run_id, about="commit troposphere", changes=changes_as_json((UPDATE,)))

    assert journal.run(run_id).is_unknown


def test_run_is_locked_before_its_intent_is_written(journal: Journal) -> None:
    """No process resolves a run that has just begun: its lock is taken first."""
    with journal.begin(PLAN, **WHO) as run_id, pytest.raises(Refused, match="still running"), journal.lock(run_id):
        pass


@pytest.mark.parametrize(
    ("name", "expected"),
    [("application_version:7", True), ("f77cb286", True), ("application_version:8", False), ("7", False)],
)
def test_run_is_found_by_row_or_object(journal: Journal, name: str, *, expected: bool) -> None:
    """``history --object`` takes ``table:pk`` or the complete target of a call."""
    assert expected is journal.runs()[0].touches(name)


def test_end_of_a_run_id_is_completed_and_unknown_run_is_not_found(journal: Journal) -> None:
    """The end of a run's id, as an operator remembers it, gives the complete id."""
    run_id = journal.runs()[0].run_id

    with pytest.raises(TargetNotFound) as caught:
        journal.run(PLAN.plan_id[:6])
    assert (run_id,) == caught.value.similar
    with pytest.raises(TargetNotFound):
        journal.run("")


def test_record_holds_the_digest_of_the_previous_one(journal: Journal) -> None:
    """The chain begins with zeros, and is intact."""
    records = list(journal.records())

    assert [BEGINNING, *(r["digest"] for r in records[:-1])] == [r["previous"] for r in records]
    assert () == journal.check().problems


def _altered(lines: list[str]) -> list[str]:
    return [*lines[:1], lines[1].replace("commit atmosphere", "commit troposphere"), *lines[2:]]


def _altered_and_sealed_again(lines: list[str]) -> list[str]:
    record = {k: v for k, v in json.loads(lines[1]).items() if k != "digest"} | {"about": "commit troposphere"}
    record["digest"] = fingerprint(canonical(record))
    return [*lines[:1], canonical(record), *lines[2:]]


def _inserted(lines: list[str]) -> list[str]:
    record = {"kind": "step", "run_id": "x", "previous": json.loads(lines[0])["digest"]}
    record["digest"] = fingerprint(canonical(record))
    return [*lines[:1], canonical(record), *lines[1:]]


TAMPERINGS: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "a value altered": (_altered, "record 2 was altered"),
    "a value altered and its digest made anew": (_altered_and_sealed_again, "record 3 does not follow"),
    "the first removed": (lambda lines: lines[1:], "record 1 does not follow"),
    "one in the middle removed": (lambda lines: lines[:2] + lines[3:], "record 3 does not follow"),
    "two swapped": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "record 2 does not follow"),
    "one doubled": (lambda lines: [*lines[:2], *lines[1:]], "record 3 does not follow"),
    "one inserted": (_inserted, "record 3 does not follow"),
}


@pytest.mark.parametrize(("tamper", "expected"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_tampering_is_reported(journal: Journal, tamper: Callable[[list[str]], list[str]], expected: str) -> None:
    """A changed, removed, moved or added line breaks the chain, and the check names its number."""
    lines = journal.path.read_text().splitlines()
    journal.path.write_text("".join(f"{line}\n" for line in tamper(lines)))

    problems = journal.check().problems

    assert any(problem.startswith(expected) for problem in problems)
    assert problems[0].startswith(expected)


def test_record_torn_at_any_byte_loses_no_acknowledged_record(tmp_path: Path) -> None:
    """A power failure may leave any part of the last line: earlier lines stay, and the next append works."""
    journal = Journal(tmp_path)
    run_id = interrupted_run(journal)
    acknowledged = journal.path.read_bytes()
    journal.append("outcome", run_id, state="not-applied", receipt=[], note="zoë")
    intact = journal.path.read_bytes()

    for cut in range(len(acknowledged), len(intact) - 1):  # without the line break alone it is complete
        journal.path.write_bytes(intact[:cut])
        assert 1 == len(list(journal.records()))
        journal.append("outcome", run_id, state="not-applied", receipt=[], note="zoë")
        assert intact == journal.path.read_bytes()


@pytest.mark.parametrize(
    "line",
    [b"not json", b"", b"[]", b"null", b"17", b"{}", b'{"kind": "step"}', b'\xff\xfe{"kind"', b'{"kind": "step",}'],
)
def test_damaged_line_hides_only_its_run(journal: Journal, line: bytes) -> None:
    """The other runs are read, and new ones begin; every later check names the line."""
    lines = journal.path.read_bytes().split(b"\n")
    journal.path.write_bytes(b"\n".join([*lines[:5], line, b""]))

    assert ["applied", "unknown"] == [run.state for run in journal.runs()]
    assert [f"line 6 of {journal.path} is not a journal record"] == journal.unreadable()
    run_id = complete_run(journal)
    assert "applied" == journal.run(run_id).state
    assert ("line 6 is not a journal record",) == journal.check().problems


@pytest.mark.parametrize(
    "edit",
    [
        ('"reason":"test",', ""),
        ('"table":"application_version"', '"table":"atmosphere_user"'),
        ('"kind":"intent"', '"kind":"step"'),
    ],
)
def test_altered_intent_hides_only_its_run(journal: Journal, edit: tuple[str, str]) -> None:
    """An incomplete intent, or one with another plan, is not a run that can be shown or undone."""
    first, second = (run.run_id for run in journal.runs())
    journal.path.write_text(journal.path.read_text().replace(*edit, 1))

    assert [second] == [run.run_id for run in journal.runs()]
    assert [f"run {first} of {journal.path} can't be read"] == [text.partition(":")[0] for text in journal.unreadable()]
    assert journal.check().problems
