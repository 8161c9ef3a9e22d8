"""Plans, outcomes and runs as text, with the same wording for a terminal and for a notebook."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib import procedures, render
from runbook_lib.doctor import Finding
from runbook_lib.journal import Run
from runbook_lib.model import Call, RowDelete, SystemId
from runbook_lib.model.plan import Outcome, Plan
from runbook_lib.model.practice import PRACTICE_TARGETS
from runbook_lib.render.plan import PRACTICE, STATES
from runbook_lib.systems.host import calls
from runbook_lib.text import escape
from tests.model.changes import CALL, DELETE, HASH, PASSWORD, UPDATE
from tests.model.test_plan import PLAN

RUN = Run(run_id="R1", plan=PLAN, reason="test", operator="tester@host", time="2026-01-15T12:00:00+00:00")


def outcome(state: str) -> Outcome:
    """Return an outcome of the plan in a state."""
    return Outcome(run_id="R1", plan=PLAN, state=state, receipt=PLAN.changes if state != "not-applied" else ())


def test_target_sentence_names_practice_mode_or_systems() -> None:
    """Practice mode has its own sentence. A real system has its name and address."""
    assert PRACTICE == render.target_sentence(PRACTICE_TARGETS)
    real = {"atmosphere": "postgresql://db/atmo_prod", "glance:4": "iu"}
    assert "On atmosphere = postgresql://db/atmo_prod, glance:4 = iu." == render.target_sentence(real)


def test_plan_text_has_targets_changes_and_warnings() -> None:
    """The parts are in this order, and the changes are numbered."""
    expected = [
        PRACTICE,
        "move_image_version  application_id=1144",
        "",
        f"Plan {PLAN.plan_id}, 2 changes:",
        "  1. update atmosphere application_version:7",
        "       ~ application_id  1378 → 1144",
        '       ~ name            "1.0" → "1.2"',
        "  2. call glance:4 f77cb286",
        "       ~ visibility  private → public",
        "  note: the version is end-dated",
    ]
    assert expected == render.plan_text(PLAN).splitlines()


def test_plan_with_one_change_uses_the_singular() -> None:
    """The noun fits the number."""
    assert "1 change:" in render.plan_text(dataclasses.replace(PLAN, changes=(UPDATE,)))


def test_empty_plan_has_its_reason() -> None:
    """The reason follows 'Nothing to do'."""
    plan = dataclasses.replace(PLAN, changes=(), because="the version is there already", warnings=())

    assert "Nothing to do: the version is there already." == render.plan_text(plan).splitlines()[-1]
    assert "the version is there already" in render.plan_markdown(plan)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (PASSWORD, "the current password of atmosphere atmosphere_user:5, which is not recorded"),
        (dataclasses.replace(CALL, action="delete", reversible=False), "glance:4 f77cb286 delete"),
        (
            dataclasses.replace(DELETE, row={"password": HASH}),
            "the row atmosphere user_profile:5, which is not recorded completely",
        ),
    ],
)
def test_irreversible_change_is_listed_in_the_plan(change: Call | RowDelete, line: str) -> None:
    """Every irreversible change has its line, on a terminal and in a notebook."""
    plan = Plan(procedure="p", changes=(change,), targets=PRACTICE_TARGETS)

    assert [line] == render.irreversible_changes(plan)
    assert line in render.plan_text(plan)
    assert escape.plain(line) in render.plan_markdown(plan)


def test_equal_irreversible_calls_share_a_line() -> None:
    """Several copies of images are one line, which names each of them."""
    copies = [
        Call(SystemId.parse("copy:5"), target=f"image-{n}", action=f"version v{n}", before="absent", after="complete")
        for n in range(3)
    ]
    run = calls.run(["sync", "4", "5"])
    changes = tuple(dataclasses.replace(call, reversible=False) for call in (run, *copies))
    plan = Plan(procedure="p", changes=(*changes, PASSWORD), targets=PRACTICE_TARGETS)

    assert [
        "host sync 4 5 run",
        "3 calls of copy:5 (version): image-0, image-1, image-2",
        "the current password of atmosphere atmosphere_user:5, which is not recorded",
    ] == render.irreversible_changes(plan)


def test_undo_names_its_run() -> None:
    """The plan of an undo names the run that it undoes."""
    plan = dataclasses.replace(PLAN, undoes="R0", params={"run_id": "R0"})

    assert "undo of run R0 (move_image_version)" in render.plan_text(plan)
    assert "undo of R0" in render.run_text(dataclasses.replace(RUN, plan=plan))


@pytest.mark.parametrize("state", ["applied", "nothing-to-do", "partly-applied", "verify-failed", "not-applied"])
def test_outcome_has_the_text_of_its_state(state: str) -> None:
    """An outcome has the run and its state. With a receipt, it also has the command to undo it."""
    text = render.outcome_text(outcome(state))

    assert text.startswith(f"Run R1: {STATES[state]}")
    assert ("runbook undo R1 --reason" in text) is (state != "not-applied")
    assert STATES[state] in render.outcome_markdown(outcome(state))


def test_interrupted_run_has_its_next_step() -> None:
    """The history names the command that resolves it."""
    assert "runbook history --settle" in render.run_text(RUN)


def test_run_text_has_all_parts_in_order() -> None:
    """The text has run, time, operator, procedure, reason, targets, state, and the changes made."""
    receipt = {"state": "partly-applied", "receipt": CALL.as_json()}
    lines = render.run_text(dataclasses.replace(RUN, outcome=receipt)).splitlines()

    assert "R1  2026-01-15T12:00:00+00:00  tester@host" == lines[0]
    assert ["  move_image_version application_id=1144", "  reason: test", f"  {PRACTICE}"] == lines[1:4]
    expected = ["  Applied only in part.", "    call glance:4 f77cb286", "      ~ visibility  private → public"]
    assert expected == lines[4:]


@pytest.mark.parametrize("name", procedures.names())
def test_procedure_text_has_every_parameter_and_the_command(name: str) -> None:
    """Each parameter has its type, default and meaning. The last line is a command with the examples."""
    procedure = procedures.find(name)
    text = render.procedure_text(procedure)

    assert text.startswith(f"{name}: {procedure.summary}")
    for field in procedure.fields:
        assert f"  {field.name}  ({field.type_name}, " in text
        assert field.doc in text
    assert text.splitlines()[-1].startswith(f"runbook {'inspect' if procedure.inspects else 'plan'} {name}")


def test_findings_are_aligned() -> None:
    """Each finding has one line, with rights and next step below."""
    good = Finding("atmosphere", "ok", "SQLite 3", "read", "x")
    text = render.findings_text([good, Finding("clouds", "not configured", what="y", next_step="z\x1b[2J")])

    assert [
        "ok              atmosphere  SQLite 3  x",
        "                            may: read",
        "not configured  clouds                y",
        "                            next: z\\x1b[2J",
    ] == text.splitlines()
    assert "" == render.findings_text([])


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(lambda text: text.strip()))
def test_code_span_has_exactly_the_text(text: str) -> None:
    """The fence is longer than any run of backticks in the text, and bars are escaped."""
    span = escape.code(text)

    fence = re.match(r"`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall(r"`+", inner)
    assert escape.visible(text).strip() == inner.replace("\\|", "|").strip()
