"""List the instances that are stuck in a transition or have failed, and their common factors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import limits
from runbook_lib.messages import classify
from runbook_lib.messages.topics import INSTANCE
from runbook_lib.model import System, SystemId
from runbook_lib.model.inspection import Inspection, Step, Table, to_inspect, to_plan
from runbook_lib.params import param
from runbook_lib.systems.db.queries import instance_status
from runbook_lib.text.words import age, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from runbook_lib.diagnosis.instance.limits import StuckGroup
    from runbook_lib.model.inspection import Value
    from runbook_lib.systems.db.queries.instance_status import RunningInstance, RunningInstances
    from runbook_lib.systems.openstack.capacity import Hypervisor
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Instances"
MINUTES = 2
NEEDS = ("atmosphere",)
OPTIONAL = {"nova": "whether the cloud is full"}
SECONDS = 8.0  # for all clouds together; the database has responded by then
_MAX_SHOWN, _MAX_GROUPS = 100, 40
_LAG = (
    f"Atmosphere writes a status when somebody views it, or every {limits.LAG_MINUTES} minutes, so each state "
    "can have begun that much earlier, and can be over by now"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The time after which an instance counts as stuck."""

    minutes: int = param(
        "How long an instance can be in a transitional state before it counts as stuck; failed ones are always listed.",
        default=limits.GUIDE_MINUTES,
        where="20 is the staff guide's rule; the answer shows the real limits",
    )


def inspect(world: World, params: Params) -> Inspection:
    """Return the running instances that are stuck or failed. Reads the database, and the hypervisors of their clouds.

    Raises:
        NotConnected: Atmosphere's database does not respond.

    Source: core/models/instance.py, service/tasks/driver.py and service/monitoring.py of Atmosphere v37.
    """
    now = world.now()
    read = instance_status.instances_in_states(limits.latest_starts(params.minutes, now=now), in_task=limits.STEADY)
    stuck = replace(read, instances=tuple(instance for instance in read.instances if _is_stuck(instance, now)))
    failed = [instance for instance in stuck.instances if instance.status in limits.FAILED]
    full = {
        instance.provider_id: instance.provider for instance in stuck.instances if instance.status in {"error", "build"}
    }
    sources = {SystemId(System.NOVA, key): partial(_hypervisors, world, key) for key in sorted(full)}
    world.clouds.prepare()
    answers = world.ask(sources, seconds=SECONDS)
    outstanding = limits.find_patterns(stuck.instances, now=now)
    shares = instance_status.count_started_from({instance.source_id for instance in stuck.instances})
    tables = [
        _outstanding(outstanding),
        _groups(stuck, shares),
        _instances(stuck, now),
        _room(answers, full),
        Table("How long a state can last", ("state", "minutes", "why", "source"), tuple(_limits())),
    ]
    return Inspection(
        answer=_answer(stuck, len(failed), params.minutes, now, outstanding),
        parts=tuple(table for table in tables if table.rows or table.title != "Capacity of the clouds"),
        gaps=answers.gaps,
        steps=tuple(_steps(stuck.instances, outstanding)),
    )


def _is_stuck(instance: RunningInstance, now: datetime) -> bool:
    """Return whether an instance counts: within a steady state, only a task past its limit does."""
    return instance.status not in limits.STEADY or bool(limits.exceeded(instance, now=now))


def _hypervisors(world: World, provider_id: int) -> Sequence[Hypervisor]:
    return world.nova(provider_id).hypervisors()


def _answer(
    stuck: RunningInstances, failed: int, minutes: int, now: datetime, outstanding: Sequence[tuple[str, StuckGroup]]
) -> str:
    waiting = len(stuck.instances) - failed
    late = sum(limits.exceeded(instance, now=now).startswith("the code's") for instance in stuck.instances)
    first = (
        f"{count(waiting, 'instance is', 'instances are')} stuck for more than {minutes} minutes, {late} of them past "
        f"the limits of Atmosphere's code; {count(failed, 'has', 'have')} failed."
    )
    sentences = [first]
    if stuck.is_cut:
        sentences.append(
            f"There are more than {instance_status.MAX_INSTANCES}; the list has those with the latest changes."
        )
    if stuck.without_status:
        sentences.append(f"{count(stuck.without_status, 'running instance has', 'running instances have')} no status.")
    if outstanding:
        points, group = outstanding[0]
        sentences.append(f"Common factor: {group.instances} instances with {', '.join(group.shared)}: {points}?")
    return " ".join(sentences)


def _outstanding(stuck: Sequence[tuple[str, StuckGroup]]) -> Table:
    rows = [
        (f"{points}?", ", ".join(group.shared), group.instances, group.users, group.last) for points, group in stuck
    ]
    note = f"shared by 3 or more instances of 2 or more users, of the last {limits.RECENT.days} days"
    return Table("Common factors", ("points to", "shared", "instances", "users", "latest"), tuple(rows), note=note)


