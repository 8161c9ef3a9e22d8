"""Show one Argo workflow: its steps and attempts, the last lines of the failed step, and the instance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import TargetNotFound
from runbook_lib.messages import classify
from runbook_lib.messages.topics import DEPLOYMENT
from runbook_lib.model import System
from runbook_lib.model.inspection import Event, Excerpt, Gap, Inspection, Step, Table, page, to_inspect, to_plan
from runbook_lib.params.common import WORKFLOW
from runbook_lib.systems.argo import steps
from runbook_lib.systems.argo.workflow import RESUBMITTED_FROM, SERVER_IP, USER, USERNAME
from runbook_lib.systems.db.queries import addresses
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from runbook_lib.model.inspection import Part
    from runbook_lib.systems.argo.lines import LogLine
    from runbook_lib.systems.argo.workflow import Pod, Workflow
    from runbook_lib.systems.db.queries.addresses import InstanceAddress
    from runbook_lib.systems.logs.deployments import Saved
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Workers and workflows"
MINUTES = 2
NEEDS = ("argo or logs",)
OPTIONAL = {
    "argo": "the workflow, its steps and its pods",
    "logs": "the saved logs of a workflow that the cluster has deleted",
    "atmosphere": "the instance that it works on",
}
LAST_LINES = 30
DEPLOY_MINUTES = 25
"""The time after which Atmosphere's own task gives up a workflow; the workflow itself continues."""


@dataclass(frozen=True, kw_only=True)
class Params:
    """The workflow."""

    name: str = WORKFLOW(example="ansible-deploy-7w2kq")


def inspect(world: World, params: Params) -> Inspection:
    """Return one workflow with its steps; if Argo has deleted it, what its saved logs show.

    Reads the workflow, its pods and the last lines of the failed step, the instance's row, and the names of saved logs.

    Raises:
        TargetNotFound: Argo has no such workflow, and it left no saved logs.
        Refused: Argo is not configured or not open to this account, and the workflow has no saved logs.
        NotConnected: The cluster does not respond, and the workflow has no saved logs.

    Source: service/argo of Atmosphere v37; the status of workflows in Argo Workflows.
    """
    world.workflows.prepare()
    answers = world.ask(
        {
            System.ARGO: partial(world.workflows.find, params.name),
            "pods": partial(world.workflows.pods, params.name),
            System.LOGS: world.logs.deployments,
        }
    )
    saved: Saved | None = next((s for s in answers.get(System.LOGS, ()) if s.workflow == params.name), None)
    workflow: Workflow | None = answers.get(System.ARGO)
    if workflow is None:
        if saved is None:
            raise answers.errors[System.ARGO]
        return _saved_inspection(params.name, saved, answers)
    failed = steps.failed(workflow.steps)
    pods = {pod.node: pod for pod in answers.get("pods", ())}
    more = world.ask(_questions(world, workflow, [pods[step.node] for step in failed if step.node in pods]))
    lines = {name: log for name, log in more.responses.items() if name != System.ATMOSPHERE}
    return Inspection(
        answer=_answer(workflow, world.now()),
        parts=(_facts(workflow, more.get(System.ATMOSPHERE)), _table(workflow, pods), *_excerpts(lines)),
        events=tuple(_events(workflow)),
        gaps=(*answers.gaps, *more.gaps, *_elsewhere(workflow)),
        steps=tuple(_steps(workflow, lines, more, world.now())),
    )


def _questions(world: World, workflow: Workflow, failed: Sequence[Pod]) -> dict[str, Callable[[], Any]]:
    """Return the further questions: the instance's present address, and the last lines of the failed steps."""
    questions: dict[str, Callable[[], Any]] = {}
    if workflow.instance_id:
        questions[System.ATMOSPHERE] = partial(addresses.read_address, workflow.instance_id)
    for pod in failed:
        questions[f"log of {pod.name}"] = partial(world.workflows.lines, pod.name, limit=LAST_LINES)
    return questions


def _saved_inspection(name: str, saved: Saved, answers: Answers) -> Inspection:
    """Return what is left of a workflow that the cluster does not show."""
    gone = isinstance(answers.errors[System.ARGO], TargetNotFound)
    rows = tuple((playbook,) for playbook in saved.playbooks)
    answer = f"Argo has deleted {name}" if gone else f"The state of {name} in Argo is unknown"
    last = saved.playbooks[-1].removesuffix(".yml") if saved.playbooks else "none"
    return Inspection(
        answer=f"{answer}; its logs were saved on {saved.written}. It deployed instance {saved.instance_id} of "
        f"{saved.username}; its last playbook was {last}.",
        parts=(Table("Playbooks with a saved log", ("playbook",), rows, note=f"folder {saved.folder}"),),
        gaps=answers.gaps,
        steps=(_read(name),),
    )


def _answer(workflow: Workflow, now: datetime) -> str:
    began = workflow.started or workflow.created
    minutes = round(((workflow.finished or now) - began).total_seconds() / 60)
    state = f"{workflow.name} is {workflow.state}" + (
        f" for {minutes} minutes" if not workflow.is_finished else f" after {minutes} minutes"
    )
    failed = steps.failed(workflow.steps)
    why = (
        f": {', '.join(step.title for step in failed)} failed"
        if failed
        else f": {workflow.message}"
        if workflow.message
        else ""
    )
    return f"{state}{why}."


