"""Plans, outcomes and runs as text for a terminal and as Markdown for a notebook, with the same wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model import Call, RowUpdate, row_name
from runbook_lib.model.practice import is_practice
from runbook_lib.render.changes import change_lines, changes_table
from runbook_lib.text import commands
from runbook_lib.text.escape import code, plain, visible, visible_lines
from runbook_lib.text.words import count
from runbook_lib.text.wrap import wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runbook_lib.engine import Verification
    from runbook_lib.journal import Proof, Run
    from runbook_lib.model import SystemId
    from runbook_lib.model.plan import Outcome, Plan

PRACTICE = "Practice mode: sample data only. No real system is configured."
PRACTICE_ENDING = "Practice mode: nothing real was read or changed."
_TO_RESOLVE = f"To resolve: {commands.SETTLE}"
STATES = {
    "applied": "Applied and verified.",
    "nothing-to-do": "Nothing to do. Nothing was changed.",
    "partly-applied": "Applied only in part.",
    "verify-failed": "Applied, but verification failed.",
    "not-applied": "Nothing was changed.",
    "not-verified": f"Applied, but not verified yet. To verify: {commands.SETTLE}",
    "unknown": f"Interrupted. It is unknown whether anything was changed. {_TO_RESOLVE}",
}


def target_sentence(targets: Mapping[str, str]) -> str:
    """Return the sentence that names the systems."""
    if is_practice(targets):
        return PRACTICE
    return "On " + ", ".join(f"{name} = {address}" for name, address in targets.items()) + "."


def practice_ending(targets: Mapping[str, str]) -> str:
    """Return the last line in practice mode, with a leading line break; empty for real systems."""
    return f"\n{PRACTICE_ENDING}" if is_practice(targets) else ""


def plan_text(plan: Plan, *, width: int | None = None) -> str:
    """Return a plan for a terminal: targets, changes, warnings.

    Args:
        plan: The plan.
        width: The terminal's width, for its sentences; None for a pipe or a file.
    """
    lines = [f"{_title(plan)}  {_assignments(plan.params)}".rstrip(), ""]
    if plan.because:
        lines.append(f"Nothing to do: {plan.because}.")
    else:
        lines.append(f"Plan {plan.plan_id}, {count(len(plan.changes), 'change')}:")
        for number, change in enumerate(plan.changes, start=1):
            lines += [f"  {line}" for line in change_lines(change, label=f"{number}. ")]
    labeled = [f"  predicted: {prediction.describe()}" for prediction in plan.predictions]
    labeled += [f"  irreversible: {text}" for text in irreversible_changes(plan)]
    labeled += [f"  note: {text}" for text in plan.warnings]
    notes = [wrapped(visible(line), width) for line in labeled]
    return "\n".join([wrapped(visible(target_sentence(plan.targets)), width), visible_lines(lines), *notes])


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome for a terminal, with the command to undo it."""
    lines = [f"Run {outcome.run_id}: {STATES[outcome.state]}"]
    if outcome.unknown_step:
        lines.append(f"The outcome of this step is unknown: {outcome.unknown_step}")
    lines += [f"Predicted wrongly: {text}" for text in outcome.surprises]
    if any(change.reversible for change in outcome.receipt):
        lines.append(f"To undo: {commands.undo(outcome.run_id)}")
    if outcome.journal_head:
        lines.append(head_text(outcome.journal_head))
    return "\n".join(lines) + practice_ending(outcome.plan.targets)


def head_text(head: str) -> str:
    """Return the line that an operator can keep, to compare the journal with it later."""
    return f"Journal head: {head}"


def run_text(run: Run, *, undone_by: str = "") -> str:
    """Return one run of the journal for a terminal, with the run that undid it."""
    title = f"undo of {run.plan.undoes}" if run.plan.undoes else f"{run.plan.procedure} {_assignments(run.plan.params)}"
    lines = [f"{run.run_id}  {run.time}  {run.operator}", f"  {title.rstrip()}", f"  reason: {run.reason}"]
    lines.append(f"  {target_sentence(run.plan.targets)}")
    lines.append(f"  {_state_text(run)}" + (f" Undone by run {undone_by}." if undone_by else ""))
    lines += [f"    {line}" for change in run.receipt for line in change_lines(change)]
    lines += [f"    predicted wrongly: {text}" for text in run.surprises]
    if not run.outcome:
        lines += [f"    done: {step['about']}" for step in run.steps[:-1]]
    if run.unknown_step:
        lines.append(f"    unknown: {run.unknown_step}")
    return visible_lines(lines)


