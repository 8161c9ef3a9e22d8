"""Plans, outcomes and runs as text for a terminal and as Markdown for a notebook; one wording for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model import Call, Change, RowDelete, RowInsert, RowUpdate, row_name, show
from runbook_lib.model.practice import is_practice
from runbook_lib.text import commands
from runbook_lib.text.escape import code, plain, visible_lines
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from runbook_lib.journal import Run
    from runbook_lib.model import SystemId
    from runbook_lib.model.plan import Outcome, Plan

PRACTICE = "Practice mode: sample data only. No real system is configured."
PRACTICE_ENDING = "Practice mode: nothing real was read or changed."
STATES = {
    "applied": "Applied, and read back as planned.",
    "nothing-to-do": "Nothing to do; nothing was changed.",
    "partly-applied": "Applied only in part.",
    "verify-failed": "Applied, but it does not read back as planned.",
    "not-applied": "Nothing was changed.",
    "not-verified": f"Applied; not verified yet. To verify: {commands.SETTLE}",
    "unknown": f"Interrupted; whether anything was changed is unknown. To find out: {commands.SETTLE}",
}


def where(targets: Mapping[str, str]) -> str:
    """Return one sentence that says which systems this is about."""
    if is_practice(targets):
        return PRACTICE
    return "On " + ", ".join(f"{name} = {address}" for name, address in targets.items()) + "."


def practice_ending(targets: Mapping[str, str]) -> str:
    """Return the last line of a text about practice mode, with its line break; empty for real systems."""
    return f"\n{PRACTICE_ENDING}" if is_practice(targets) else ""


def plan_text(plan: Plan) -> str:
    """Return a plan for a terminal: where, what, warnings."""
    lines = [where(plan.targets), f"{_title(plan)}  {_assignments(plan.params)}".rstrip(), ""]
    if plan.because:
        lines.append(f"Nothing to do: {plan.because}.")
    else:
        lines.append(f"Plan {plan.plan_id}, {count(len(plan.changes), 'change')}:")
        lines += [f"  {number}. {change.describe()}" for number, change in enumerate(plan.changes, start=1)]
    lines += [f"  can't be taken back: {text}" for text in irreversible(plan)]
    lines += [f"  note: {text}" for text in plan.warnings]
    return visible_lines(lines)


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome for a terminal, with the way back."""
    lines = [f"Run {outcome.run_id}: {STATES[outcome.state]}"]
    if any(change.reversible for change in outcome.receipt):
        lines.append(f"Take it back with: {commands.undo(outcome.run_id)}")
    return "\n".join(lines) + practice_ending(outcome.plan.targets)


def run_text(run: Run) -> str:
    """Return one run of the journal for a terminal."""
    what = f"undo of {run.plan.undoes}" if run.plan.undoes else f"{run.plan.procedure} {_assignments(run.plan.params)}"
    lines = [f"{run.run_id}  {run.time}  {run.operator}", f"  {what.rstrip()}", f"  reason: {run.reason}"]
    lines.append(f"  {where(run.plan.targets)}")
    lines.append(f"  {STATES[run.state]}")
    lines += [f"    {change.describe()}" for change in run.receipt]
    return visible_lines(lines)


def broken_journal(path: Path, problems: Sequence[str]) -> Refused:
    """Return the error for a journal whose chain of digests is broken."""
    error = Refused(
        what=f"the journal {path} was tampered with or damaged: {problems[0]}",
        why=f"{count(len(problems), 'record does', 'records do')} not fit",
        next_step="keep a copy, compare it with a backup, and tell whoever answers for this host",
    )
    error.details["problems"] = list(problems)
    return error


def plan_markdown(plan: Plan) -> str:
    """Return a plan for a notebook: a table, one row a column or call, and the warnings."""
    if plan.because:
        body = f"**Nothing to do:** {plain(plan.because)}."
    else:
        body = f"**Plan** `{plan.plan_id}`, {count(len(plan.changes), 'change')}:\n\n" + changes_table(plan.changes)
    notes = [f"- **Can't be taken back:** {plain(text)}" for text in irreversible(plan)]
    notes += [f"- {plain(text)}" for text in plan.warnings]
    return "\n\n".join([body, *(["\n".join(notes)] if notes else [])])


def changes_table(changes: tuple[Change, ...]) -> str:
    """Return changes as a Markdown table: system, row or object, column, before, after."""
    head = "| | system | row or object | column | before | after |\n|---|---|---|---|---|---|"
    rows = [f"| {number} | {' | '.join(cells)} |" for number, c in enumerate(changes, start=1) for cells in _cells(c)]
    return "\n".join([head, *rows])


def outcome_markdown(outcome: Outcome) -> str:
    """Return an outcome for a notebook."""
    return f"**{STATES[outcome.state]}** Run `{outcome.run_id}`."


def irreversible(plan: Plan) -> list[str]:
    """Return what undo could not bring back, one sentence each; what is lost in the same way is told together."""
    calls: dict[tuple[SystemId, str], list[Call]] = {}
    rows = []
    for change in plan.irreversible:
        if isinstance(change, Call):
            calls.setdefault((change.system, change.action.partition(" ")[0]), []).append(change)
        elif isinstance(change, RowUpdate):
            rows.append(
                f"the present {', '.join(change.lost)} of {change.database} {row_name(change)}, which is not kept"
            )
        else:
            rows.append(f"the row {change.database} {row_name(change)}, which is not kept whole")
    return [
        f"{system} {same[0].target} {same[0].action}"
        if len(same) == 1
        else f"{len(same)} calls of {system} ({action}): {', '.join(call.target for call in same)}"
        for (system, action), same in calls.items()
    ] + rows


def _cells(change: Change) -> Iterator[tuple[str, ...]]:
    """Yield the table cells of a change, a line a column for an update."""
    if isinstance(change, Call):
        values = (code(show(change.before)), code(show(change.after)))
        yield (str(change.system), code(change.target), plain(change.action), *values)
    elif isinstance(change, RowUpdate):
        for name in change.after:
            values = (code(show(change.before[name])), code(show(change.after[name])))
            yield (change.database, code(row_name(change)), name, *values)
    elif isinstance(change, RowInsert):
        yield (change.database, code(row_name(change)), "the row", "absent", _whole(change))
    else:
        yield (change.database, code(row_name(change)), "the row", _whole(change), "absent")


def _whole(change: RowInsert | RowDelete) -> str:
    return ", ".join(f"{name} {code(show(value))}" for name, value in change.row.items())


def _title(plan: Plan) -> str:
    return f"undo of run {plan.undoes} ({plan.procedure})" if plan.undoes else plan.procedure


def _assignments(values: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)
