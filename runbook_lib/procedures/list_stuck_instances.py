"""List the instances that are stuck on their way or have failed, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import limits
from runbook_lib.messages import classify
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

MINUTES = 2
NEEDS = ("atmosphere",)
TELLS_MORE = {"nova": "whether the cloud is full"}
SECONDS = 8.0  # for all clouds together; the database has answered by then
_SHOWN, _GROUPS = 100, 40
_LAG = (
    f"statuses are written when somebody looks, or every {limits.LAG_MINUTES} minutes: each may have begun so much "
    "earlier, and may be over by now"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """From when on an instance counts as stuck."""

    minutes: int = param(
        "How long an instance may be in one state on its way to active; a failed one is listed at once.",
        default=limits.GUIDE_MINUTES,
        where="20 is the staff guide's rule; the real limits are in the answer",
    )


def inspect(world: World, params: Params) -> Inspection:
    """Return the living instances that are stuck or failed. Reads the database, and the hypervisors of their clouds.

    Raises:
        NotConnected: Atmosphere's database does not answer.

    Source: core/models/instance.py, service/tasks/driver.py and service/monitoring.py of Atmosphere v37.
    """
    now = world.now()
    found = instance_status.instances_in_states(limits.latest_starts(params.minutes, now=now))
    failed = [one for one in found.instances if one.status in limits.FAILED]
    full = {one.provider_id: one.provider for one in found.instances if one.status in {"error", "build"}}
    sources = {SystemId(System.NOVA, key): partial(_hypervisors, world, key) for key in sorted(full)}
    world.clouds.prepare()
    answers = world.ask(sources, seconds=SECONDS)
    outstanding = limits.find_patterns(found.instances, now=now)
    shares = instance_status.count_started_from({one.source_id for one in found.instances})
    tables = [
        _outstanding(outstanding),
        _groups(found, shares),
        _instances(found, now),
        _room(answers, full),
        Table("How long a state can last", ("state", "minutes", "why", "source"), tuple(_limits())),
    ]
    return Inspection(
        answer=_answer(found, len(failed), params.minutes, now, outstanding),
        parts=tuple(table for table in tables if table.rows or table.title != "Room in the clouds"),
        gaps=answers.gaps,
        steps=tuple(_steps(found.instances, outstanding)),
    )


def _hypervisors(world: World, provider_id: int) -> Sequence[Hypervisor]:
    return world.nova(provider_id).hypervisors()


def _answer(
    found: RunningInstances, failed: int, minutes: int, now: datetime, outstanding: Sequence[tuple[str, StuckGroup]]
) -> str:
    waiting = len(found.instances) - failed
    late = sum(limits.exceeded(one, now=now).startswith("the code's") for one in found.instances)
    first = (
        f"{count(waiting, 'instance is', 'instances are')} stuck for more than {minutes} minutes, {late} of them past "
        f"the limits of Atmosphere's code; {count(failed, 'has', 'have')} failed."
    )
    words = [first]
    if found.is_cut:
        words.append(f"There are more than {instance_status.MAX_INSTANCES}; these are those that changed last.")
    if found.without_status:
        words.append(f"{count(found.without_status, 'living instance has', 'living instances have')} no status at all.")
    if outstanding:
        points, group = outstanding[0]
        words.append(f"What stands out: {group.instances} with {', '.join(group.shared)}: {points}?")
    return " ".join(words)


def _outstanding(found: Sequence[tuple[str, StuckGroup]]) -> Table:
    rows = [
        (f"{points}?", ", ".join(group.shared), group.instances, group.users, group.last) for points, group in found
    ]
    note = f"shared by 3 or more instances of 2 or more users, of the last {limits.RECENT.days} days"
    return Table("What stands out", ("points to", "shared", "instances", "users", "latest"), tuple(rows), note=note)


def _groups(found: RunningInstances, shares: Mapping[int, int]) -> Table:
    """Return the table of what has state, provider, size and image in common."""
    sources = {(one.provider, _image(one)): one.source_id for one in found.instances}
    made = limits.group(found.instances, lambda one: (one.status, one.provider, one.size, _image(one)))
    rows = [
        (
            *group.shared,
            group.instances,
            group.users,
            shares.get(sources[group.shared[1], group.shared[3]]),
            group.first,
            group.last,
        )
        for group in made[:_GROUPS]
    ]
    more = f"; {len(made) - _GROUPS} smaller groups are left out" if len(made) > _GROUPS else ""
    columns = ("state", "provider", "size", "image", "instances", "users", "living from it", "first", "latest")
    note = f"living from it: all living instances of that image on that provider, in whatever state{more}"
    return Table("By state, provider, size and image", columns, tuple(rows), note=note)


def _instances(found: RunningInstances, now: datetime) -> Table:
    rows = [_row(one, now) for one in found.instances[:_SHOWN]]
    more = len(found.instances) - len(rows)
    left = f"; {more} that changed earlier are left out" if more else ""
    columns = ("state", "since", "for", "past", "user", "name", "instance_id", "provider", "size", "what it says")
    return Table("Instances, the latest first", columns, tuple(rows), note=f"{_LAG}{left}")


def _row(of: RunningInstance, now: datetime) -> tuple[Value, ...]:
    late = limits.exceeded(of, now=now)
    who = (of.username, of.name, of.instance_id, of.provider, of.size)
    return (of.status, of.since, age(now - of.since), late, *who, _fault(of))


def _fault(of: RunningInstance) -> str:
    """Return what upstream kept of an error: what it means, or its first line."""
    if of.status == "error" and not of.error_text:
        return "only Nova knows the fault"
    known = classify(of.error_text) if of.error_text else None
    return known.meaning if known else of.error_text.partition("\n")[0]


def _room(answers: Answers, names: Mapping[int, str]) -> Table:
    """Return what the machines of the clouds have left, for those that told."""
    rows = []
    for key, name in sorted(names.items()):
        machines: Sequence[Hypervisor] | None = answers.get(SystemId(System.NOVA, key))
        if machines is not None:
            usable = [one for one in machines if one.is_up and one.is_enabled]
            free = max((one.ram_mb - one.ram_mb_used for one in usable), default=0)
            cpus = f"{sum(one.vcpus_used for one in usable)} of {sum(one.vcpus for one in usable)}"
            memory = f"{sum(one.ram_mb_used for one in usable)} of {sum(one.ram_mb for one in usable)}"
            rows.append((name, f"{len(usable)} of {len(machines)}", cpus, memory, free))
    columns = ("provider", "hypervisors in use", "CPUs given", "memory given, MB", "most free on one, MB")
    note = "CPUs may be shared out more than once; a size with more memory than is free on one machine can't start"
    return Table("Room in the clouds", columns, tuple(rows), note=note)


def _limits() -> Iterator[tuple[Value, ...]]:
    for state, limit in limits.LIMITS.items():
        yield state, limit.minutes, limit.why, limit.source
    yield "networking, deploying", limits.GUIDE_MINUTES, "worth a check; up to 2 hours on old clouds", "the staff guide"


def _steps(instances: Sequence[RunningInstance], outstanding: Sequence[tuple[str, StuckGroup]]) -> Iterator[Step]:
    if any(points.startswith("the cloud") for points, _ in outstanding):
        yield Step(
            "Launch a smaller size to compare; tell the cloud's administrators.", "", "tools/stuck-instance.html"
        )
    for state, text, name in (
        ("deploy_error", "Redeploy one that ended in deploy_error.", "redeploy_instance"),
        ("deploying", "Find the workflow of one in deploying before you redeploy it.", "redeploy_instance"),
        ("networking", "Reboot one in networking; its owner has to know.", "reboot_instance"),
    ):
        one = next((one for one in instances if one.status == state), None)
        if one:
            yield Step(text, *to_plan(name, instance_id=one.instance_id))
    if instances:
        yield Step(
            "Inspect one instance with everything that is known of it.",
            *to_inspect("triage_instance", instance_id=instances[0].instance_id),
        )


def _image(of: RunningInstance) -> str:
    return of.image or "a volume, or an unknown image"
