"""Ask Atmosphere for a soft or hard reboot of an instance, which then deploys the instance again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import consequences
from runbook_lib.diagnosis.instance import action
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import INSTANCE_ID
from runbook_lib.systems.atmosphere_api import calls

if TYPE_CHECKING:
    from runbook_lib.world.world import World

GROUP = "Instances"
MINUTES = 25
NEEDS = ("atmosphere", "api")
OPTIONAL = {"nova": "the state of the instance in the cloud"}
_TIMERS = (
    "its timers restart: after the reboot, Atmosphere runs networking and deployment. Check again in 20 minutes; "
    f"{action.DEPLOYMENT}"
)
_RULE = action.Rule(
    allowed=action.REBOOTABLE,
    refusal="it cannot be rebooted",
    why="Atmosphere sends the reboot first; the deployment that follows requires an active instance, so it fails",
    next_steps=action.not_running("instead")
    | {"redeploy": "wait 20 minutes for the redeployment; if it is stuck, run redeploy_instance"},
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The instance, and the kind of reboot."""

    instance_id: str = INSTANCE_ID(example="1111-222-3344-4567")
    hard: bool = param("Cut the power instead of asking the operating system to shut down.", default=False)


def plan(world: World, params: Params) -> Plan:
    """Return the action *Reboot*, which Atmosphere itself performs: a change in the database would start nothing.

    Raises:
        TargetNotFound: The instance does not exist.
        Refused: It has ended, its status does not allow a reboot, or the API is not configured or not open to staff.

    Source: core/models/instance_action.py, service/instance.py and api/v2/views/instance.py of Atmosphere v37.
    """
    target = action.check(world, params.instance_id, _RULE)
    warnings = [
        *target.warnings,
        "programs that run on it end" + (", and data not yet written to disk is lost" if params.hard else ""),
        _TIMERS,
    ]
    if target.status == action.UNCLEAR:
        warnings.append(
            "build can mean a build in the cloud, which cannot be rebooted, or the wait after an earlier reboot"
        )
    if target.status in {"reboot", "hard_reboot"} and not params.hard:
        warnings.append("a reboot seems to be running; if it hangs, use hard=True")
    call = calls.reboot(target.instance.provider_alias, hard=params.hard, status=target.shown)
    predictions = consequences.instance_action(target.instance, "hard_reboot" if params.hard else "reboot")
    return Plan(changes=(call,), warnings=tuple(warnings), predictions=predictions)
