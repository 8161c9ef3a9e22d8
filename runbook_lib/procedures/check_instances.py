"""Compare Atmosphere's running instances on one provider with Nova's servers, and show what to do about each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import cloud_comparison
from runbook_lib.diagnosis.instance.cloud_comparison import DIFFERS, ENDED, GONE, KINDS, UNKNOWN
from runbook_lib.model import System, SystemId
from runbook_lib.model.inspection import Inspection, Step, Table, to_inspect, to_plan
from runbook_lib.params.common import PROVIDER_ID
from runbook_lib.systems.db.queries import provider_instances
from runbook_lib.text import commands
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.diagnosis.instance.cloud_comparison import InstanceDifference
    from runbook_lib.systems.openstack.server import Server
    from runbook_lib.world.world import World

GROUP = "Instances"
MINUTES = 2
NEEDS = ("atmosphere", "nova")
SECONDS = 60.0  # Nova lists 200 servers per response, each of which takes one to three seconds
_MAX_LOOKED_UP, _MAX_ROWS, _MAX_STEPS = 40, 200, 20


@dataclass(frozen=True, kw_only=True)
class Params:
    """The provider."""

    provider_id: int = PROVIDER_ID("whose instances are compared.", example=5)


def inspect(world: World, params: Params) -> Inspection:
    """Return the differences between the database and Nova. Reads both, the servers of all projects page by page.

    Nova's list omits servers of a cell that is down. So instances that it lacks are looked up one by one, up to a
    limit, before they count as gone.

    Raises:
        TargetNotFound: The provider does not exist.
        Refused: It has no cloud configured, or the account is not an administrator.
        NotConnected: The database or Nova does not respond.

    Source: service/monitoring.py:164-219, service/tasks/monitoring.py:632-682 and core/models/instance.py:615-778 of
    Atmosphere v37-5.
    """
    provider = provider_instances.provider(params.provider_id)
    recorded, is_cut = provider_instances.running(provider.pk)
    world.clouds.prepare()
    nova = SystemId(System.NOVA, provider.pk)
    answers = world.ask({nova: partial(_servers, world, provider.pk)}, seconds=SECONDS)
    answers.require_any()
    servers: dict[str, Server] = answers.responses[nova]
    ids = {instance.instance_id for instance in recorded}
    missing = [instance.instance_id for instance in recorded if instance.instance_id not in servers]
    looked_up = world.ask({nova: partial(_absent, world, provider.pk, missing[:_MAX_LOOKED_UP])}, seconds=SECONDS)
    differences = cloud_comparison.compare(
        recorded,
        servers,
        absent=looked_up.get(nova, {}),
        others=provider_instances.owners_and_ends([server for server in servers if server not in ids]),
        now=world.now(),
    )
    counts = Counter(difference.kind for difference in differences)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "no differences"
    older = f" Only the latest {provider_instances.MAX_INSTANCES} instances were compared." if is_cut else ""
    active = "" if provider.active else " The provider is not active, so Atmosphere's monitor does not check it."
    return Inspection(
        answer=f"{count(len(recorded), 'running instance')} of {provider.location}, {count(len(servers), 'server')} in "
        f"Nova: {summary}.{older}{active}",
        parts=(_table(differences),),
        gaps=looked_up.gaps,
        steps=tuple(_steps(differences, provider.pk, everything_is_gone=len(missing) == len(recorded))),
    )


def _servers(world: World, provider_id: int) -> dict[str, Server]:
    return {server.id: server for server in world.nova(provider_id).servers(all_projects=True)}


def _absent(world: World, provider_id: int, instance_ids: Sequence[str]) -> dict[str, bool]:
    nova = world.nova(provider_id)
    return {instance_id: nova.server(instance_id) is None for instance_id in instance_ids}


def _table(differences: Sequence[InstanceDifference]) -> Table:
    columns = ("difference", "instance_id", "name", "owner", "database", "cloud", "since", "note")
    rows = [(d.kind, d.instance_id, d.name, d.owner, d.database, d.cloud, d.since, d.note) for d in differences]
    more = f"{len(rows) - _MAX_ROWS} more are not shown" if len(rows) > _MAX_ROWS else ""
    return Table("Differences", columns, tuple(rows[:_MAX_ROWS]), note=more)


def _steps(differences: Sequence[InstanceDifference], provider_id: int, *, everything_is_gone: bool) -> Iterator[Step]:
    gone = [difference for difference in differences if difference.kind == GONE and difference.is_proved]
    if gone and everything_is_gone:
        yield Step("Check the entry of clouds.yaml: Nova has none of the instances, so it can be another cloud.")
        return
    for difference in gone[:_MAX_STEPS]:
        text = f"End {difference.name} of {difference.owner} in the database."
        yield Step(text, *to_plan("end_date_instance", instance_id=difference.instance_id))
    if len(gone) > _MAX_STEPS:
        yield Step(f"{len(gone) - _MAX_STEPS} more have gone: run this inspection again after these steps.")
    first = {kind: next((d for d in differences if d.kind == kind), None) for kind in (ENDED, UNKNOWN, DIFFERS)}
    if first[ENDED] or first[DIFFERS]:
        yield Step(
            f"Let Atmosphere read the cloud again, in its Django shell: monitor_instances_for({provider_id}).",
            page="tools/other-tasks.html",
        )
    if unknown := first[UNKNOWN]:
        show = commands.openstack("server", "show", unknown.instance_id)
        yield Step("Find the project of a server that Atmosphere does not have, and ask its owner.", show)
    if differing := first[DIFFERS]:
        yield Step("Inspect one that differs.", *to_inspect("triage_instance", instance_id=differing.instance_id))
