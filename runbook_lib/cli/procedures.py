"""The commands about procedures: list, show, inspect, plan, apply, undo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from runbook_lib import connect, engine, params, procedures, render
from runbook_lib.cli import io
from runbook_lib.config import settings
from runbook_lib.errors import ParamError
from runbook_lib.journal import Journal
from runbook_lib.journal.saved_plans import SavedPlans

if TYPE_CHECKING:
    import argparse

    from runbook_lib.config.settings import Settings
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World


def list_all(asked: argparse.Namespace) -> None:
    """Show which procedures there are."""
    every = procedures.every()
    width = max(len(procedure.name) for procedure in every) + 2
    lines = [f"{procedure.name:{width}}{procedure.summary}" for procedure in every]
    body = [
        {"procedure": p.name, "summary": p.summary, "page": p.page, "needs": p.needs, "tells_more": p.tells_more}
        for p in every
    ]
    io.say(asked, "\n".join(lines), body)


def show(asked: argparse.Namespace) -> None:
    """Show what a procedure needs, and its parameters."""
    procedure = procedures.find(asked.procedure)
    body = {"procedure": procedure.name, "summary": procedure.summary, "minutes": procedure.minutes}
    body |= {"needs": procedure.needs, "tells_more": procedure.tells_more}
    fields = [vars(field) | {"type_name": field.type_name} for field in procedure.fields]
    io.say(asked, render.procedure_text(procedure), body | {"params": fields})


def inspect(asked: argparse.Namespace) -> None:
    """Show what a procedure that only inspects finds."""
    procedure = procedures.find(asked.procedure)
    values = params.from_text(procedure.fields, io.pairs(asked.given), procedure=procedure.name)
    with connect.open_world(settings.load(), operator=connect.operator(), procedure=asked.procedure) as world:
        inspection = engine.inspect(procedure, world, values)
    io.say(asked, render.inspection_text(inspection), inspection.as_json())


def plan(asked: argparse.Namespace) -> None:
    """Show and save what a procedure would do; changes nothing."""
    config = settings.load()
    with connect.open_world(config, operator=connect.operator(), procedure=asked.procedure) as world:
        plan = _planned(world, asked)
    if plan.changes:
        SavedPlans(config.home).save(plan)
    ending = f"\nNothing was changed. Apply exactly this with: runbook apply --plan {plan.plan_id} --reason '…'"
    io.say(asked, render.plan_text(plan) + (ending if plan.changes else ""), plan.as_json())


def apply(asked: argparse.Namespace) -> None:
    """Do what a procedure, or a saved plan, says."""
    if bool(asked.plan) == bool(asked.procedure) or (asked.plan and asked.given):
        raise ParamError(
            problems=["give either a procedure with its parameters, or --plan ID"], next_step="runbook apply -h"
        )
    config = settings.load()
    saved = SavedPlans(config.home).load(asked.plan) if asked.plan else None
    name = saved.procedure if saved else asked.procedure
    with connect.open_world(config, operator=connect.operator(), procedure=name) as world:
        _carry_out(asked, world, saved or _planned(world, asked), config)


def undo(asked: argparse.Namespace) -> None:
    """Take a run back."""
    config = settings.load()
    journal = Journal(config.home)
    name = f"undo {journal.run(asked.run_id).plan.procedure}"
    with connect.open_world(config, operator=connect.operator(), procedure=name) as world:
        _carry_out(asked, world, engine.plan_undo(world, journal, asked.run_id, find=procedures.find), config)


def _carry_out(asked: argparse.Namespace, world: World, plan: Plan, config: Settings) -> None:
    """Show a plan, ask, apply it, and tell the outcome."""
    shown = sys.stderr if asked.json else sys.stdout
    shown.write(world.vault.redact(render.plan_text(plan)) + "\n")
    if plan.changes and not asked.yes:
        _ask()
    world.progress = _progress
    outcome = engine.apply(world, plan, journal=Journal(config.home), reason=asked.reason, operator=connect.operator())
    io.say(asked, render.outcome_text(outcome), outcome.as_json())


def _progress(line: str) -> None:
    """Tell what long work is doing, where it does not get into what is printed for programs."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _ask() -> None:
    """Return if the operator says yes.

    Raises:
        ParamError: There is nobody to ask, or the answer is not yes.
    """
    if not sys.stdin.isatty():
        raise ParamError(problems=["there is no terminal to ask on, and --yes was not given"], next_step="add --yes")
    sys.stderr.write("Apply this? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise ParamError(problems=["the answer was not yes"], next_step="run it again when you are sure")


def _planned(world: World, asked: argparse.Namespace) -> Plan:
    procedure = procedures.find(asked.procedure)
    values = params.from_text(procedure.fields, io.pairs(asked.given), procedure=procedure.name)
    return engine.make_plan(procedure, world, values)
