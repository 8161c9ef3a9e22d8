"""Show the output of an Argo workflow's playbooks: from its pods, even while it runs, or from its saved logs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused, RunbookError, TargetNotFound
from runbook_lib.messages import classify
from runbook_lib.messages.topics import DEPLOYMENT
from runbook_lib.model import System
from runbook_lib.model.inspection import Excerpt, Gap, Inspection, Step, to_inspect
from runbook_lib.params import param
from runbook_lib.params.common import WORKFLOW
from runbook_lib.systems.argo.follow import follow
from runbook_lib.systems.logs import Query
from runbook_lib.text import commands
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.systems.argo.follow import Followed
    from runbook_lib.systems.argo.lines import LogLine
    from runbook_lib.systems.argo.workflow import Pod, Workflow
    from runbook_lib.world.world import World

GROUP = "Workers and workflows"
MINUTES = 2
NEEDS = ("argo or logs",)
OPTIONAL = {
    "argo": "the output of its pods, even while it runs",
    "logs": "the saved logs of a workflow that the cluster has deleted",
}
MOST_LINES, MOST_MINUTES = 5000, 120
_SAVED_RECORDS = 5000
_ENDS = {
    "ended": "The workflow ended.",
    "time": "The time to wait passed before it ended.",
    "interrupted": "You interrupted the output; the workflow continues.",
    "gone": "It was deleted meanwhile.",
    "lost": "The cluster no longer responds.",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The workflow, and how much of its output to show."""

    name: str = WORKFLOW(example="ansible-deploy-7w2kq")
    step: str = param("Only steps with this text in their name, such as 05-setup-packages; empty: all.", default="")
    last_lines: int = param("How many last lines of each pod to show, 1 to 5000.", default=200)
    follow: bool = param("Follow the output while it runs, until it ends or you press Ctrl-C.", default=False)
    wait_minutes: int = param("How long to follow at most, in minutes, 1 to 120.", default=10)


def inspect(world: World, params: Params) -> Inspection:
    """Return the lines of every pod's main container; if Argo has deleted the workflow, its saved logs.

    Reads the workflow, its pods and their logs, or the saved files below ``atmosphere_deploy.d``. Likely secrets are
    masked. Following shows each line immediately, and ends in time.

    Raises:
        TargetNotFound: Argo has no such workflow, and it left no saved logs.
        Refused: A number is out of range; or Argo is not configured or not open to this account, and nothing was saved.
        NotConnected: The cluster does not respond, and nothing was saved.

    Source: service/argo of Atmosphere v37; the staff guide's Argo commands.
    """
    _check(params)
    try:
        workflow = world.workflows.find(params.name)
        every = world.workflows.pods(params.name)
        if workflow.is_finished and workflow.steps and not every:
            return _from_saved(world, params, _no_pods(workflow), what=f"the pods of {workflow.name}")
    except RunbookError as error:
        return _from_saved(world, params, error, what=params.name)
    pods = _chosen(every, params.step)
    if params.follow:
        return _followed(world, params, pods)
    answers = world.ask(
        {pod.name: partial(world.workflows.lines, pod.name, limit=params.last_lines) for pod in pods},
    )
    texts = {pod.name: answers.responses[pod.name] for pod in pods if pod.name in answers.responses}
    written = sum(len(lines) for lines in texts.values())
    return Inspection(
        answer=f"{workflow.name} is {workflow.state}; {count(len(pods), 'pod')}, {count(written, 'line')}."
        + ("" if pods else " It has not started a step, or has no step of that name."),
        parts=tuple(_excerpts(texts, pods)),
        gaps=answers.gaps,
        steps=tuple(_steps(world, workflow, list(texts.values()))),
    )


def _check(params: Params) -> None:
    limits = {"last_lines": (params.last_lines, MOST_LINES), "wait_minutes": (params.wait_minutes, MOST_MINUTES)}
    for name, (given, most) in limits.items():
        if not 1 <= given <= most:
            raise Refused(what=f"{name} is {given}", why=f"it must be 1 to {most}", next_step="give a number in range")


def _chosen(pods: list[Pod], step: str) -> list[Pod]:
    return [pod for pod in pods if step.casefold() in pod.node.casefold()]


