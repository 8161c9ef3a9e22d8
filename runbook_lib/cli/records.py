"""The commands that report on past runs and on the systems: history, doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import connect, engine, procedures, render
from runbook_lib.cli import io
from runbook_lib.config import settings
from runbook_lib.errors import Refused
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from runbook_lib.cli.io import Output
    from runbook_lib.cli.requests import HistoryRequest
    from runbook_lib.journal import Journal


def history(request: HistoryRequest, output: Output) -> None:
    """Show the runs, check the journal, or resolve interrupted runs."""
    config = settings.load()
    journal = connect.open_journal(config)
    if request.check:
        _check(journal, output)
    elif request.settle:
        with io.open_world(config, "settle", output) as world:
            settled = engine.settle(world, journal)
        _report_settled(settled, output)
    else:
        runs = [run for run in journal.runs() if not request.object_name or run.touches(request.object_name)]
        output.result("\n".join(map(render.run_text, runs)) or "No runs.", [run.as_json() for run in runs])
        for problem in journal.unreadable():
            output.note(problem)


def _check(journal: Journal, output: Output) -> None:
    proof = journal.check()
    output.text(render.proof_text(proof))
    if proof.problems:
        raise render.damaged_journal(journal.path, proof)
    output.json({"records": proof.records, "problems": [], "limits": list(proof.limits)})


def _report_settled(settled: engine.Settled, output: Output) -> None:
    """Print the outcomes of the interrupted runs.

    Raises:
        Refused: Some runs stay unresolved; the JSON of the error holds the outcomes of the others.
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
        left = {run_id: error.as_json() for run_id, error in settled.unresolved.items()}
        refusal.details |= {"settled": outcomes, "left": left}
        raise refusal
    output.json(outcomes)


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
