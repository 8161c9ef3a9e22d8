"""List the providers with the number of their instances that have not ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Inspection, Table

from ._counting import count_instances

if TYPE_CHECKING:
    from runbook_lib.world.world import World

MINUTES = 1
NEEDS = ("atmosphere",)


def inspect(world: World) -> Inspection:
    """Return one row per provider.

    Raises:
        NotConnected: Atmosphere does not respond.
    """
    answers = world.ask({"atmosphere": partial(count_instances)})
    answers.require_any()
    rows = answers.responses["atmosphere"]
    return Inspection(
        answer=f"{len(rows)} providers have instances.",
        parts=(Table("Instances per provider", ("provider", "instances"), rows),),
    )