def _facts(workflow: Workflow, place: InstanceAddress | None) -> Table:
    address = workflow.parameters.get(SERVER_IP, "")
    rows: list[tuple[str, str | datetime | None]] = [
        ("instance", workflow.instance_id or "no label: from a release before v37-3"),
        ("user", workflow.labels.get(USERNAME) or workflow.parameters.get(USER, "")),
        ("address", address),
    ]
    if place is not None and not addresses.is_same_address(place.address, address):
        rows.append(("address now", f"{place.address or 'none'}: the workflow deploys to another machine"))
    rows += [("submitted", workflow.created), ("started", workflow.started), ("ended", workflow.finished)]
    shown = (SERVER_IP, USER)
    rows += [(f"parameter {name}", value) for name, value in sorted(workflow.parameters.items()) if name not in shown]
    rows += [("message", workflow.message)] if workflow.message else []
    rows += [("resubmitted from", workflow.labels[RESUBMITTED_FROM])] if RESUBMITTED_FROM in workflow.labels else []
    shutdown = workflow.body["spec"].get("shutdown")
    rows += [("stopped by hand", str(shutdown))] if shutdown else []
    return Table("Workflow", ("field", "value"), tuple(rows))


def _table(workflow: Workflow, pods: dict[str, Pod]) -> Table:
    rows = tuple(
        (
            step.title,
            step.phase,
            step.started,
            step.finished,
            step.playbook,
            step.message,
            pods[step.node].name if step.node in pods else "",
        )
        for step in workflow.steps
    )
    columns = ("step", "phase", "began", "ended", "playbook", "message", "pod")
    return Table(
        "Steps", columns, rows, note="(0), (1) … after a step are its attempts; the pod's main container has the log"
    )


def _excerpts(lines: dict[str, tuple[LogLine, ...]]) -> Iterator[Part]:
    for name, log in lines.items():
        yield Excerpt(f"The last lines of the {name}", "\n".join(_line(line) for line in log))


def _line(line: LogLine) -> str:
    """Return a line with its UTC time in front."""
    return f"{line.time:%H:%M:%S} {line.text}" if line.time else line.text


def _events(workflow: Workflow) -> Iterator[Event]:
    yield Event(workflow.created, "argo", f"{workflow.name} submitted")
    for step in workflow.steps:
        if step.started:
            is_running = step.finished is None and step.phase == "Running"
            text = f"{step.title} {step.phase}"
            yield Event(step.started, "argo", text, until=step.finished, lasts=is_running, trouble=step.has_failed)
    if workflow.finished:
        yield Event(
            workflow.finished, "argo", f"{workflow.name} {workflow.phase}", trouble=workflow.phase != "Succeeded"
        )


def _elsewhere(workflow: Workflow) -> Iterator[Gap]:
    if workflow.has_offloaded_steps:
        why = "Argo keeps the steps of this workflow in its own database, and Kubernetes does not show them"
        namespace = workflow.body["metadata"].get("namespace", "argo")
        yield Gap("steps", why, commands.argo("get", workflow.name, namespace=namespace))


def _steps(workflow: Workflow, lines: dict[str, tuple[LogLine, ...]], more: Answers, now: datetime) -> Iterator[Step]:
    """Yield the next steps, by the workflow's state."""
    texts = ["\n".join(line.text for line in log) for log in lines.values()]
    entry = next((match for text in texts if (match := classify(text, DEPLOYMENT))), None)
    if entry is not None:
        command = next(iter(entry.commands), "").replace("INSTANCE_ID", workflow.instance_id or "INSTANCE_ID")
        yield Step(f"{entry.meaning} {entry.next_step}", command, entry.page)
    yield _read(workflow.name)
    if not workflow.is_finished:
        minutes, instance_id = (now - workflow.created).total_seconds() / 60, workflow.instance_id
        if minutes > DEPLOY_MINUTES:
            yield Step(
                f"It was submitted more than {DEPLOY_MINUTES} minutes ago: Atmosphere no longer waits for it, and "
                "might have submitted another workflow. Compare the instance's workflows.",
                *(
                    to_inspect("find_workflows", instance_id=instance_id)
                    if instance_id
                    else ("", page("find_workflows"))
                ),
            )
        return
    if workflow.phase != "Succeeded":
        if workflow.instance_id:
            place: InstanceAddress | None = more.get(System.ATMOSPHERE)
            yield Step(
                "After you fix the cause, let Atmosphere deploy the instance again: it reads the current address.",
                *to_plan("redeploy_instance", instance_id=workflow.instance_id),
            )
            if place is not None and not addresses.is_same_address(
                place.address, workflow.parameters.get(SERVER_IP, "")
            ):
                return
        yield Step(
            "Or run only this workflow again; Atmosphere then does not follow it.",
            *to_plan("resubmit_workflow", name=workflow.name),
        )


def _read(name: str) -> Step:
    return Step(
        "Read the output of its playbooks.",
        *to_inspect("show_workflow_logs", name=name),
    )