def _followed(world: World, params: Params, pods: list[Pod]) -> Inspection:
    """Follow all pods, including those that start later, and return their lines."""
    names = {pod.name for pod in pods}

    def report(line: LogLine) -> None:
        if not params.step or line.pod in names:
            world.progress(f"{line.pod}: {line.text}")

    followed = follow(world.workflows, params.name, seconds=params.wait_minutes * 60, on_line=report)
    pods = _chosen(world.workflows.pods(params.name), params.step) if followed.end in ("ended", "time") else pods
    texts = {pod.name: [line for line in followed.lines if line.pod == pod.name] for pod in pods}
    left_out = f" {count(followed.omitted, 'further line')} were shown but not kept." if followed.omitted else ""
    return Inspection(
        answer=f"{params.name}: {count(len(followed.lines), 'line')}. {_ENDS[followed.end]}{left_out}",
        parts=tuple(_excerpts(texts, pods)),
        gaps=_lost(followed),
        steps=tuple(_after(params.name, followed)),
    )


def _after(name: str, followed: Followed) -> Iterator[Step]:
    yield Step("Find the step that failed.", *to_inspect("show_workflow", name=name))
    if followed.end in ("time", "interrupted"):
        yield Step("Continue to follow it.", commands.inspect("show_workflow_logs", name=name, follow=True))


def _lost(followed: Followed) -> tuple[Gap, ...]:
    if followed.error is None:
        return ()
    return (Gap(System.ARGO, f"{followed.error.what}: {followed.error.why}", followed.error.next_step),)


def _no_pods(workflow: Workflow) -> TargetNotFound:
    return TargetNotFound(
        kind="pod of workflow",
        key=workflow.name,
        where="Argo's cluster",
        next_step="set RUNBOOK_LOG_DIR: when a workflow ends, Atmosphere saves its logs in atmosphere_deploy.d",
    )


def _from_saved(world: World, params: Params, error: RunbookError, *, what: str) -> Inspection:
    """Return what Atmosphere saved of a workflow that the cluster does not show, or raise the error if nothing was."""
    try:
        saved = next((s for s in world.logs.deployments() if s.workflow == params.name), None)
        if saved is None:
            raise error
        result = world.logs.find(Query(f"{saved.folder}/", trees=frozenset({"argo"}), limit=_SAVED_RECORDS))
    except RunbookError as second:
        if second is not error:
            error.__context__ = second
        raise error from None
    texts: dict[str, list[str]] = {}
    for record in sorted(result.records, key=lambda record: (record.file, record.line)):
        name = record.file.rpartition("/")[2]
        if _plain(params.step) in _plain(name):
            time = f"{record.time:%H:%M:%S} " if record.time else ""
            texts.setdefault(name, []).append(f"{time}{record.text}")
    parts = tuple(Excerpt(name, "\n".join(lines[-params.last_lines :])) for name, lines in texts.items())
    gone = isinstance(error, TargetNotFound)
    gaps = () if gone else (Gap(System.ARGO, f"{error.what}: {error.why}", error.next_step),)
    return Inspection(
        answer=f"Argo {'has deleted' if gone else 'does not show'} {what}. Atmosphere saved its output on "
        f"{saved.written} ({world.logs.zone}): {count(len(parts), 'file')}.",
        parts=parts,
        gaps=gaps + tuple(Gap(f"logs: {p.name}", p.why, "read the file itself") for p in result.problems),
        steps=tuple(_meanings([part.text for part in parts])),
    )


def _plain(name: str) -> str:
    """Return the name of a step or a file in one form: 05-setup-packages and 05_setup_packages are the same."""
    return name.casefold().replace("_", "-")


def _excerpts(texts: dict[str, Any], pods: Sequence[Pod]) -> Iterator[Excerpt]:
    for pod in pods:
        if pod.name in texts:
            lines = [f"{line.time:%H:%M:%S} {line.text}" if line.time else line.text for line in texts[pod.name]]
            title = f"{pod.node.rpartition('.')[2] or pod.name} ({pod.phase}), pod {pod.name}, UTC"
            yield Excerpt(title, "\n".join(lines))


def _steps(world: World, workflow: Workflow, logs: Sequence[tuple[LogLine, ...]]) -> Iterator[Step]:
    yield from _meanings(["\n".join(line.text for line in lines) for lines in logs])
    yield Step("Find the step that failed.", *to_inspect("show_workflow", name=workflow.name))
    if not workflow.is_finished:
        yield Step(
            "Follow it, with argo's own command.",
            commands.argo("logs", workflow.name, "-f", namespace=world.workflows.namespace),
        )


def _meanings(texts: Sequence[str]) -> Iterator[Step]:
    """Yield the meaning of the last text that matches a rule."""
    entry = next((match for text in reversed(texts) if (match := classify(text, DEPLOYMENT))), None)
    if entry is not None:
        yield Step(f"{entry.meaning} {entry.next_step}", next(iter(entry.commands), ""), entry.page)
