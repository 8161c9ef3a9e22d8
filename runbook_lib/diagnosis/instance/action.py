"""Check whether Atmosphere accepts an action on an instance now, and what the operator must know first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.systems.db.queries import instances
from runbook_lib.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.db.models.atmosphere.models import Instance
    from runbook_lib.world.world import World

UNCLEAR = "build"
"""An ambiguous status: a build in the cloud, or the wait after a reboot. Only the cloud's state distinguishes them."""
REBOOTABLE = ("active", "networking", "deploying", "deploy_error", "reboot", "hard_reboot")
REDEPLOYABLE = (*REBOOTABLE, "redeploy")
"""The statuses in which a reboot and a redeployment are planned, in addition to `UNCLEAR`.

Source: service/instance.py:98-121 and 351-358 of Atmosphere v37-5: a redeployment requires an active instance in Nova.
"""
DEPLOYMENT = (
    "networking can take 7 hours and deploying 3.5 hours before deploy_error. All boot scripts run again, and the user "
    "gets another email"
)
"""The limits of a redeployment, also of the one after a reboot, and its effects on the user.

Source: service/tasks/driver.py of Atmosphere v37-5: 614-668 passes redeploy=False, so 910-912 sends the email and
1107 selects all boot scripts; 990-992, 1066-1068, 1125-1127 and 1352-1354 limit the attempts.
"""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The statuses in which Atmosphere offers an action.

    Attributes:
        allowed: The statuses in which Atmosphere offers the action, in addition to `UNCLEAR`.
        refusal: The end of the sentence about an instance with another status.
        why: Why Atmosphere rejects the action in other statuses.
        next_steps: Status → alternative for the operator.
    """

    allowed: tuple[str, ...]
    refusal: str
    why: str
    next_steps: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """An instance on which the action can be requested.

    Attributes:
        instance: The instance.
        status: The name of its status, in lower case.
        shown: The status as a text, with its start.
        warnings: The status and its age, and what the cloud reports.
    """

    instance: Instance
    status: str
    shown: str
    warnings: tuple[str, ...]


def check(world: World, instance_id: str, rule: Rule) -> Target:
    """Return the target of an action. Reads the database, the cloud if it is configured, and the API's account.

    Raises:
        TargetNotFound: The database has no such instance.
        Refused: It has ended, its status does not allow the action, or the API is not configured or not open to staff.
    """
    instance = instances.instance(instance_id)
    row = instances.current_status(instance)
    status = row.status.name.lower()
    cloud = world.ask(world.clouds.status_sources(instance.source.provider_id, instance.provider_alias))
    reports = [*cloud.responses.values(), *(f"the cloud did not respond: {gap.why}" for gap in cloud.gaps)]
    if status not in (*rule.allowed, UNCLEAR):
        raise Refused(
            what=f"{instances.label(instance)} is {row.status.name}; {rule.refusal}",
            why="; ".join([rule.why, *reports]),
            next_step=rule.next_steps.get(
                status, "check it in the web interface; if it is gone, its owner launches another"
            ),
        )
    world.api.account().require_staff()
    shown = instances.describe_status(row)
    age = words.age(world.now() - row.start_date)
    warning = f"{instances.label(instance)}: {shown}, {age}; this status can be 15 minutes old"
    return Target(instance, status, shown, (warning, *reports))


def not_running(word: str) -> dict[str, str]:
    """Return status → what to do with a stopped instance; `word` ends the sentence: ``first`` or ``instead``."""
    return {
        "suspended": f"resume it {word}",
        "shelved": f"unshelve it {word}",
        "shelved_offloaded": f"unshelve it {word}",
        "shutoff": f"start it {word}",
        "paused": "unpause it in the cloud first",
        "error": "read the fault with 'openstack server show' first; Atmosphere's database has none for this status",
    }
