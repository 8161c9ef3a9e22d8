"""Ask Atmosphere to reboot an instance, softly or hard, and to deploy it again afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import INSTANCE_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.queries import instances

if TYPE_CHECKING:
    from runbook_lib.world.world import World

MINUTES = 25
NEEDS = ("atmosphere", "api")
TELLS_MORE = {"nova": "what the cloud says of the instance now"}
_ALLOWED = ("active", "networking", "deploying", "deploy_error", "reboot", "hard_reboot")
_UNCLEAR = ("build",)
_TIMERS = (
    "its timers start again: after the reboot Atmosphere runs networking and deployment. Look again in 20 minutes; "
    "networking gives up after at most 3 hours, deploying after 80 minutes with deploy_error"
)
_WAKE = {
    "redeploy": "wait for the redeployment, 20 minutes; if it is stuck, redeploy_instance",
    "suspended": "resume it instead",
    "shelved": "unshelve it instead",
    "shelved_offloaded": "unshelve it instead",
    "shutoff": "start it instead",
    "paused": "unpause it in the cloud first",
    "error": "read the fault with 'openstack server show' first: Atmosphere's database has none for this status",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which instance, and how."""

    instance_id: str = INSTANCE_ID(example="1111-222-3344-4567")
    hard: bool = param("Cut the power instead of asking the system to shut down.", default=False)


def plan(world: World, params: Params) -> Plan:
    """Return the action *Reboot*, which Atmosphere itself does: a row in the database would start nothing.

    Raises:
        TargetNotFound: No such instance.
        Refused: It has ended, its status allows no reboot, or the API is not configured or not open to staff.

    Source: core/models/instance_action.py, service/instance.py and api/v2/views/instance.py of Atmosphere v37.
    """
    instance = instances.instance(params.instance_id)
    row = instances.present(instance)
    status = row.status.name.lower()
    cloud = world.ask(world.clouds.says(instance.source.provider_id, instance.provider_alias))
    said = [*cloud.told.values(), *(f"the cloud was not heard: {gap.why}" for gap in cloud.gaps)]
    if status not in (*_ALLOWED, *_UNCLEAR):
        raise Refused(
            what=f"{instances.named(instance)} is {row.status.name}; it can't be rebooted",
            why="; ".join(["the web interface offers Reboot only to what is active or failed to deploy", *said]),
            next_step=_WAKE.get(status, "look at it in the web interface; if it is gone, its owner launches another"),
        )
    world.api.account().require_staff()
    seen = instances.seen(row)
    warnings = [
        f"{instances.named(instance)}: {seen}, {instances.age(row, now=world.now())}; that can be 15 minutes old",
        *said,
        "programs that run on it end" + (", and what was not yet written to disk is lost" if params.hard else ""),
        _TIMERS,
    ]
    if status in _UNCLEAR:
        warnings.append("a build may be one in the cloud, which refuses a reboot, or the wait after an earlier reboot")
    if status in {"reboot", "hard_reboot"} and not params.hard:
        warnings.append("a reboot seems to run; if it hangs, hard=True")
    call = calls.reboot(instance.provider_alias, hard=params.hard, seen=seen)
    return Plan(changes=(call,), warnings=tuple(warnings))
