"""The commands about procedures: list, show, inspect, plan, apply, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib import connect, engine, procedures, render
from runbook_lib.cli import io, records
from runbook_lib.config import settings
from runbook_lib.errors import RunbookError
from runbook_lib.journal.approvals import VALID_HOURS
from runbook_lib.journal.saved_plans import SavedPlans
from runbook_lib.model.groups import grouped
from runbook_lib.model.practice import is_practice
from runbook_lib.text import commands

if TYPE_CHECKING:
    from runbook_lib.cli.io import Output
    from runbook_lib.cli.requests import ApplyRequest, ApplySavedRequest, Consent, PlanRequest, UndoRequest
    from runbook_lib.config.settings import Settings
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World


def list_all(output: Output) -> None:
    """List all procedures."""
    every, broken = procedures.every(), procedures.broken()
    width = max(map(len, procedures.names())) + 2
    lines = []
    for group, members in grouped(every).items():
        lines += [f"{group}:", *(f"  {member.name:{width}}{member.summary}" for member in members)]
    lines += [f"{problem.procedure:{width}}NOT VALID: {problem}" for error in broken for problem in error.problems]
    body: list[dict[str, Any]] = [
        {
            "procedure": procedure.name,
            "group": procedure.group,
            "summary": procedure.summary,
            "page": procedure.page,
            "needs": procedure.needs,
            "optional": procedure.optional,
        }
        for procedure in every
    ]
    empty = {"group": "", "summary": "", "page": "", "needs": (), "optional": {}}
    body += [{"procedure": error.procedures[0], **empty, "error": error.as_json()} for error in broken]
    output.result("\n".join(lines), body)


def show(name: str, output: Output) -> None:
    """Show a procedure's parameters and the systems that it requires."""
    procedure = procedures.find(name)
    body = {"procedure": procedure.name, "summary": procedure.summary, "minutes": procedure.minutes}
    body |= {"needs": procedure.needs, "optional": procedure.optional}
    fields = [vars(field) | {"type_name": field.type_name} for field in procedure.fields]
    url = settings.pages_url()
    link = f"\nPage: {url}/{procedure.page}" if url else ""
    output.result(render.procedure_text(procedure) + link, body | {"page": procedure.page, "params": fields})


def inspect(request: PlanRequest, output: Output) -> None:
    """Show the findings of a procedure that only inspects."""
    with io.open_world(settings.load(), request.procedure.name, output) as world:
        inspection = engine.inspect(request.procedure, world, request.values)
    output.result(render.inspection_text(inspection, width=output.width), inspection.as_json())


def plan(request: PlanRequest, output: Output) -> None:
    """Show and save the changes that a procedure would make. Change nothing."""
    config = settings.load()
    with io.open_world(config, request.procedure.name, output) as world:
        plan = engine.make_plan(request.procedure, world, request.values)
    policy = connect.policy(config, procedures=procedures.names())
    policy.check_size(plan)
    ending = ""
    if plan.changes:
        SavedPlans(config.home).save(plan)
        first = ""
        if policy.needs_approval(plan):
            first = f"Another operator must approve this plan first: {commands.approve(plan.plan_id)}\n"
        ending = f"\nNothing was changed. {first}To apply this plan: {commands.apply_plan(plan.plan_id)}"
    text = render.plan_text(plan, width=output.width) + ending + render.practice_ending(plan.targets)
    output.result(text, plan.as_json())


def apply(request: ApplyRequest, output: Output) -> None:
    """Plan a procedure and apply the plan."""
    config = settings.load()
    procedure, values = request.planning.procedure, request.planning.values
    with io.open_world(config, procedure.name, output) as world:
        plan = engine.make_plan(procedure, world, values)
        _apply(world, plan, request.consent, config, output)


def apply_saved(request: ApplySavedRequest, output: Output) -> None:
    """Apply exactly a saved plan."""
    config = settings.load()
    plan = SavedPlans(config.home).load(request.plan_id)
    with io.open_world(config, plan.procedure, output) as world:
        _apply(world, plan, request.consent, config, output)


def approve(request: ApplySavedRequest, output: Output) -> None:
    """Record the operator's approval of exactly one saved plan."""
    config = settings.load()
    plan = SavedPlans(config.home).load(request.plan_id)
    output.preview(render.plan_text(plan, width=output.width))
    if not request.consent.is_given:
        io.confirm("Approve this")
    with io.open_world(config, "approve", output) as world:
        operator, time = connect.operator(), world.now().isoformat(timespec="seconds")
    journal = connect.open_journal(config)
    journal.approve(plan, reason=request.consent.reason, operator=operator, time=time)
    head = str(journal.written)
    text = (
        f"Plan {plan.plan_id} is approved by {operator} for {VALID_HOURS} hours, for one run by another operator.\n"
        f"To apply it: {commands.apply_plan(plan.plan_id)}\n{render.head_text(head)}"
    )
    body = {"plan_id": plan.plan_id, "procedure": plan.procedure, "approved_by": operator, "time": time}
    body["journal_head"] = head
    output.result(text, body | {"practice": is_practice(plan.targets), "changed": False})


def undo(request: UndoRequest, output: Output) -> None:
    """Undo a run."""
    config = settings.load()
    journal = connect.open_journal(config)
    run = records.find_run(journal, request.run_id)
    with io.open_world(config, f"undo {run.plan.procedure}", output) as world:
        plan = engine.plan_undo(world, journal, run.run_id, find=procedures.find)
        _apply(world, plan, request.consent, config, output)


def _apply(world: World, plan: Plan, consent: Consent, config: Settings, output: Output) -> None:
    """Show a plan, ask for confirmation, apply the plan and show the outcome."""
    policy, journal = connect.policy(config, procedures=procedures.names()), connect.open_journal(config)
    policy.check_size(plan)
    if policy.needs_approval(plan):
        SavedPlans(config.home).save(plan)  # the refusal asks a colleague to approve exactly this plan
    output.preview(world.vault.redact(render.plan_text(plan, width=output.width)))
    if plan.changes and not consent.is_given:
        io.confirm()
    try:
        outcome = engine.apply(
            world,
            plan,
            journal=journal,
            reason=consent.reason,
            operator=connect.operator(),
            find=procedures.find,
            policy=policy,
        )
    except RunbookError as error:
        if journal.written:
            error.details["journal_head"] = str(journal.written)
            output.note(render.head_text(str(journal.written)))
        raise
    output.result(render.outcome_text(outcome), outcome.as_json())
