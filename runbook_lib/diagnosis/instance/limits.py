"""When an instance is stuck, and what stuck and failed instances have in common; plain values, no I/O."""

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
"""A status is written down when somebody looks, or by monitor_instances, which looks every 15 minutes."""


@dataclass(frozen=True)
class Limit:
    """How long a state can last in Atmosphere's own code.

    Attributes:
        minutes: After so many the code has given up; None: it has no limit of its own.
        why: What the number is made of, and what comes then.
        source: Where that stands.
    """

    minutes: int | None
    why: str
    source: str


_DRIVER = "service/tasks/driver.py"
LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "build": Limit(63, "250 tries, 15 s apart; then nothing moves it on: it stays build", _DRIVER),
        "networking": Limit(
            176, "about 53 min for an address, then 115 tries by SSH, 64 s apart; then deploy_error", _DRIVER
        ),
        "deploying": Limit(80, "3 tries of 25 min, 124 s apart; then deploy_error", _DRIVER),
        "redeploy": Limit(None, "none: networking and deploying follow", _DRIVER),
        "reboot": Limit(None, "none: networking and deploying follow", _DRIVER),
        "hard_reboot": Limit(None, "none: networking and deploying follow", _DRIVER),
    }
)
"""The states of an instance on its way to active, of Atmosphere v37."""
FAILED = ("error", "deploy_error")
"""The states that only staff end."""
RECENT = timedelta(days=3)
"""A weekend: what began earlier says little about the cloud of today."""
_FEWEST, _FEWEST_USERS = 3, 2  # so many of one kind are no chance


@dataclass(frozen=True)
class StuckGroup:
    """Instances that have something in common.

    Attributes:
        of: What they have in common, word by word.
        instances: How many.
        users: Of how many users.
        first: Since when the longest of them is in its state; aware.
        last: Since when the latest is.
    """

    of: tuple[str, ...]
    instances: int
    users: int
    first: datetime
    last: datetime


def begins(minutes: int, *, now: datetime) -> dict[str, datetime | None]:
    """Return status → the latest begin of one that counts: `minutes` ago on the way, any time for a failure."""
    try:
        latest = now - timedelta(minutes=minutes)
    except OverflowError:  # before the year 1, where there are none
        latest = now.min.replace(tzinfo=now.tzinfo)
    return {**dict.fromkeys(LIMITS, latest), **dict.fromkeys(FAILED)}


def past(of: RunningInstance, *, now: datetime) -> str:
    """Return the limit that an instance has passed, in words; empty when none."""
    if of.status in FAILED:
        return "failed"
    minutes = (now - of.since) / timedelta(minutes=1)
    limit = LIMITS[of.status].minutes
    if limit is not None and minutes > limit:
        return f"the code's {limit} min"
    return f"the guide's {GUIDE_MINUTES} min" if minutes > GUIDE_MINUTES else ""


def groups(instances: Iterable[RunningInstance], key: Callable[[RunningInstance], tuple[str, ...]]) -> list[StuckGroup]:
    """Return the instances by what `key` makes of each, the largest group first."""
    gathered: dict[tuple[str, ...], list[RunningInstance]] = defaultdict(list)
    for one in instances:
        gathered[key(one)].append(one)
    made = [
        StuckGroup(
            of=of,
            instances=len(members),
            users=len({member.username for member in members}),
            first=min(member.since for member in members),
            last=max(member.since for member in members),
        )
        for of, members in gathered.items()
    ]
    return sorted(made, key=lambda group: (-group.instances, group.of))


def outstanding(instances: Iterable[RunningInstance], *, now: datetime) -> list[tuple[str, StuckGroup]]:
    """Return what three or more instances of two or more users share, and what that points to; the largest first.

    Only states that began in the last `RECENT` count: failures that were left lying for years would always stand out.

    Source: the staff guide's path for instances that go to error, or that end in deploy_error.
    """
    all_ = [instance for instance in instances if now - instance.since <= RECENT]
    no_room = [one for one in all_ if one.status in {"error", "build"}]
    not_deployed = [one for one in all_ if one.status in {"deploying", "deploy_error"} and one.image]
    no_network = [one for one in all_ if one.status == "networking"]
    found = [
        *(("the cloud has no room for this size", group) for group in groups(no_room, _size)),
        *(("this image can't be deployed", group) for group in groups(not_deployed, lambda one: (one.image,))),
        *(("the cloud's network or addresses", group) for group in groups(no_network, lambda one: (one.provider,))),
    ]
    kept = [pair for pair in found if pair[1].instances >= _FEWEST and pair[1].users >= _FEWEST_USERS]
    return sorted(kept, key=lambda pair: -pair[1].instances)


def _size(of: RunningInstance) -> tuple[str, ...]:
    return of.provider, of.size
