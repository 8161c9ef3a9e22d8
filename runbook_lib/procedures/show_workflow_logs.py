"""Show what the playbooks of an Argo workflow wrote: from its pods, also while it runs, or from its saved logs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused, RunbookError, TargetNotFound
from runbook_lib.messages import classify
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

MINUTES = 2
NEEDS = ("argo or logs",)
TELLS_MORE = {
    "argo": "what its pods wrote, also while it runs",
    "logs": "what was saved of one that the cluster has no longer",
}
MOST_LINES, MOST_MINUTES = 5000, 120
_SAVED_RECORDS = 5000
_ENDS = {
    "ended": "It was followed to its end.",
    "time": "The time was over before it ended.",
    "interrupted": "You broke off; it goes on.",
    "gone": "It was deleted meanwhile.",
    "lost": "The cluster no longer answers.",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which workflow, and how much of it."""

    name: str = WORKFLOW(example="ansible-deploy-7w2kq")
    step: str = param("Only steps with this in their name, such as 05-setup-packages; left out: all.", default="")
    last_lines: int = param("The last lines of each pod, 1 to 5000.", default=200)
    follow: bool = param("Go on while it runs, line by line, until it ends or Ctrl-C is pressed.", default=False)
    wait_minutes: int = param("How long to follow at most, 1 to 120.", default=10)


def inspect(world: World, params: Params) -> Inspection:
    """Return the lines of every pod's main container; of a workflow that Argo has deleted, its saved logs.

    Reads the workflow, its pods and their logs, or the saved files below ``atmosphere_deploy.d``. Likely secrets are
    masked. Following tells each line as it comes, and ends in time.

    Raises:
        TargetNotFound: Argo has no such workflow, and it left no saved logs.
        Refused: A number is out of range; or Argo is not configured or not for this account, and nothing was saved.
        NotConnected: The cluster does not answer, and nothing was saved.

    Source: service/argo of Atmosphere v37; the staff guide's Argo commands.
    """
    _check(params)
    try:
        one = world.workflows.find(params.name)
        every = world.workflows.pods(params.name)
        if one.is_finished and one.steps and not every:
            return _from_saved(world, params, _no_pods(one), what=f"the pods of {one.name}")
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
        answer=f"{one.name} is {one.state}; {count(len(pods), 'pod')}, {count(written, 'line')}."
        + ("" if pods else " It has begun no step yet, or none of that name."),
        parts=tuple(_excerpts(texts, pods)),
        gaps=answers.gaps,
        steps=tuple(_steps(world, one, list(texts.values()))),
    )


def _check(params: Params) -> None:
    limits = {"last_lines": (params.last_lines, MOST_LINES), "wait_minutes": (params.wait_minutes, MOST_MINUTES)}
    for name, (given, most) in limits.items():
        if not 1 <= given <= most:
            raise Refused(what=f"{name} is {given}", why=f"it must be 1 to {most}", next_step="give a number in range")


def _chosen(pods: list[Pod], step: str) -> list[Pod]:
    return [pod for pod in pods if step.casefold() in pod.node.casefold()]


def _followed(world: World, params: Params, pods: list[Pod]) -> Inspection:
    """Follow all pods, those to come included, and return what came."""
    names = {pod.name for pod in pods}

    def tell(line: LogLine) -> None:
        if not params.step or line.pod in names:
            world.progress(f"{line.pod}: {line.text}")

    found = follow(world.workflows, params.name, seconds=params.wait_minutes * 60, on_line=tell)
    pods = _chosen(world.workflows.pods(params.name), params.step) if found.end in ("ended", "time") else pods
    texts = {pod.name: [line for line in found.lines if line.pod == pod.name] for pod in pods}
    left_out = f" {count(found.omitted, 'further line')} were shown and not kept." if found.omitted else ""
    return Inspection(
        answer=f"{params.name}: {count(len(found.lines), 'line')}. {_ENDS[found.end]}{left_out}",
        parts=tuple(_excerpts(texts, pods)),
        gaps=_lost(found),
        steps=tuple(_after(params.name, found)),
    )


