"""Ask Atmosphere to run networking and deployment again on an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import INSTANCE_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.queries import instances

if TYPE_CHECKING:
    from runbook_lib.world.world import World

MINUTES = 25
NEEDS = ("atmosphere", "api")
TELLS_MORE = {"nova": "what the cloud says of the instance now"}
# Names in the database behind which Nova says active, or a reboot.
_ALLOWED = ("active", "networking", "deploying", "deploy_error", "redeploy", "reboot", "hard_reboot")
_UNCLEAR = ("build",)
_TIMERS = (
    "its timers start again: the status goes through redeploy or build, networking and deploying. Look again in 20 "
    "minutes; networking gives up after at most 3 hours, deploying after 80 minutes with deploy_error"
)
_WAKE = {
    "suspended": "resume it first",
    "shelved": "unshelve it first",
    "shelved_offloaded": "unshelve it first",
    "shutoff": "start it first",
    "paused": "unpause it in the cloud first",
    "error": "read the fault with 'openstack server show' first: Atmosphere's database has none for this status",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which instance."""

    instance_id: str = INSTANCE_ID(example="1111-222-3344-4567")


def plan(world: World, params: Params) -> Plan:
    """Return the action *Redeploy*, which Atmosphere itself does: a row in the database would start nothing.

    Raises:
        TargetNotFound: No such instance.
        Refused: It has ended, it is not active in the cloud, or the API is not configured or not open to staff.

    Source: service/instance.py and api/v2/views/instance.py of Atmosphere v37.
    """
    instance = instances.instance(params.instance_id)
    row = instances.present(instance)
    status = row.status.name.lower()
    cloud = world.ask(world.clouds.says(instance.source.provider_id, instance.provider_alias))
    said = [*cloud.told.values(), *(f"the cloud was not heard: {gap.why}" for gap in cloud.gaps)]
    if status not in (*_ALLOWED, *_UNCLEAR):
        raise Refused(
            what=f"{instances.named(instance)} is {row.status.name}; only an active one can be redeployed",
            why="; ".join(["Atmosphere refuses it: 'Cannot redeploy to an instance in a non-active state.'", *said]),
            next_step=_WAKE.get(status, "look at it in the web interface; if it is gone, its owner launches another"),
        )
    world.api.account().require_staff()
    seen = instances.seen(row)
    warnings = [
        f"{instances.named(instance)}: {seen}, {instances.age(row, now=world.now())}; that can be 15 minutes old",
        *said,
        _TIMERS,
    ]
    if status in _UNCLEAR:
        warnings.append("a build may be one in the cloud, which Atmosphere then refuses, or the wait after a reboot")
    if status in {"redeploy", "networking", "deploying"}:
        warnings.append("a deployment seems to run already; its workflow in Argo is not stopped by this")
    return Plan(changes=(calls.redeploy(instance.provider_alias, seen=seen),), warnings=tuple(warnings))
