"""Diagnose an instance from all data sources at once, and show the next steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import candidates
from runbook_lib.diagnosis.instance import next_steps, summary, tables, timeline
from runbook_lib.diagnosis.instance.evidence import SECONDS, gather
from runbook_lib.diagnosis.instance.verdict import judge
from runbook_lib.errors import TargetNotFound
from runbook_lib.model.inspection import Inspection
from runbook_lib.params.common import INSTANCE_ID

if TYPE_CHECKING:
    from runbook_lib.world.world import World

GROUP = "Instances"
MINUTES = 2
NEEDS = ("atmosphere or nova or flower or argo or logs",)
OPTIONAL = {
    "atmosphere": "the instance, its history and its owner",
    "nova": "the server, its fault and the actions requested on it",
    "flower": "the tasks that worked on it",
    "argo": "its workflows",
    "logs": "its log entries",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The instance."""

    instance_id: str = INSTANCE_ID(
        "Or its name, its address, or its user: several are listed.", example="118aff3c-434b-5acf-bea2-1b7fc3e2dc24"
    )


def inspect(world: World, params: Params) -> Inspection:
    """Return the evidence of all data sources about an instance, on one timeline, with diagnosis and next steps.

    Reads the database, the Nova of its provider, Flower, Argo's workflows and the logs. Each of them can be missing.
    A text that is not an instance's UUID, such as a name, an address or a user, lists the instances that it can mean.

    Raises:
        TargetNotFound: Neither the database nor a cloud that responds has such an instance.
        NotConnected, Refused: No data source responded.

    Source: the staff guide's path for instances; core/models/instance.py and service/tasks/driver.py of Atmosphere v37.
    """
    try:
        evidence = gather(world, params.instance_id, seconds=SECONDS)
    except TargetNotFound as error:
        rows = candidates.find("instance", params.instance_id, error, now=world.now())
        if len(rows) > 1:
            return candidates.choice(rows, params.instance_id, "triage_instance", "instance_id")
        evidence = gather(world, rows[0].reference, seconds=SECONDS)
    verdict = judge(evidence, now=world.now())
    return Inspection(
        answer=summary.summarize(evidence, verdict),
        parts=tuple(tables.parts(evidence)),
        events=timeline.events(evidence),
        gaps=evidence.gaps,
        steps=tuple(next_steps.steps(evidence, verdict)),
    )
