"""Everything that is known of one instance: database, Nova, tasks, workflows and logs, asked at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import TargetNotFound
from runbook_lib.model import System, SystemId
from runbook_lib.systems.db.queries import instance_history
from runbook_lib.systems.logs import Logs, Query
from runbook_lib.text.mask import mask
from runbook_lib.world.ask import Question, gap

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from datetime import datetime

    from runbook_lib.model.inspection import Gap
    from runbook_lib.systems.argo.workflow import Workflow
    from runbook_lib.systems.celery.flower import Found as Tasks
    from runbook_lib.systems.celery.tasks import SeenTask
    from runbook_lib.systems.db.queries.instance_history import Known
    from runbook_lib.systems.logs import Found as Lines
    from runbook_lib.systems.openstack.capacity import Hypervisor
    from runbook_lib.systems.openstack.server import Action, Server
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

SECONDS = 8.0
"""For all sources beside the database together."""
DATABASE_SECONDS = 3.0
_LOG_SECONDS = 6.0  # a search that takes longer ends by itself, and says so
_LOG_DAYS, _LOG_LINES, _TASKS = 14, 120, 30


@dataclass(frozen=True)
class Evidence:
    """What the sources told of one instance; what none of them told is empty.

    Attributes:
        alias: Nova's uuid, as it was asked for.
        known: What the database has.
        asked: Whether the database answered.
        provider_id: The provider whose Nova has it, or should; None when nobody knows.
        server: What Nova has.
        nova_told: Whether that Nova answered.
        actions: What was asked of Nova, the earliest first.
        machines: The cloud's hypervisors; None when they were not told.
        tasks: Celery's tasks with its uuid, the earliest first; None when Flower did not tell.
        workflows: Argo's, the earliest first; None when Argo did not tell.
        lines: Entries of the logs; None when they were not told.
        gaps: Who did not tell.
    """

    alias: str
    known: Known | None = None
    asked: bool = True
    provider_id: int | None = None
    server: Server | None = None
    nova_told: bool = False
    actions: tuple[Action, ...] = ()
    machines: tuple[Hypervisor, ...] | None = None
    tasks: tuple[SeenTask, ...] | None = None
    workflows: tuple[Workflow, ...] | None = None
    lines: Lines | None = None
    gaps: tuple[Gap, ...] = ()


def gather(world: World, alias: str, *, seconds: float = SECONDS) -> Evidence:
    """Return what all sources know of an instance. Reads only; a source that does not tell becomes a gap.

    The database comes first, since it knows the cloud and the address; then all others are asked at once. Without the
    database every configured cloud is asked.

    Raises:
        TargetNotFound: The database has no such instance, and no cloud that answers has it either.
        RunbookError: No source told anything: the database's error.
    """
    world.clouds.prepare()
    world.workflows.prepare()
    first = world.ask({System.ATMOSPHERE: partial(instance_history.read, alias)}, seconds=DATABASE_SECONDS)
    known: Known | None = first.get(System.ATMOSPHERE)
    clouds = [known.provider_id] if known else sorted(world.endpoints.clouds)
    answers = world.ask(_sources(world, alias, known, clouds), seconds=seconds)
    if not first.told and not answers.told:
        first.require_one()
    found = _evidence(alias, first, answers, clouds)
    if first.told and known is None and found.server is None:
        raise TargetNotFound(
            kind="instance",
            key=repr(alias),
            where="the atmosphere database, or in a cloud that answers",
            similar=instance_history.similar(alias),
            next_step="give the uuid that the instance's page shows as its alias, not its name or number",
        )
    return found


def _sources(world: World, alias: str, known: Known | None, clouds: list[int]) -> Mapping[Hashable, Callable[[], Any]]:
    address = known.ip_address if known and known.ended is None else ""
    sources: dict[Hashable, Callable[[], Any]] = {}
    for provider_id in clouds:
        sources[_nova(provider_id)] = partial(_server, world, provider_id, alias)
        sources[_actions_in(provider_id)] = partial(_actions, world, provider_id, alias)
    if known and known.present and known.present.status in {"build", "error"}:
        sources[_machines_of(known.provider_id)] = partial(_machines, world, known.provider_id)
    return sources | {
        System.FLOWER: partial(_tasks, world, alias),
        System.ARGO: partial(_workflows, world, alias, address, known),
        System.LOGS: partial(_lines, world, alias),
    }


def _nova(provider_id: int) -> SystemId:
    return SystemId(System.NOVA, provider_id)


def _actions_in(provider_id: int) -> Question:
    return Question(_nova(provider_id), "actions")


def _machines_of(provider_id: int) -> Question:
    return Question(_nova(provider_id), "hypervisors")


def _server(world: World, provider_id: int, alias: str) -> Server | None:
    return world.nova(provider_id).server(alias)


def _actions(world: World, provider_id: int, alias: str) -> tuple[Action, ...]:
    try:
        return world.nova(provider_id).actions(alias)
    except TargetNotFound:  # `server` says so
        return ()


def _machines(world: World, provider_id: int) -> tuple[Hypervisor, ...]:
    return world.nova(provider_id).hypervisors()


def _tasks(world: World, alias: str) -> Tasks:
    return world.flower.search(alias, limit=_TASKS)


def _workflows(world: World, alias: str, address: str, known: Known | None) -> tuple[Workflow, ...]:
    """Return the instance's workflows; one without labels counts only if it can be this instance's."""
    found = world.workflows.of_instance(alias, server_ip=address)
    return tuple(
        one
        for one in found
        if one.instance_uuid
        or (known and one.created >= known.started and one.parameters.get("user") == known.username)
    )


def _lines(world: World, alias: str) -> Lines:
    logs = Logs(world.logs.folder, zone=world.logs.zone, seconds=_LOG_SECONDS)
    since = world.now() - timedelta(days=_LOG_DAYS)
    trees = frozenset({"atmosphere", "celery", "argo"})
    return logs.find(Query(alias, since=since, trees=trees, most=_LOG_LINES))


def _evidence(alias: str, first: Answers, answers: Answers, clouds: list[int]) -> Evidence:
    has_it = [provider_id for provider_id in clouds if answers.get(_nova(provider_id)) is not None]
    key = next(iter(has_it), clouds[0] if len(clouds) == 1 else None)
    tasks: Tasks | None = answers.get(System.FLOWER)
    return Evidence(
        alias=alias,
        known=first.get(System.ATMOSPHERE),
        asked=System.ATMOSPHERE in first.told,
        provider_id=key,
        server=None if key is None else answers.get(_nova(key)),
        nova_told=key is not None and _nova(key) in answers.told,
        actions=() if key is None else answers.get(_actions_in(key), ()),
        machines=None if key is None else answers.get(_machines_of(key)),
        tasks=None if tasks is None else tuple(sorted(tasks.tasks, key=_begin)),
        workflows=answers.get(System.ARGO),
        lines=answers.get(System.LOGS),
        gaps=(*first.gaps, *_merged(answers)),
    )


def _merged(answers: Answers) -> tuple[Gap, ...]:
    """Return the gaps; what else was asked of a Nova that does not answer at all is no gap of its own."""
    return tuple(
        gap(str(source), error)
        for source, error in answers.errors.items()
        if not (isinstance(source, Question) and source.system in answers.errors)
    )


def _begin(task: SeenTask) -> float:
    return task.began.timestamp() if task.began else 0.0


def fault(evidence: Evidence) -> str:
    """Return Nova's fault in its own words, likely secrets masked; empty when there is none."""
    of = evidence.server.fault if evidence.server else None
    return mask(of.message.strip()) if of else ""


def image(evidence: Evidence) -> str:
    """Return what it started from: the image's name and uuid, as far as they are known."""
    known = evidence.known
    words = [known.image, known.image_id] if known else [evidence.server.image_id if evidence.server else ""]
    return ", ".join(word for word in words if word)


def address(evidence: Evidence) -> str:
    """Return its address: the database's, or the floating one that Nova tells."""
    if evidence.known and evidence.known.ip_address:
        return evidence.known.ip_address
    told = evidence.server.addresses if evidence.server else ()
    return next((one.address for one in sorted(told, key=lambda one: one.kind != "floating")), "")


def minutes(since: datetime, now: datetime) -> int:
    """Return the whole minutes between two moments."""
    return int((now - since) / timedelta(minutes=1))
