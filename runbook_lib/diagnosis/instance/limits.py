"""Decide when an instance is stuck, and what stuck and failed instances have in common; plain values, no I/O."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from runbook_lib.systems.db.queries.instance_status import RunningInstance

GUIDE_MINUTES = 20
LAG_MINUTES = 15
"""Atmosphere writes a status when a page or API request reads it, and by monitor_instances every 15 minutes."""


@dataclass(frozen=True)
class Limit:
    """The longest time that an instance can stay in a state, by Atmosphere's own code.

    Attributes:
        minutes: The number of minutes after which the code gives up; None if it has no limit.
        why: The parts of the number, and what follows.
        source: The file in Atmosphere's code, and its lines.
    """

    minutes: int | None
    why: str
    source: str


_DRIVER = "service/tasks/driver.py"
LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "build": Limit(63, "250 attempts, 15 s apart; then nothing changes the state: it stays build", _DRIVER),
        "networking": Limit(
            408,
            "about 53 min for an address, then 116 attempts by SSH of at most 2 min, 64 s apart; then deploy_error",
            f"{_DRIVER}:990-992 and 1353-1354 of v37-5",
        ),
        "deploying": Limit(
            210,
            "3 attempts of 25 min, 124 s apart; checks; then 4 attempts of 32 min for the user's boot scripts; then "
            "deploy_error, or active with user_deploy_error",
            f"{_DRIVER}:848-913, 1066-1068 and 1125-1127 of v37-5",
        ),
        "redeploy": Limit(None, "none: networking and deploying follow", _DRIVER),
        "reboot": Limit(None, "none: networking and deploying follow", _DRIVER),
        "hard_reboot": Limit(None, "none: networking and deploying follow", _DRIVER),
    }
)
"""The limits of the states that precede active, in Atmosphere v37."""
STEADY = ("active", "suspended", "shelved", "shelved_offloaded", "shutoff", "paused", "resize", "verify_resize")
"""The states that can last for ever, unless Nova works on a task within them."""
_TASK = Limit(60, "no limit in the code; a task of Nova that lasts an hour is stuck", "the troubleshooting guide")
_SNAPSHOT = Limit(160, "the imaging waits so long for a snapshot", "chromogenic/drivers/openstack.py:643 of 0.5.4")
TASK_LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        **dict.fromkeys(("image_snapshot", "image_snapshot_pending", "image_pending_upload"), _SNAPSHOT),
        "image_uploading": _SNAPSHOT,
    }
)
"""The limits of Nova's tasks that differ from those of the others."""
FAILED = ("error", "deploy_error")
"""The failed states, which only staff can resolve."""
RECENT = timedelta(days=3)
"""A weekend; an older state says little about the present cloud."""
_MIN_INSTANCES, _MIN_USERS = 3, 2  # this many are not a coincidence


@dataclass(frozen=True)
class StuckGroup:
    """Instances that share values.

    Attributes:
        shared: The shared values.
        instances: The number of instances.
        users: The number of their users.
        first: When the earliest entered its state; aware.
        last: When the latest entered its state; aware.
    """

    shared: tuple[str, ...]
    instances: int
    users: int
    first: datetime
    last: datetime


def latest_starts(minutes: int, *, now: datetime) -> dict[str, datetime | None]:
    """Return status → the latest start that counts as stuck: `minutes` ago, or None (any time) for a failed state."""
    try:
        latest = now - timedelta(minutes=minutes)
    except OverflowError:  # before the year 1
        latest = now.min.replace(tzinfo=now.tzinfo)
    return {**dict.fromkeys(LIMITS, latest), **dict.fromkeys(FAILED)}


def task_limit(state: str, activity: str) -> Limit | None:
    """Return the limit of a task within a steady state; None if nothing works on the instance, or a script failed."""
    if state not in STEADY or not activity or activity.lower() in {"n/a", "none"} or activity.endswith("_error"):
        return None
    return TASK_LIMITS.get(activity, _TASK)


def exceeded(instance: RunningInstance, *, now: datetime) -> str:
    """Return the limit that an instance has exceeded, as a phrase; empty if none."""
    if instance.status in FAILED:
        return "failed"
    minutes = (now - instance.since) / timedelta(minutes=1)
    if task := task_limit(instance.status, instance.activity):
        return f"{task.minutes} min in {instance.activity}" if minutes > (task.minutes or 0) else ""
    if instance.status not in LIMITS:
        return ""
    limit = LIMITS[instance.status].minutes
    if limit is not None and minutes > limit:
        return f"the code's {limit} min"
    return f"the guide's {GUIDE_MINUTES} min" if minutes > GUIDE_MINUTES else ""


def group(instances: Iterable[RunningInstance], key: Callable[[RunningInstance], tuple[str, ...]]) -> list[StuckGroup]:
    """Return the instances grouped by the values of `key`, the largest group first."""
    by_key: dict[tuple[str, ...], list[RunningInstance]] = defaultdict(list)
    for instance in instances:
        by_key[key(instance)].append(instance)
    groups = [
        StuckGroup(
            shared=shared,
            instances=len(members),
            users=len({member.username for member in members}),
            first=min(member.since for member in members),
            last=max(member.since for member in members),
        )
        for shared, members in by_key.items()
    ]
    return sorted(groups, key=lambda entry: (-entry.instances, entry.shared))


def find_patterns(instances: Iterable[RunningInstance], *, now: datetime) -> list[tuple[str, StuckGroup]]:
    """Return pairs of a likely cause and a group of three or more instances of two or more users, the largest first.

    Only states that began within `RECENT` count; otherwise failures that nobody resolved for years would dominate.

    Source: the staff guide's path for instances that go to error, or that end in deploy_error.
    """
    recent = [instance for instance in instances if now - instance.since <= RECENT]
    no_room = [instance for instance in recent if instance.status in {"error", "build"}]
    not_deployed = [
        instance for instance in recent if instance.status in {"deploying", "deploy_error"} and instance.image
    ]
    no_network = [instance for instance in recent if instance.status == "networking"]
    patterns = [
        *(("the cloud has no room for this size", size) for size in group(no_room, _size)),
        *(("this image cannot be deployed", image) for image in group(not_deployed, _image)),
        *(("the cloud's network or addresses", provider) for provider in group(no_network, _provider)),
    ]
    kept = [pair for pair in patterns if pair[1].instances >= _MIN_INSTANCES and pair[1].users >= _MIN_USERS]
    return sorted(kept, key=lambda pair: -pair[1].instances)


def _size(instance: RunningInstance) -> tuple[str, ...]:
    return instance.provider, instance.size


def _image(instance: RunningInstance) -> tuple[str, ...]:
    return (instance.image,)


def _provider(instance: RunningInstance) -> tuple[str, ...]:
    return (instance.provider,)
