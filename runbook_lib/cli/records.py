"""The commands that report on past runs and on the systems: history, doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib import connect, engine, procedures, render
from runbook_lib.cli import io
from runbook_lib.config import settings
from runbook_lib.errors import OutcomeUnknown, Refused, VerifyFailed
from runbook_lib.journal import undone
from runbook_lib.model import changes_as_json
from runbook_lib.model.practice import is_practice
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.cli.io import Output
    from runbook_lib.cli.requests import HistoryRequest
    from runbook_lib.config.settings import Settings
    from runbook_lib.journal import Journal, Position, Run


def history(request: HistoryRequest, output: Output) -> None:
    """Show the runs, check the journal, or resolve interrupted runs."""
    config = settings.load()
    journal = connect.open_journal(config)
    if request.check:
        _check(journal, request.head, output)
    elif request.finding:
        finding = engine.HandCheck(request.finding, request.reason, connect.operator())
        _record_finding(config, find_run(journal, request.run_id), finding, output)
    elif request.settle:
        with io.open_world(config, "settle", output) as world:
            settled = engine.settle(world, journal)
        _report_settled(settled, journal, output)
    else:
        _show_runs(journal, request, output)
        for problem in journal.unreadable():
            output.note(problem)


def _record_finding(config: Settings, run: Run, finding: engine.HandCheck, output: Output) -> None:
    journal = connect.open_journal(config)
    with io.open_world(config, "settle", output) as world:
        outcome = engine.record_finding(world, journal, run, finding)
    output.result(render.run_text(journal.run(run.run_id)), [outcome.as_json()])


def verify(run_id: str, output: Output) -> None:
    """Show which changes of a run are in effect now.

    Raises:
        VerifyFailed: Some are not.
    """
    config = settings.load()
    run = find_run(connect.open_journal(config), run_id)
    with io.open_world(config, "verify", output) as world:
        verification = engine.verify(world, run)
    output.preview(render.verification_text(run, verification))
    if verification.not_in_effect:
        raise VerifyFailed(
            run_id=run.run_id,
            mismatches=[change.describe() for change in verification.not_in_effect],
            why="something changed the same data after the run; what did is unknown",
        )
    states = {"in_effect": verification.in_effect, "unreadable": verification.unreadable}
    body = {name: changes_as_json(changes) for name, changes in states.items()}
    output.json({"run_id": run.run_id, "practice": is_practice(run.plan.targets), "verified": True, **body})


def find_run(journal: Journal, run_id: str) -> Run:
    """Return the run with an ID; with ``last`` the operator's last run.

    Raises:
        TargetNotFound: There is none.
    """
    return journal.last_run(connect.operator()) if run_id == "last" else journal.run(run_id)


def _show_runs(journal: Journal, request: HistoryRequest, output: Output) -> None:
    """Show runs, the newest first; as JSON in the order of the journal."""
    runs = [find_run(journal, request.run_id)] if request.run_id else journal.runs()
    runs = [run for run in runs if not request.object_name or run.touches(request.object_name)]
    undone_by = undone(journal.runs())
    texts = [render.run_text(run, undone_by=undone_by.get(run.run_id, "")) for run in reversed(runs)]
    bodies = [run.as_json() | {"undone_by": undone_by.get(run.run_id, "")} for run in runs]
    output.result("\n".join(texts) or "No runs.", bodies)


def _check(journal: Journal, kept: Position | None, output: Output) -> None:
    proof = journal.check(kept)
    output.text(render.proof_text(proof))
    if proof.problems:
        raise render.damaged_journal(journal.path, proof)
    head = str(proof.last or "")
    output.json({"records": proof.records, "problems": [], "limits": list(proof.limits), "journal_head": head})


def _report_settled(settled: engine.Settled, journal: Journal, output: Output) -> None:
    """Print the outcomes of the interrupted runs.

    Raises:
        Refused: Some runs stay unresolved; the JSON of the error holds the outcomes of the others.
        OutcomeUnknown: The outcome of a step leaves no proof, so the operator must check it by hand.
    """
    outcomes = [outcome.as_json() for outcome in settled.outcomes]
    output.text("\n".join(map(render.outcome_text, settled.outcomes)) or "No run is unresolved.")
    if settled.unresolved:
        reasons = [f"run {run_id}: {error.what}" for run_id, error in settled.unresolved.items()]
        refusal = Refused(
            what=f"{count(len(reasons), 'interrupted run stays', 'interrupted runs stay')} unresolved",
            why="; ".join(reasons),
            next_step=next(iter(settled.unresolved.values())).next_step,
        )
        unresolved = {run_id: error.as_json() for run_id, error in settled.unresolved.items()}
        refusal.details |= {"settled": outcomes, "left": unresolved}
        raise refusal
    uncertain = [run for run in (journal.run(outcome.run_id) for outcome in settled.outcomes) if run.has_uncertain_step]
    for run in uncertain:
        output.preview(render.uncertain_text(run))
    for run in uncertain:
        raise _unknown(run, outcomes)
    output.json(outcomes)


def _unknown(run: Run, outcomes: Sequence[Mapping[str, Any]]) -> OutcomeUnknown:
    """Return the error for a run whose last step stays unknown; its JSON holds the outcomes of all resolved runs."""
    error = OutcomeUnknown(
        run_id=run.run_id,
        step=run.unknown_step,
        cause="no system can prove whether it took effect",
        done=[change.describe() for change in run.receipt],
        receipt=changes_as_json(run.receipt),
    )
    error.details |= {"state": run.state, "settled": list(outcomes)}
    return error


def doctor(output: Output) -> None:
    """Show the doctor's findings about every system, and the procedures that can run."""
    from runbook_lib import doctor  # noqa: PLC0415 - opens every system; only this command needs it

    config = settings.load()
    with io.open_world(config, "doctor", output) as world:
        findings = doctor.examine(world, config)
    findings += map(doctor.invalid_procedure, procedures.broken())
    states = {finding.system: finding.state for finding in findings}
    output.text(f"{render.findings_text(findings)}\n\n{render.runnable_text(procedures.every(), states)}")
    doctor.judge(findings)  # if it raises, the error's JSON holds the findings
    output.json([vars(finding) for finding in findings])
