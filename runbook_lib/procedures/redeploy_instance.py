"""Ask Atmosphere to run networking and deployment again on an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import consequences
from runbook_lib.diagnosis.instance import action
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import INSTANCE_ID
from runbook_lib.systems.atmosphere_api import calls

if TYPE_CHECKING:
    from runbook_lib.world.world import World

GROUP = "Instances"
MINUTES = 25
NEEDS = ("atmosphere", "api")
OPTIONAL = {"nova": "the state of the instance in the cloud"}
_TIMERS = (
    "its timers restart: the status passes redeploy or build, networking and deploying. Check again in 20 minutes; "
    f"{action.DEPLOYMENT}"
)
_RULE = action.Rule(
    # Statuses in the database that Nova can show as active, or as a reboot.
    allowed=action.REDEPLOYABLE,
    refusal="only an active instance can be redeployed",
    why="Atmosphere rejects it: 'Cannot redeploy to an instance in a non-active state.'",
    next_steps=action.not_running("first"),
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The instance."""

    instance_id: str = INSTANCE_ID(example="1111-222-3344-4567")


def plan(world: World, params: Params) -> Plan:
    """Return the action *Redeploy*, which Atmosphere itself performs: a change in the database would start nothing.

    Raises:
        TargetNotFound: The instance does not exist.
        Refused: It has ended, it is not active in the cloud, or the API is not configured or not open to staff.

    Source: service/instance.py and api/v2/views/instance.py of Atmosphere v37.
    """
    target = action.check(world, params.instance_id, _RULE)
    warnings = [*target.warnings, _TIMERS]
    if target.status == action.UNCLEAR:
        warnings.append(
            "build can mean a build in the cloud, which Atmosphere cannot redeploy, or the wait after a reboot"
        )
    if target.status in {"redeploy", "networking", "deploying"}:
        warnings.append("a deployment seems to be running already; this does not stop its workflow in Argo")
    call = calls.redeploy(target.instance.provider_alias, status=target.shown)
    predictions = consequences.instance_action(target.instance, "redeploy")
    return Plan(changes=(call,), warnings=tuple(warnings), predictions=predictions)