def _after(name: str, found: Followed) -> Iterator[Step]:
    yield Step("See which step failed.", *to_inspect("show_workflow", name=name))
    if found.end in ("time", "interrupted"):
        yield Step("Go on following.", commands.inspect("show_workflow_logs", name=name, follow=True))


def _lost(found: Followed) -> tuple[Gap, ...]:
    if found.error is None:
        return ()
    return (Gap(System.ARGO, f"{found.error.what}: {found.error.why}", found.error.next_step),)


def _no_pods(one: Workflow) -> TargetNotFound:
    return TargetNotFound(
        kind="pod of workflow",
        key=one.name,
        where="Argo's cluster",
        next_step="set RUNBOOK_LOG_DIR: after a workflow has ended, Atmosphere keeps its logs in atmosphere_deploy.d",
    )


def _from_saved(world: World, params: Params, error: RunbookError, *, what: str) -> Inspection:
    """Return what Atmosphere saved of a workflow that the cluster does not show; without any, raise its error."""
    try:
        saved = next((one for one in world.logs.deployments() if one.workflow == params.name), None)
        if saved is None:
            raise error
        found = world.logs.find(Query(f"{saved.folder}/", trees=frozenset({"argo"}), most=_SAVED_RECORDS))
    except RunbookError as second:
        if second is not error:
            error.__context__ = second
        raise error from None
    texts: dict[str, list[str]] = {}
    for record in sorted(found.records, key=lambda one: (one.file, one.line)):
        name = record.file.rpartition("/")[2]
        if _plain(params.step) in _plain(name):
            moment = f"{record.moment:%H:%M:%S} " if record.moment else ""
            texts.setdefault(name, []).append(f"{moment}{record.text}")
    parts = tuple(Excerpt(name, "\n".join(lines[-params.last_lines :])) for name, lines in texts.items())
    gone = isinstance(error, TargetNotFound)
    gaps = () if gone else (Gap(System.ARGO, f"{error.what}: {error.why}", error.next_step),)
    return Inspection(
        answer=f"Argo {'has deleted' if gone else 'does not tell of'} {what}; this is what Atmosphere saved on "
        f"{saved.written} ({world.logs.zone}): {count(len(parts), 'file')}.",
        parts=parts,
        gaps=gaps + tuple(Gap(f"logs: {one.name}", one.why, "read the file itself") for one in found.problems),
        steps=tuple(_meanings([part.text for part in parts])),
    )


def _plain(name: str) -> str:
    """Return a step's or a file's name so that both are alike: 05-setup-packages and 05_setup_packages."""
    return name.casefold().replace("_", "-")


def _excerpts(texts: dict[str, Any], pods: Sequence[Pod]) -> Iterator[Excerpt]:
    for pod in pods:
        if pod.name in texts:
            lines = [f"{line.time:%H:%M:%S} {line.text}" if line.time else line.text for line in texts[pod.name]]
            title = f"{pod.node.rpartition('.')[2] or pod.name} ({pod.phase}), pod {pod.name}, UTC"
            yield Excerpt(title, "\n".join(lines))


def _steps(world: World, one: Workflow, told: Sequence[tuple[LogLine, ...]]) -> Iterator[Step]:
    yield from _meanings(["\n".join(line.text for line in lines) for lines in told])
    yield Step("See which step failed.", *to_inspect("show_workflow", name=one.name))
    if not one.is_finished:
        yield Step(
            "Follow it; the same with argo's own command.",
            commands.argo("logs", one.name, "-f", namespace=world.workflows.namespace),
        )


def _meanings(texts: Sequence[str]) -> Iterator[Step]:
    """Yield what the last text that is known says."""
    entry = next((found for text in reversed(texts) if (found := classify(text))), None)
    if entry is not None:
        yield Step(f"{entry.meaning} {entry.next_step}", next(iter(entry.commands), ""), entry.page)
