"""Gather the data of one instance in parallel from the database, Nova, Celery, Argo and the logs."""

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
    from runbook_lib.systems.celery.tasks import FlowerTask
    from runbook_lib.systems.db.queries.instance_history import InstanceRecord
    from runbook_lib.systems.logs import LogMatches
    from runbook_lib.systems.openstack.capacity import Hypervisor
    from runbook_lib.systems.openstack.server import Action, Server
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

SECONDS = 8.0
"""The time limit for all sources except the database together."""
DATABASE_SECONDS = 3.0
_LOG_SECONDS = 6.0  # a longer search ends early and reports that
_LOG_DAYS, _MAX_LOG_LINES, _MAX_TASKS = 14, 120, 30


@dataclass(frozen=True)
class InstanceEvidence:
    """The data of one instance; a field is empty if no source has its value.

    Attributes:
        instance_id: The requested UUID, as Nova uses it.
        record: The instance in the database; None if the database has no such instance or did not respond.
        database_responded: Whether the database responded.
        provider_id: The provider whose Nova has the instance, or should have it; None if unknown.
        server: The server in Nova; None if Nova has no such server or did not respond.
        nova_responded: Whether that Nova responded.
        actions: The actions that Nova recorded, the earliest first.
        hypervisors: The cloud's hypervisors; None if they are unknown.
        tasks: Celery's tasks with the UUID, the earliest first; None if Flower did not respond.
        workflows: Argo's workflows, the earliest first; None if Argo did not respond.
        log_matches: The matching log entries; None if the logs could not be read.
        gaps: The sources that did not respond.
    """

    instance_id: str
    record: InstanceRecord | None = None
    database_responded: bool = True
    provider_id: int | None = None
    server: Server | None = None
    nova_responded: bool = False
    actions: tuple[Action, ...] = ()
    hypervisors: tuple[Hypervisor, ...] | None = None
    tasks: tuple[FlowerTask, ...] | None = None
    workflows: tuple[Workflow, ...] | None = None
    log_matches: LogMatches | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def fault(self) -> str:
        """The literal message of Nova's fault, likely secrets masked; empty if there is none."""
        fault = self.server.fault if self.server else None
        return mask(fault.message.strip()) if fault else ""

    @property
    def image(self) -> str:
        """The image from which the instance started: its name and UUID, each only if known."""
        if self.record:
            return ", ".join(part for part in (self.record.image, self.record.image_id) if part)
        return self.server.image_id if self.server else ""

    @property
    def address(self) -> str:
        """The address in the database, else the address in Nova, a floating one first."""
        if self.record and self.record.ip_address:
            return self.record.ip_address
        addresses = self.server.addresses if self.server else ()
        ordered = sorted(addresses, key=lambda address: address.kind != "floating")
        return next((address.address for address in ordered), "")


def gather(world: World, instance_id: str, *, seconds: float = SECONDS) -> InstanceEvidence:
    """Return the data of all sources about an instance. Reads only; a source that does not respond becomes a gap.

    The database comes first, because it has the cloud and the address. Then all other sources are read in parallel.
    Without the database, every configured cloud is read.

    Raises:
        TargetNotFound: Neither the database nor a cloud that responds has the instance.
        RunbookError: No source responded; the error is the database's.
    """
    world.clouds.prepare()
    world.workflows.prepare()
    database = world.ask({System.ATMOSPHERE: partial(instance_history.read, instance_id)}, seconds=DATABASE_SECONDS)
    record: InstanceRecord | None = database.get(System.ATMOSPHERE)
    clouds = [record.provider_id] if record else sorted(world.endpoints.clouds)
    answers = world.ask(_sources(world, instance_id, record, clouds), seconds=seconds)
    if not database.responses and not answers.responses:
        database.require_any()
    evidence = _evidence(instance_id, database, answers, clouds)
    if database.responses and record is None and evidence.server is None:
        raise TargetNotFound(
            kind="instance",
            key=repr(instance_id),
            where="the atmosphere database, or in a cloud that responds",
            similar=instance_history.similar_ids(instance_id),
            next_step="use the UUID that the instance's page shows as its alias, not its name or number",
        )
    return evidence