def _groups(stuck: RunningInstances, shares: Mapping[int, int]) -> Table:
    """Return the table of instances by state, provider, size and image."""
    sources = {(instance.provider, _image(instance)): instance.source_id for instance in stuck.instances}
    groups = limits.group(
        stuck.instances, lambda instance: (instance.status, instance.provider, instance.size, _image(instance))
    )
    rows = [
        (
            *group.shared,
            group.instances,
            group.users,
            shares.get(sources[group.shared[1], group.shared[3]]),
            group.first,
            group.last,
        )
        for group in groups[:_MAX_GROUPS]
    ]
    more = f"; {len(groups) - _MAX_GROUPS} smaller groups are left out" if len(groups) > _MAX_GROUPS else ""
    columns = ("state", "provider", "size", "image", "instances", "users", "running from it", "first", "latest")
    note = f"running from it: all running instances of that image on that provider, in any state{more}"
    return Table("By state, provider, size and image", columns, tuple(rows), note=note)


def _instances(stuck: RunningInstances, now: datetime) -> Table:
    rows = [_row(instance, now) for instance in stuck.instances[:_MAX_SHOWN]]
    more = len(stuck.instances) - len(rows)
    left_out = f"; {more} with earlier changes are left out" if more else ""
    columns = ("state", "since", "for", "past", "user", "name", "instance_id", "provider", "size", "error")
    return Table("Instances, the latest first", columns, tuple(rows), note=f"{_LAG}{left_out}")


def _row(instance: RunningInstance, now: datetime) -> tuple[Value, ...]:
    late = limits.exceeded(instance, now=now)
    identity = (instance.username, instance.name, instance.instance_id, instance.provider, instance.size)
    state = f"{instance.status} ({instance.activity})" if instance.status in limits.STEADY else instance.status
    return (state, instance.since, age(now - instance.since), late, *identity, _error(instance))


def _error(instance: RunningInstance) -> str:
    """Return the meaning of the error that Atmosphere stored, or else its first line."""
    if instance.status == "error" and not instance.error_text:
        return "only in Nova's fault"
    entry = classify(instance.error_text, INSTANCE)
    return entry.meaning if entry and entry.kind != "sign" else instance.error_text.partition("\n")[0]


def _room(answers: Answers, names: Mapping[int, str]) -> Table:
    """Return the free capacity of the hypervisors, for the clouds that responded."""
    rows = []
    for key, name in sorted(names.items()):
        hypervisors: Sequence[Hypervisor] | None = answers.get(SystemId(System.NOVA, key))
        if hypervisors is not None:
            usable = [hypervisor for hypervisor in hypervisors if hypervisor.is_up and hypervisor.is_enabled]
            free = max((hypervisor.ram_mb - hypervisor.ram_mb_used for hypervisor in usable), default=0)
            cpus = f"{sum(h.vcpus_used for h in usable)} of {sum(h.vcpus for h in usable)}"
            memory = f"{sum(h.ram_mb_used for h in usable)} of {sum(h.ram_mb for h in usable)}"
            rows.append((name, f"{len(usable)} of {len(hypervisors)}", cpus, memory, free))
    columns = ("provider", "hypervisors in use", "CPUs allocated", "memory allocated, MB", "most free on one, MB")
    note = "CPUs can be overcommitted; a size that needs more memory than is free on one hypervisor cannot start"
    return Table("Capacity of the clouds", columns, tuple(rows), note=note)


def _limits() -> Iterator[tuple[Value, ...]]:
    for state, limit in limits.LIMITS.items():
        yield state, limit.minutes, limit.why, limit.source
    yield "networking, deploying", limits.GUIDE_MINUTES, "check it; up to 2 hours on old clouds", "the staff guide"


def _steps(instances: Sequence[RunningInstance], outstanding: Sequence[tuple[str, StuckGroup]]) -> Iterator[Step]:
    if any(points.startswith("the cloud") for points, _ in outstanding):
        yield Step(
            "Launch a smaller size to compare; inform the cloud's administrators.", "", "tools/stuck-instance.html"
        )
    for state, text, name in (
        ("deploy_error", "Redeploy an instance in deploy_error.", "redeploy_instance"),
        ("deploying", "Find the workflow of an instance in deploying before you redeploy it.", "redeploy_instance"),
        ("networking", "Reboot an instance in networking, after you inform its owner.", "reboot_instance"),
    ):
        example = next((instance for instance in instances if instance.status == state), None)
        if example:
            yield Step(text, *to_plan(name, instance_id=example.instance_id))
    if instances:
        yield Step(
            "Inspect one instance in all data sources.",
            *to_inspect("triage_instance", instance_id=instances[0].instance_id),
        )


def _image(instance: RunningInstance) -> str:
    return instance.image or "a volume, or an unknown image"
