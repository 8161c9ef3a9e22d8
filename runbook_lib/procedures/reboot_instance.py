"""Ask Atmosphere to reboot an instance, softly or hard, and to deploy it again afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import action
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import INSTANCE_ID
from runbook_lib.systems.atmosphere_api import calls

if TYPE_CHECKING:
    from runbook_lib.world.world import World

MINUTES = 25
NEEDS = ("atmosphere", "api")
TELLS_MORE = {"nova": "what the cloud says of the instance now"}
_TIMERS = (
    "its timers restart: after the reboot, Atmosphere runs networking and deployment. Check again in 20 minutes; "
    f"{action.DEPLOYMENT}"
)
_RULE = action.Rule(
    allowed=("active", "networking", "deploying", "deploy_error", "reboot", "hard_reboot"),
    refusal="it can't be rebooted",
    why="the web interface offers Reboot only to what is active or failed to deploy",
    next_steps=action.not_running("instead")
    | {"redeploy": "wait for the redeployment, 20 minutes; if it is stuck, redeploy_instance"},
)


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
    target = action.check(world, params.instance_id, _RULE)
    warnings = [
        *target.warnings,
        "programs that run on it end" + (", and what was not yet written to disk is lost" if params.hard else ""),
        _TIMERS,
    ]
    if target.status == action.UNCLEAR:
        warnings.append("a build may be one in the cloud, which refuses a reboot, or the wait after an earlier reboot")
    if target.status in {"reboot", "hard_reboot"} and not params.hard:
        warnings.append("a reboot seems to run; if it hangs, hard=True")
    call = calls.reboot(target.instance_id, hard=params.hard, status=target.shown)
    return Plan(changes=(call,), warnings=tuple(warnings))
