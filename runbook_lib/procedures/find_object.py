"""Find what a UUID, name, address or number is, in both databases and the clouds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.errors import TargetNotFound
from runbook_lib.model import DATABASES, System, SystemId
from runbook_lib.model.inspection import Inspection, Step, Table
from runbook_lib.params import param
from runbook_lib.systems.db.queries import objects
from runbook_lib.text import commands, identifiers
from runbook_lib.text.words import count, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from typing import Any

    from runbook_lib.systems.db.queries.objects import FoundObject
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.systems.openstack.server import Server
    from runbook_lib.text.identifiers import Identifier
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Logs and support"
MINUTES = 2
NEEDS = ("atmosphere or troposphere or nova or glance",)
OPTIONAL = {
    "atmosphere": "its objects",
    "troposphere": "its users and maintenance records",
    "nova": "servers by UUID, name or address",
    "glance": "images by UUID",
}
SECONDS = 10.0
_MAX_PARTS = 30  # rows whose name only contains the text
_COLUMNS = ("kind", "in", "id", "name", "owner", "state")
_MAX_STEPS = 40
_SHOWN = {"allocation source": "change_allocation", "quota": "change_quota"}
_IMAGES = ("application", "version", "machine")
_PLURALS = {"identity": "identities"}
_NOTE = (
    f"at most {objects.MAX_PER_KIND} of each kind and cloud; Keystone, Neutron, Cinder, credentials, events, tokens "
    "and keys are not searched"
)
_Inspection = tuple[str, dict[str, object]]  # a procedure and its parameters
Line = tuple[tuple[str, ...], str]  # the cells of a row, and the command that continues with the object


@dataclass(frozen=True, kw_only=True)
class Params:
    """The text."""

    text: str = param(
        "A UUID in any form, a name or a part of one, an email address, an IP address, a number, or a page's address.",
        where="the ticket, a log, or the address of a page",
        example="118AFF3C434B5ACFBEA21B7FC3E2DC24",
    )


def inspect(world: World, params: Params) -> Inspection:
    """Return the objects that the text can identify. Reads both databases, Nova and Glance, each source at once.

    Runs at most one statement per kind of object, and at most one request per cloud and service.

    Raises:
        TargetNotFound: All sources responded, and none has such an object.
        NotConnected, Refused: No source responded.

    Source: core/management/commands/find_uuid.py of Atmosphere v37-5, which compares exactly and shows one match.
    """
    wanted = identifiers.read(params.text)
    world.clouds.prepare()
    answers = world.ask(_sources(world, wanted), seconds=SECONDS)
    answers.require_any()
    matches = [row for database in DATABASES for row in answers.get(System(database), ())]
    exact = [_line(row, world) for row in matches if row.is_exact] + [*_in_clouds(answers)]
    parts = [_line(row, world) for row in matches if not row.is_exact]
    if not (exact or parts):
        searched = listing(map(str, answers.responses), "or")
        if not answers.gaps:
            raise TargetNotFound(kind="object", key=repr(params.text), where=searched, next_step="check the spelling")
        return Inspection(
            answer=f"{params.text} is not in {searched}. It is unknown whether another system has it.",
            gaps=answers.gaps,
        )
    more = f"{len(parts) - _MAX_PARTS} more are not shown: give more of the name" if len(parts) > _MAX_PARTS else ""
    tables = [
        Table("Objects with this identifier or name", _COLUMNS, tuple(cells for cells, _ in exact), note=_NOTE),
        Table("Objects whose name contains it", _COLUMNS, tuple(cells for cells, _ in parts[:_MAX_PARTS]), note=more),
    ]
    return Inspection(
        answer=f"{params.text} is {_kinds(exact)}."
        if exact
        else f"{count(len(parts), 'name contains', 'names contain')} {params.text}, and nothing is exactly that.",
        parts=tuple(table for table in tables if table.rows),
        gaps=answers.gaps,
        steps=tuple(_steps(exact or parts)),
    )


def _sources(world: World, wanted: Identifier) -> Mapping[Hashable, Callable[[], Any]]:
    sources: dict[Hashable, Callable[[], Any]] = {
        System(database): partial(objects.search, database, wanted, now=world.now()) for database in DATABASES
    }
    for provider_id in world.clouds.names:
        if not wanted.number:
            sources[SystemId(System.NOVA, provider_id)] = partial(_servers, world, provider_id, wanted)
        if wanted.uuid:
            sources[SystemId(System.GLANCE, provider_id)] = partial(_images, world, provider_id, wanted.uuid)
    return sources


def _servers(world: World, provider_id: int, wanted: Identifier) -> Sequence[Server]:
    nova = world.nova(provider_id)
    if wanted.uuid:
        server = nova.server(wanted.uuid)
        return [server] if server else []
    return nova.matching(address=wanted.address) if wanted.address else nova.matching(name=wanted.text)


def _images(world: World, provider_id: int, image_id: str) -> Sequence[Image]:
    image = world.glance(provider_id).image(image_id)
    return [image] if image else []


def _in_clouds(answers: Answers) -> Iterator[Line]:
    for system, matches in answers.responses.items():
        if isinstance(system, SystemId) and system.kind is System.NOVA:
            for server in matches:
                cells = ("server", str(system), server.id, server.name, "", server.stage)
                yield cells, commands.inspect("triage_instance", instance_id=server.id)
        elif isinstance(system, SystemId):
            for image in matches:
                cells = ("image", str(system), image.id, image.name, "", image.status)
                yield cells, commands.inspect("check_replicas", master_provider_id=system.provider)


def _line(row: FoundObject, world: World) -> Line:
    identity = row.key if row.reference in {row.key, row.name} else f"{row.key}, {row.reference}"
    return (row.kind, row.database, identity, row.name, row.owner, row.state), _command(row, world)


def _command(row: FoundObject, world: World) -> str:
    """Return the command that continues with an object; empty if no procedure takes one of its kind."""
    if row.kind in _SHOWN:
        return commands.show(_SHOWN[row.kind])
    owner = row.reference if row.kind == "user" else row.owner
    account: _Inspection | None = ("show_account", {"username": owner}) if owner else None
    replicas: _Inspection = ("check_replicas", {"master_provider_id": row.provider_id})
    has_cloud = row.provider_id in world.clouds.names
    inspections: dict[str, _Inspection | None] = {
        "instance": ("triage_instance", {"instance_id": row.reference}),
        "imaging request": ("triage_imaging_request", {"request_id": row.reference}),
        "maintenance record": ("show_maintenance", {}),
        "provider": ("check_instances", {"provider_id": row.provider_id}) if has_cloud else None,
        **dict.fromkeys(_IMAGES, replicas if has_cloud else account),
    }
    inspection = inspections.get(row.kind, account)
    return commands.inspect(inspection[0], **inspection[1]) if inspection else ""


def _kinds(lines: Sequence[Line]) -> str:
    """Return how many objects of each kind there are, and where."""
    counts = Counter((cells[0], cells[1]) for cells, _ in lines)
    return ", ".join(
        f"{count(number, kind, _PLURALS.get(kind, ''))} in {place}" for (kind, place), number in counts.items()
    )


def _steps(lines: Sequence[Line]) -> Iterator[Step]:
    """Yield the command of each object, once per command."""
    first: dict[str, tuple[str, ...]] = {}
    for cells, command in lines:
        first.setdefault(command, cells)
    for command, cells in [item for item in first.items() if item[0]][:_MAX_STEPS]:
        yield Step(f"Continue with the {cells[0]} {cells[3]}.", command)
