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
    from runbook_lib.systems.celery.flower import TaskMatches
    from runbook_lib.systems.celery.tasks import SeenTask
    from runbook_lib.systems.db.queries.instance_history import InstanceRecord
    from runbook_lib.systems.logs import LogMatches
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
class InstanceEvidence:
    """What the sources told of one instance; what none of them told is empty.

    Attributes:
        instance_id: Nova's uuid, as it was asked for.
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

    instance_id: str
    known: InstanceRecord | None = None
    asked: bool = True
    provider_id: int | None = None
    server: Server | None = None
    nova_told: bool = False
    actions: tuple[Action, ...] = ()
    machines: tuple[Hypervisor, ...] | None = None
    tasks: tuple[SeenTask, ...] | None = None
    workflows: tuple[Workflow, ...] | None = None
    lines: LogMatches | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def fault(self) -> str:
        """Nova's fault in its own words, likely secrets masked; empty when there is none."""
        fault = self.server.fault if self.server else None
        return mask(fault.message.strip()) if fault else ""

    @property
    def image(self) -> str:
        """What it started from: the image's name and UUID, as far as they are known."""
        if self.known:
            return ", ".join(word for word in (self.known.image, self.known.image_id) if word)
        return self.server.image_id if self.server else ""

    @property
    def address(self) -> str:
        """Its address in the database, or the one that Nova shows, a floating one first."""
        if self.known and self.known.ip_address:
            return self.known.ip_address
        addresses = self.server.addresses if self.server else ()
        ordered = sorted(addresses, key=lambda address: address.kind != "floating")
        return next((address.address for address in ordered), "")


def gather(world: World, instance_id: str, *, seconds: float = SECONDS) -> InstanceEvidence:
    """Return what all sources know of an instance. Reads only; a source that does not tell becomes a gap.

    The database comes first, since it knows the cloud and the address; then all others are asked at once. Without the
    database every configured cloud is asked.

    Raises:
        TargetNotFound: The database has no such instance, and no cloud that answers has it either.
        RunbookError: No source told anything: the database's error.
    """
    world.clouds.prepare()
    world.workflows.prepare()
    first = world.ask({System.ATMOSPHERE: partial(instance_history.read, instance_id)}, seconds=DATABASE_SECONDS)
    known: InstanceRecord | None = first.get(System.ATMOSPHERE)
    clouds = [known.provider_id] if known else sorted(world.endpoints.clouds)
    answers = world.ask(_sources(world, instance_id, known, clouds), seconds=seconds)
    if not first.responses and not answers.responses:
        first.require_any()
    found = _evidence(instance_id, first, answers, clouds)
    if first.responses and known is None and found.server is None:
        raise TargetNotFound(
            kind="instance",
            key=repr(instance_id),
            where="the atmosphere database, or in a cloud that answers",
            similar=instance_history.similar_ids(instance_id),
            next_step="use the uuid that the instance's page shows as its alias, not its name or number",
        )
    return found


def _sources(
    world: World, instance_id: str, known: InstanceRecord | None, clouds: list[int]
) -> Mapping[Hashable, Callable[[], Any]]:
    address = known.ip_address if known and known.ended is None else ""
    sources: dict[Hashable, Callable[[], Any]] = {}
    for provider_id in clouds:
        sources[_nova(provider_id)] = partial(_server, world, provider_id, instance_id)
        sources[_actions_in(provider_id)] = partial(_actions, world, provider_id, instance_id)
    if known and known.current and known.current.status in {"build", "error"}:
        sources[_machines_of(known.provider_id)] = partial(_machines, world, known.provider_id)
    return sources | {
        System.FLOWER: partial(_tasks, world, instance_id),
        System.ARGO: partial(_workflows, world, instance_id, address, known),
        System.LOGS: partial(_lines, world, instance_id),
    }


def _nova(provider_id: int) -> SystemId:
    return SystemId(System.NOVA, provider_id)


def _actions_in(provider_id: int) -> Question:
    return Question(_nova(provider_id), "actions")


def _machines_of(provider_id: int) -> Question:
    return Question(_nova(provider_id), "hypervisors")


def _server(world: World, provider_id: int, instance_id: str) -> Server | None:
    return world.nova(provider_id).server(instance_id)


def _actions(world: World, provider_id: int, instance_id: str) -> tuple[Action, ...]:
    try:
        return world.nova(provider_id).actions(instance_id)
    except TargetNotFound:  # `server` says so
        return ()


def _machines(world: World, provider_id: int) -> tuple[Hypervisor, ...]:
    return world.nova(provider_id).hypervisors()


def _tasks(world: World, instance_id: str) -> TaskMatches:
    return world.flower.search(instance_id, limit=_TASKS)


def _workflows(world: World, instance_id: str, address: str, known: InstanceRecord | None) -> tuple[Workflow, ...]:
    """Return the instance's workflows; one without labels counts only if it can be this instance's."""
    found = world.workflows.of_instance(instance_id, server_ip=address)
    return tuple(
        one
        for one in found
        if one.instance_id or (known and one.created >= known.started and one.parameters.get("user") == known.username)
    )


def _lines(world: World, instance_id: str) -> LogMatches:
    logs = Logs(world.logs.folder, zone=world.logs.zone, seconds=_LOG_SECONDS)
    since = world.now() - timedelta(days=_LOG_DAYS)
    trees = frozenset({"atmosphere", "celery", "argo"})
    return logs.find(Query(instance_id, since=since, trees=trees, most=_LOG_LINES))


def _evidence(instance_id: str, first: Answers, answers: Answers, clouds: list[int]) -> InstanceEvidence:
    has_it = [provider_id for provider_id in clouds if answers.get(_nova(provider_id)) is not None]
    key = next(iter(has_it), clouds[0] if len(clouds) == 1 else None)
    tasks: TaskMatches | None = answers.get(System.FLOWER)
    return InstanceEvidence(
        instance_id=instance_id,
        known=first.get(System.ATMOSPHERE),
        asked=System.ATMOSPHERE in first.responses,
        provider_id=key,
        server=None if key is None else answers.get(_nova(key)),
        nova_told=key is not None and _nova(key) in answers.responses,
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


def minutes_between(since: datetime, now: datetime) -> int:
    """Return the whole minutes between two times."""
    return int((now - since) / timedelta(minutes=1))
