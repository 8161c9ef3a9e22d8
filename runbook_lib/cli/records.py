"""The commands about what was done and what there is: history, doctor."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from runbook_lib import connect, engine, procedures, render
from runbook_lib.cli import io
from runbook_lib.config import settings
from runbook_lib.journal import Journal

if TYPE_CHECKING:
    import argparse


def history(asked: argparse.Namespace) -> None:
    """Show, check or settle the journal."""
    config = settings.load()
    journal = Journal(config.home)
    if asked.check:
        problems = journal.check()
        if not (problems and asked.json):  # the error's JSON holds them
            io.say(asked, "\n".join(problems) or "The journal is whole.", {"problems": problems})
        if problems:
            raise render.broken_journal(journal.path, problems)
        return
    if asked.settle:
        with connect.open_world(config, operator=connect.operator(), procedure="settle") as world:
            settled = engine.settle(world, journal)
        text = "\n".join(render.outcome_text(outcome) for outcome in settled) or "No run was cut off."
        io.say(asked, text, [outcome.as_json() for outcome in settled])
        return
    runs = [run for run in journal.runs() if not asked.object or run.touches(asked.object)]
    io.say(asked, "\n".join(map(render.run_text, runs)) or "No runs.", [run.as_json() for run in runs])


def doctor(asked: argparse.Namespace) -> None:
    """Show what the doctor finds about every system, and what can be run with those that answer."""
    from runbook_lib import doctor  # noqa: PLC0415 - opens every system; only this command needs it

    config = settings.load()
    with connect.open_world(config, operator=connect.operator(), procedure="doctor") as world:
        findings = doctor.examine(world, config)
    if not asked.json:
        states = {finding.system: finding.state for finding in findings}
        able = render.runnable_text(procedures.every(), states)
        sys.stdout.write(f"{render.findings_text(findings)}\n\n{able}\n")
    doctor.judge(findings)
    if asked.json:  # only now: the JSON of an error holds the findings, and one command answers with one document
        sys.stdout.write(json.dumps([vars(finding) for finding in findings], indent=1) + "\n")
