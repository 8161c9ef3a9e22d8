"""The commands about what was done and what there is: history, doctor."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from runbook_lib.cli import io as answering
from runbook_lib.config import settings
from runbook_lib.engine import undo as recovery
from runbook_lib.journal import Journal
from runbook_lib.model import needs
from runbook_lib.procedures import _registry as registry
from runbook_lib.render import plan as report

if TYPE_CHECKING:
    import argparse


def history(asked: argparse.Namespace) -> None:
    """Show, check or settle the journal."""
    config = settings.load()
    journal = Journal(config.home)
    if asked.check:
        problems = journal.check()
        if not (problems and asked.json):  # the error's JSON holds them
            answering.say(asked, "\n".join(problems) or "The journal is whole.", {"problems": problems})
        if problems:
            raise report.broken_journal(journal.path, problems)
        return
    if asked.settle:
        with answering.open_world(config, "settle") as world:
            settled = recovery.settle(world, journal)
        text = "\n".join(report.outcome_text(outcome) for outcome in settled) or "No run was cut off."
        answering.say(asked, text, [outcome.as_json() for outcome in settled])
        return
    runs = [run for run in journal.runs() if not asked.object or run.touches(asked.object)]
    answering.say(asked, "\n".join(map(report.run_text, runs)) or "No runs.", [run.as_json() for run in runs])


def doctor(asked: argparse.Namespace) -> None:
    """Show what the doctor finds about every system, and what can be run with those that answer."""
    from runbook_lib import doctor  # noqa: PLC0415 - opens every system; only this command needs it

    config = settings.load()
    with answering.open_world(config, "doctor") as world:
        findings = doctor.examine(world, config)
    if not asked.json:
        states = {finding.system: finding.state for finding in findings}
        able = needs.runnable_text(registry.every(), states)
        sys.stdout.write(f"{report.findings_text(findings)}\n\n{able}\n")
    doctor.judge(findings)
    if asked.json:  # only now: the JSON of an error holds the findings, and one command answers with one document
        sys.stdout.write(json.dumps([vars(finding) for finding in findings], indent=1) + "\n")
