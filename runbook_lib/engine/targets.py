"""The systems of a plan: which it touches, and whether the configured ones are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model import Call, System, SystemId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model.plan import Plan
    from runbook_lib.model.protocols import Systems


@dataclass(frozen=True)
class OtherSystems:
    """The difference between the systems of a plan and the configured ones, for a message.

    Attributes:
        planned: The systems of the plan.
        configured: The configured systems.
        why: The reason, if a plan of an earlier release does not record the identity of its systems.
    """

    planned: str
    configured: str
    why: str = ""


def touched(plan: Plan) -> frozenset[str]:
    """Return the systems that a plan changes or compares, as `Systems.targets` names them."""
    names: set[str] = {expect.database for expect in plan.expects}
    for change in plan.changes:
        if not isinstance(change, Call):
            names.add(change.database)
        elif change.system.kind.facts.per_provider:
            names.add(str(SystemId(System.GLANCE, change.system.provider)))
        else:
            names.add(change.system.kind.value)
    return frozenset(names)


def difference(world: Systems, plan: Plan) -> OtherSystems | None:
    """Return how the configured systems differ from those of the plan; None if they are the same.

    Raises:
        NotConnected: A system that the plan touches or read does not respond.
    """
    if other := address_difference(world, plan):
        return other
    addresses, planned = dict(world.targets()), dict(plan.targets)
    configured = dict(world.targets(touched(plan) | {name for name in planned if planned[name] != addresses[name]}))
    if planned == configured:
        return None
    unidentified = [name for name in planned if planned[name] == addresses[name] != configured[name]]
    why = f"it does not record the identity of {' and '.join(unidentified)}: an earlier release made it"
    return OtherSystems(describe(planned), describe(configured), why if unidentified else "")


def address_difference(world: Systems, plan: Plan) -> OtherSystems | None:
    """Return how the addresses of the configured systems differ from those of the plan. Connects to nothing."""
    addresses, planned = world.targets(), plan.targets
    if {name: _place(text) for name, text in planned.items()} == {
        name: _place(text) for name, text in addresses.items()
    }:
        return None
    return OtherSystems(describe(planned), describe(addresses))


def refuse(other: OtherSystems | None) -> None:
    """Refuse to apply a plan that was made for other systems.

    Raises:
        Refused: There is a difference.
    """
    if other:
        raise Refused(
            what=f"this plan was made for {other.planned}, but the configured systems are {other.configured}",
            why=other.why,
            next_step="set the RUNBOOK_ variables as they were when the plan was made, or plan again",
        )


def describe(targets: Mapping[str, str]) -> str:
    """Return the addresses of systems for a message: ``atmosphere = postgresql://…, glance:4 = …``."""
    return ", ".join(f"{name} = {address}" for name, address in targets.items()) or "none"


def _place(text: str) -> str:
    """Return an address without what follows it in parentheses."""
    return text.partition(" (")[0]
