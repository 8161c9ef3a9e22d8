"""Plans, outcomes and runs in words: the same for a terminal and for a notebook."""

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
from tests.model.changes import CALL, DELETE, HASH, INSERT, PASSWORD, UPDATE
from tests.model.test_plan import PLAN
from tests.strategies import PLANS

RUN = Run(run_id="R1", plan=PLAN, reason="test", operator="tester@host", time="2026-01-15T12:00:00+00:00")


def outcome(state: str) -> Outcome:
    """Return an outcome of the plan in a state."""
    return Outcome(run_id="R1", plan=PLAN, state=state, receipt=PLAN.changes if state != "not-applied" else ())


def test_practice_is_said_in_words() -> None:
    """Whatever is on the fixture says so; a real system is named with its address."""
    assert PRACTICE == render.where(PRACTICE_TARGETS)
    real = {"atmosphere": "postgresql://db/atmo_prod", "glance:4": "iu"}
    assert "On atmosphere = postgresql://db/atmo_prod, glance:4 = iu." == render.where(real)


def test_a_plan_for_a_terminal() -> None:
    """Where, what, every change by number, and the warnings, in this order."""
    expected = [
        PRACTICE,
        "move_image_version  application_id=1144",
        "",
        f"Plan {PLAN.plan_id}, 2 changes:",
        f"  1. {UPDATE.describe()}",
        f"  2. {CALL.describe()}",
        "  note: the version is end-dated",
    ]
    assert expected == render.plan_text(PLAN).splitlines()


def test_a_plan_with_one_change_counts_in_the_singular() -> None:
    """Words fit their number."""
    assert "1 change:" in render.plan_text(dataclasses.replace(PLAN, changes=(UPDATE,)))


def test_an_empty_plan_says_why() -> None:
    """Nothing to do is followed by the reason."""
    plan = dataclasses.replace(PLAN, changes=(), because="the version is there already", warnings=())

    assert "Nothing to do: the version is there already." == render.plan_text(plan).splitlines()[-1]
    assert "the version is there already" in render.plan_markdown(plan)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (PASSWORD, "the present password of atmosphere atmosphere_user:5, which is not kept"),
        (dataclasses.replace(CALL, action="delete", reversible=False), "glance:4 f77cb286 delete"),
        (
            dataclasses.replace(DELETE, row={"password": HASH}),
            "the row atmosphere user_profile:5, which is not kept whole",
        ),
    ],
)
def test_what_can_not_come_back_is_told_before_anything_is_done(change: Call | RowDelete, told: str) -> None:
    """Every irreversible change has its sentence in the plan, for the terminal and for the notebook."""
    plan = Plan(procedure="p", changes=(change,), targets=PRACTICE_TARGETS)

    assert [told] == render.irreversible(plan)
    assert told in render.plan_text(plan)
    assert escape.plain(told) in render.plan_markdown(plan)


def test_equal_losses_are_told_together() -> None:
    """Forty copies of images are one line under what can't be taken back, which names each of them."""
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
        "the present password of atmosphere atmosphere_user:5, which is not kept",
    ] == render.irreversible(plan)


def test_an_undo_is_called_one() -> None:
    """The plan of an undo names the run it takes back."""
    plan = dataclasses.replace(PLAN, undoes="R0", params={"run_id": "R0"})

    assert "undo of run R0 (move_image_version)" in render.plan_text(plan)
    assert "undo of R0" in render.run_text(dataclasses.replace(RUN, plan=plan))


@pytest.mark.parametrize("state", ["applied", "nothing-to-do", "partly-applied", "verify-failed", "not-applied"])
def test_every_state_has_its_words(state: str) -> None:
    """An outcome tells the run and what became of it; one with a receipt also the way back."""
    text = render.outcome_text(outcome(state))

    assert text.startswith(f"Run R1: {STATES[state]}")
    assert ("runbook undo R1 --reason" in text) is (state != "not-applied")
    assert STATES[state] in render.outcome_markdown(outcome(state))


def test_a_run_that_was_cut_off_tells_what_to_do() -> None:
    """History names the command that finds out."""
    assert "runbook history --settle" in render.run_text(RUN)


def test_a_run_for_a_terminal() -> None:
    """Who, when, what, why, where, the state, and the changes that were made."""
    receipt = {"state": "partly-applied", "receipt": CALL.as_json()}
    lines = render.run_text(dataclasses.replace(RUN, outcome=receipt)).splitlines()

    assert "R1  2026-01-15T12:00:00+00:00  tester@host" == lines[0]
    assert ["  move_image_version application_id=1144", "  reason: test", f"  {PRACTICE}"] == lines[1:4]
    assert ["  Applied only in part.", f"    {CALL.describe()}"] == lines[4:]


@pytest.mark.parametrize("name", procedures.names())
def test_a_procedure_shows_every_parameter_and_the_command(name: str) -> None:
    """Each parameter has its type, default and meaning; the last line is a command with the examples in it."""
    procedure = procedures.find(name)
    text = render.procedure_text(procedure)

    assert text.startswith(f"{name}: {procedure.summary}")
    for field in procedure.fields:
        assert f"  {field.name}  ({field.type_name}, " in text
        assert field.doc in text
    assert text.splitlines()[-1].startswith(f"runbook {'inspect' if procedure.inspects else 'plan'} {name}")


def test_findings_stand_in_columns() -> None:
    """State, system, version and what is there, a line each; what may be done, and what to do, below it."""
    good = Finding("atmosphere", "ok", "SQLite 3", "read", "x")
    text = render.findings_text([good, Finding("clouds", "not configured", what="y", next_step="z\x1b[2J")])

    assert [
        "ok              atmosphere  SQLite 3  x",
        "                            may: read",
        "not configured  clouds                y",
        "                            next: z\\x1b[2J",
    ] == text.splitlines()
    assert "" == render.findings_text([])


def test_a_table_has_a_line_a_column() -> None:
    """An update is as many lines as columns; an insertion and a deletion are one; all have six cells."""
    lines = render.changes_table((UPDATE, INSERT, DELETE, CALL)).splitlines()

    assert 2 + 2 + 1 + 1 + 1 == len(lines)
    assert "| 1 | atmosphere | `application_version:7` | application_id | `1378` | `1144` |" == lines[2]
    assert ["| 1 |", "| 1 |", "| 2 |", "| 3 |", "| 4 |"] == [line[:5] for line in lines[2:]]
    assert '| 4 | glance:4 | `f77cb286` | visibility | `"private"` | `"public"` |' == lines[-1]


@given(PLANS)
def test_a_table_stays_a_table_whatever_the_values_are(plan: Plan) -> None:
    """A value with a bar or a line break in it makes no cell and no line of its own."""
    changes = tuple(c for c in plan.changes if not isinstance(c, Call))
    named = all("|" not in name and name.isprintable() for c in changes for name in _names(c))
    if not (changes and named):
        return

    for line in render.changes_table(changes).split("\n"):
        assert 7 == len(re.findall(r"(?<!\\)\|", line))


def _names(change: object) -> list[str]:
    return [*getattr(change, "after", {}), *getattr(change, "row", {}), *map(str, getattr(change, "pk", {}).values())]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(lambda text: text.strip()))
def test_a_code_span_holds_exactly_the_text(text: str) -> None:
    """However many back-ticks are in it, the fence is longer than any of their runs; bars are escaped."""
    span = escape.code(text)

    fence = re.match(r"`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall(r"`+", inner)
    assert escape.visible(text).strip() == inner.replace("\\|", "|").strip()