def _sources(
    world: World, instance_id: str, record: InstanceRecord | None, clouds: list[int]
) -> Mapping[Hashable, Callable[[], Any]]:
    address = record.ip_address if record and record.ended is None else ""
    sources: dict[Hashable, Callable[[], Any]] = {}
    for provider_id in clouds:
        sources[_nova(provider_id)] = partial(_server, world, provider_id, instance_id)
        sources[_actions_question(provider_id)] = partial(_actions, world, provider_id, instance_id)
    if record and record.current and record.current.status in {"build", "error"}:
        sources[_hypervisors_question(record.provider_id)] = partial(_hypervisors, world, record.provider_id)
    return sources | {
        System.FLOWER: partial(_tasks, world, instance_id),
        System.ARGO: partial(_workflows, world, instance_id, address, record),
        System.LOGS: partial(_log_matches, world, instance_id),
    }


def _nova(provider_id: int) -> SystemId:
    return SystemId(System.NOVA, provider_id)


def _actions_question(provider_id: int) -> Question:
    return Question(_nova(provider_id), "actions")


def _hypervisors_question(provider_id: int) -> Question:
    return Question(_nova(provider_id), "hypervisors")


def _server(world: World, provider_id: int, instance_id: str) -> Server | None:
    return world.nova(provider_id).server(instance_id)


def _actions(world: World, provider_id: int, instance_id: str) -> tuple[Action, ...]:
    try:
        return world.nova(provider_id).actions(instance_id)
    except TargetNotFound:  # the field `server` reports this
        return ()


def _hypervisors(world: World, provider_id: int) -> tuple[Hypervisor, ...]:
    return world.nova(provider_id).hypervisors()


def _tasks(world: World, instance_id: str) -> TaskMatches:
    return world.flower.search(instance_id, limit=_MAX_TASKS)


def _workflows(world: World, instance_id: str, address: str, record: InstanceRecord | None) -> tuple[Workflow, ...]:
    """Return the instance's workflows; one without labels counts only if its time and user match the instance."""
    workflows = world.workflows.of_instance(instance_id, server_ip=address)
    return tuple(
        workflow
        for workflow in workflows
        if workflow.instance_id
        or (record and workflow.created >= record.started and workflow.parameters.get("user") == record.username)
    )


def _log_matches(world: World, instance_id: str) -> LogMatches:
    logs = Logs(world.logs.folder, zone=world.logs.zone, seconds=_LOG_SECONDS)
    since = world.now() - timedelta(days=_LOG_DAYS)
    trees = frozenset({"atmosphere", "celery", "argo"})
    return logs.find(Query(instance_id, since=since, trees=trees, limit=_MAX_LOG_LINES))


def _evidence(instance_id: str, database: Answers, answers: Answers, clouds: list[int]) -> InstanceEvidence:
    with_server = [provider_id for provider_id in clouds if answers.get(_nova(provider_id)) is not None]
    key = next(iter(with_server), clouds[0] if len(clouds) == 1 else None)
    tasks: TaskMatches | None = answers.get(System.FLOWER)
    return InstanceEvidence(
        instance_id=instance_id,
        record=database.get(System.ATMOSPHERE),
        database_responded=System.ATMOSPHERE in database.responses,
        provider_id=key,
        server=None if key is None else answers.get(_nova(key)),
        nova_responded=key is not None and _nova(key) in answers.responses,
        actions=() if key is None else answers.get(_actions_question(key), ()),
        hypervisors=None if key is None else answers.get(_hypervisors_question(key)),
        tasks=None if tasks is None else tuple(sorted(tasks.tasks, key=_begin)),
        workflows=answers.get(System.ARGO),
        log_matches=answers.get(System.LOGS),
        gaps=(*database.gaps, *_merge_gaps(answers)),
    )


def _merge_gaps(answers: Answers) -> tuple[Gap, ...]:
    """Return the gaps; further questions to a Nova that does not respond at all are not separate gaps."""
    return tuple(
        gap(str(source), error)
        for source, error in answers.errors.items()
        if not (isinstance(source, Question) and source.system in answers.errors)
    )


def _begin(task: FlowerTask) -> float:
    return task.first_event.timestamp() if task.first_event else 0.0


def minutes_between(since: datetime, now: datetime) -> int:
    """Return the minutes between two timestamps, rounded down."""
    return int((now - since) / timedelta(minutes=1))
