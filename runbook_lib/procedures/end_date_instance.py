"""End an instance in Atmosphere's database that its cloud no longer has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import absence
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import INSTANCE_ID
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import instances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import RowChange
    from runbook_lib.systems.db.models.atmosphere.models import Instance
    from runbook_lib.world.world import World

GROUP = "Instances"
MINUTES = 3
NEEDS = ("atmosphere", "nova")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The instance."""

    instance_id: str = INSTANCE_ID(example="a1fa12de-e44d-5e53-85b6-3a19227431e5")


def plan(world: World, params: Params) -> Plan:
    """Return the end of the open rows of the history and of the instance, as upstream's ``end_date_all`` writes them.

    Upstream calls it after a deletion, and from its monitor for each instance that the cloud no longer lists. It writes
    no other table.

    Raises:
        TargetNotFound: The database has no such instance.
        Refused: Nova still has it, or it is unknown whether it does.
        NotConnected: Nova does not respond.

    Source: core/models/instance.py:327-348, service/monitoring.py:164-182 and service/instance.py:580-596 of
    Atmosphere v37-5.
    """
    now = world.now()
    instance = instances.find(params.instance_id)
    changes: list[RowChange] = []
    for row in instances.open_history(instance):
        changes += edits.update(row, end_date=now)
    if instance.end_date is None:
        changes += edits.update(instance, end_date=now)
    if not changes:
        return Plan(because=f"{instances.label(instance)} and its history have ended")
    absence.require_absent(world, instance)
    return Plan(changes=tuple(changes), warnings=tuple(_warnings(instance, history=len(changes) > 1)))


def _warnings(instance: Instance, *, history: bool) -> Iterator[str]:
    if history:
        yield "the last status counts as used until now, as when Atmosphere's monitor ends an instance"
    if instance.created_by_identity_id is None:
        yield "no identity is recorded for it, so Atmosphere's monitor would never have ended it"
    elif not instance.source.provider.active:
        yield f"{instance.source.provider.location} is not active, so Atmosphere's monitor does not check it"