def _state_text(run: Run) -> str:
    if run.is_unknown and run.changed:
        return f"Interrupted. Something WAS changed, and the outcome of the last step is unknown. {_TO_RESOLVE}"
    if run.has_uncertain_step and not run.is_unknown:
        return f"{STATES[run.state]} The outcome of the last step is unknown. {_TO_RESOLVE}"
    if not run.finding:
        return STATES[run.state]
    effect = "was done" if run.finding["found"] == "done" else "was not done"
    state = {"applied": "Applied."}.get(run.state, STATES[run.state])
    return f"{state} {run.finding['operator']} found that the last step {effect}: {run.finding['reason']}"


def uncertain_text(run: Run) -> str:
    """Return what to do about a last step whose outcome no system can prove."""
    commands_ = [commands.record_finding(run.run_id, result) for result in ("done", "not-done")]
    lines = [f"Run {run.run_id}: unknown: check by hand: {run.unknown_step}", "Then record what you found:"]
    return visible_lines([*lines, *(f"  {command}" for command in commands_)])


def verification_text(run: Run, verification: Verification) -> str:
    """Return which changes of a run are in effect now."""
    states = {
        "In effect": verification.in_effect,
        "NOT in effect": verification.not_in_effect,
        "Unknown, since it leaves no trace": verification.unreadable,
    }
    lines = [target_sentence(run.plan.targets), f"Run {run.run_id}  {run.plan.procedure}"]
    for state, changes in states.items():
        lines += [f"  {line}" for change in changes for line in change_lines(change, label=f"{state}: ")]
    if not run.receipt:
        lines.append("  It changed nothing, so there is nothing to verify.")
    return visible_lines(lines) + practice_ending(run.plan.targets)


def proof_text(proof: Proof) -> str:
    """Return what a check of the journal found, and how far it proves anything."""
    result = proof.problems or (f"{count(proof.records, 'record')}: nothing is wrong in the chain of digests.",)
    return "\n".join([*result, *proof.limits, *([head_text(str(proof.last))] if proof.last else [])])


def damaged_journal(path: Path, proof: Proof) -> Refused:
    """Return the error for a journal that is not as it was written."""
    error = Refused(
        what=f"the journal {path} is damaged or was modified: {proof.problems[0]}",
        why=f"the check found {count(len(proof.problems), 'problem')}",
        next_step="keep a copy, compare it with a backup, and inform this host's administrator",
    )
    error.details |= {"problems": list(proof.problems), "limits": list(proof.limits)}
    return error


def plan_markdown(plan: Plan) -> str:
    """Return a plan for a notebook: a table with one row per column or call, and the warnings."""
    if plan.because:
        body = f"**Nothing to do:** {plain(plan.because)}."
    else:
        body = f"**Plan** `{plan.plan_id}`, {count(len(plan.changes), 'change')}:\n\n" + changes_table(plan.changes)
    if plan.predictions:
        body += f"\n\n**Predicted**: Atmosphere itself writes this in consequence.\n\n{predictions_table(plan)}"
    notes = [f"- **Irreversible:** {plain(text)}" for text in irreversible_changes(plan)]
    notes += [f"- {plain(text)}" for text in plan.warnings]
    return "\n\n".join([body, *(["\n".join(notes)] if notes else [])])


def predictions_table(plan: Plan) -> str:
    """Return the rows that Atmosphere writes in consequence of a plan's calls as a Markdown table."""
    head = "| row | column | before | predicted | source |\n|---|---|---|---|---|"
    rows = [
        f"| {code(prediction.row)} | {name} | {code(before)} | {code(after)} | {code(prediction.source)} |"
        for prediction in plan.predictions
        for name, (before, after) in prediction.cells.items()
    ]
    return "\n".join([head, *rows])


def outcome_markdown(outcome: Outcome) -> str:
    """Return an outcome for a notebook."""
    lines = [f"- Predicted wrongly: {plain(text)}" for text in outcome.surprises]
    return "\n".join([f"**{STATES[outcome.state]}** Run `{outcome.run_id}`.", *(["", *lines] if lines else [])])


def irreversible_changes(plan: Plan) -> list[str]:
    """Return a line per irreversible change. Calls of one system with the same action share a line."""
    calls: dict[tuple[SystemId, str], list[Call]] = {}
    rows = []
    for change in plan.irreversible:
        if isinstance(change, Call):
            calls.setdefault((change.system, change.action.partition(" ")[0]), []).append(change)
        elif isinstance(change, RowUpdate):
            rows.append(
                f"the current {', '.join(change.lost)} of {change.database} {row_name(change)}, which is not recorded"
            )
        else:
            rows.append(f"the row {change.database} {row_name(change)}, which is not recorded completely")
    return [
        f"{system} {same[0].target} {same[0].action}"
        if len(same) == 1
        else f"{len(same)} calls of {system} ({action}): {', '.join(call.target for call in same)}"
        for (system, action), same in calls.items()
    ] + rows


def _title(plan: Plan) -> str:
    return f"undo of run {plan.undoes} ({plan.procedure})" if plan.undoes else plan.procedure


def _assignments(values: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)
