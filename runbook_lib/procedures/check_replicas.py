"""Hold Atmosphere's rows against the images in every cloud, and say for each difference what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication import compare, remedies, sharing
from runbook_lib.diagnosis.replication.compare import KINDS, NOT_COPIED, CloudImages
from runbook_lib.errors import Refused
from runbook_lib.model import System, SystemId
from runbook_lib.model.inspection import Inspection, Step, Table, to_inspect, to_plan
from runbook_lib.params.common import APPLICATION_ID, PROVIDER_ID
from runbook_lib.systems.db.queries import image_copies, image_copying, images
from runbook_lib.world.ask import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from typing import Any

    from runbook_lib.diagnosis.replication.compare import Difference
    from runbook_lib.systems.db.queries.image_copies import CopyRow
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("atmosphere",)
TELLS_MORE = {
    "glance": "what each provider really has of an image",
    "keystone": "whether owner and members exist there",
}
_SECONDS = 45.0  # some thousand images are a few answers of a second or two
_MOST_ASKED_AGAIN, _MOST_ROWS, _MOST_STEPS = 50, 200, 40


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which images, and the provider that they are copied from."""

    master_provider_id: int = PROVIDER_ID("that has the images.", example=4)
    application_id: int | None = APPLICATION_ID("Left out: all.", default=None, example=1212)


def inspect(world: World, params: Params) -> Inspection:
    """Return what rows and clouds have against each other. Reads the Atmosphere database, Glance and Keystone.

    Raises:
        TargetNotFound: No such provider or application.
        Refused: The master is not in use, or the application has no active copy.
        NotConnected: The Atmosphere database can't be read. Of a cloud that does not tell the gaps say so.

    Source: scripts/application_to_provider.py, scripts/application_sync_providers.py, service/monitoring.py of
    Atmosphere v37.
    """
    now = world.now()
    image_copying.provider(params.master_provider_id, now=now)
    in_use = image_copies.providers_in_use(now=now)
    application = images.application(params.application_id) if params.application_id is not None else None
    rows = [
        row for row in image_copies.copies(now=now, application_id=params.application_id) if row.provider_id in in_use
    ]
    if application is not None and not rows:
        raise Refused(
            what=f"application {application.pk} ({application.name}) has nothing to compare",
            why="it is end-dated, or no active version of it has a copy on a provider in use",
            next_step="check its page in the web interface",
        )
    configured = world.clouds.names.keys()
    asked = sorted({row.provider_id for row in rows} | (configured & in_use.keys()))
    expected = sharing.expect(application, now=now) if application is not None else None
    world.clouds.prepare()
    answers = world.ask(_sources(world, asked, rows, expected), seconds=_SECONDS)
    told = {provider: answers.get(_glance(provider)) for provider in asked if _glance(provider) in answers.responses}
    replicas = tuple(sorted((configured & in_use.keys()) - {params.master_provider_id}))
    clouds = CloudImages(params.master_provider_id, told, replicas)
    loose = image_copies.loose_sources(asked, {row.image_id for row in rows})
    found = compare.compare(rows, loose, clouds)
    if expected is None:
        found += compare.find_unknown(clouds, image_copies.source_identifiers(asked), image_copies.unfinished_uploads())
    else:
        found += _sharing(rows, clouds, expected, answers)
    found.sort(
        key=lambda one: (KINDS.index(one.kind), one.provider_id, one.application_id or 0, one.name, one.image_id)
    )
    return Inspection(
        answer=_answer(rows, told, found, all_of_them=expected is None),
        parts=(_counts(found), _findings(found)),
        gaps=answers.gaps,
        steps=tuple(_steps(found, params.master_provider_id, world.clouds.names)),
    )


def _sources(
    world: World, asked: Sequence[int], rows: Sequence[CopyRow], expected: sharing.ExpectedSharing | None
) -> Mapping[Hashable, Callable[[], Any]]:
    """Return what is asked: one list a cloud, or the images of one application with owners and members."""
    wanted = {provider: {row.image_id for row in rows if row.provider_id == provider} for provider in asked}
    if expected is None:
        return {_glance(provider): partial(_all_images, world, provider, wanted[provider]) for provider in asked}
    found: dict[Hashable, Callable[[], Any]] = {}
    for provider in asked:
        found[_glance(provider)] = partial(_these_images, world, provider, wanted[provider])
        found[_sharing_on(provider)] = partial(sharing.read, world, provider, expected, wanted[provider])
    return found


def _glance(provider_id: int) -> SystemId:
    return SystemId(System.GLANCE, provider_id)


def _sharing_on(provider_id: int) -> Question:
    return Question(_glance(provider_id), "owners and members")


def _all_images(world: World, provider_id: int, wanted: set[str]) -> Mapping[str, Image]:
    """Return a cloud's images; those that the list leaves out are asked for, for a list has no hidden ones."""
    glance = world.glance(provider_id)
    found = dict(glance.all_images())
    again = glance.images(sorted(wanted - found.keys())[:_MOST_ASKED_AGAIN])
    return found | {image_id: image for image_id, image in again.items() if image is not None}


def _these_images(world: World, provider_id: int, wanted: set[str]) -> Mapping[str, Image]:
    found = world.glance(provider_id).images(sorted(wanted))
    return {image_id: image for image_id, image in found.items() if image is not None}


def _sharing(
    rows: Sequence[CopyRow], clouds: CloudImages, expected: sharing.ExpectedSharing, answers: Answers
) -> Iterator[Difference]:
    for row in rows:
        image, said = clouds.image(row.provider_id, row.image_id), answers.get(_sharing_on(row.provider_id))
        if image is not None and said is not None and not row.has_ended:
            yield from sharing.compare(row, image, expected, said)


def _answer(rows: Sequence[CopyRow], told: Mapping[int, Any], found: Sequence[Difference], *, all_of_them: bool) -> str:
    counts = Counter(one.kind for one in found)
    differences = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "nothing is wrong"
    providers = ", ".join(map(str, told)) or "none"
    answer = f"{len(rows)} copies of {len({row.image_id for row in rows})} images, clouds of providers {providers}: "
    owners = " Members and projects of owners are compared for one application at a time." if all_of_them else ""
    return f"{answer}{differences}.{owners}"


def _counts(found: Sequence[Difference]) -> Table:
    counts = Counter((one.kind, one.provider_id) for one in found)
    rows = tuple((kind, provider, number) for (kind, provider), number in counts.items())
    return Table("How many", ("what", "provider", "count"), rows)


def _findings(found: Sequence[Difference]) -> Table:
    rows = tuple(
        (one.kind, one.provider_id, one.application_id, one.name, one.detail, one.image_id)
        for one in found[:_MOST_ROWS]
    )
    left_out = len(found) - len(rows)
    note = f"{left_out} more are not shown: give an application_id" if left_out else ""
    return Table("What differs", ("what", "provider", "application", "name", "detail", "image"), rows, note=note)


def _steps(found: Sequence[Difference], master: int, clouds: Mapping[int, str]) -> Iterator[Step]:
    """Yield what to do, once for what one command does, the worst first."""
    uncopied = Counter(one.provider_id for one in found if one.kind == NOT_COPIED)
    together: dict[tuple[str, str, str], list[Difference]] = {}
    for one in found:
        do = remedies.remedy(one, master=master, clouds=clouds, many=uncopied[one.provider_id] > 1)
        command, page = _procedure(do.action, one, master) if do.action else (do.command, do.page)
        together.setdefault((do.text, command, page), []).append(one)
    for (text, command, page), ones in list(together.items())[:_MOST_STEPS]:
        first, more = ones[0], f" and {len(ones) - 1} more" if len(ones) > 1 else ""
        yield Step(f"{first.name} on provider {first.provider_id} ({first.kind}){more}: {text}", command, page)
    if len(together) > _MOST_STEPS:
        yield Step(f"{len(together) - _MOST_STEPS} more are to be done: inspect one application at a time.")


def _procedure(does: str, one: Difference, master: int) -> tuple[str, str]:
    """Return the command and the page of the procedure that mends it."""
    copy: dict[str, object] = {"application_id": one.application_id}
    procedures: dict[str, tuple[str, dict[str, object]]] = {
        remedies.PUBLICIZE: ("publicize_image", copy),
        remedies.MIGRATE: (
            "migrate_image",
            copy | {"destination_provider_id": one.provider_id, "source_provider_id": master},
        ),
        remedies.REPAIR: (
            "repair_replica_image",
            copy | {"version_name": one.version, "replica_provider_id": one.provider_id},
        ),
        remedies.SYNC: (
            "sync_replica_images",
            {"master_provider_id": master, "replica_provider_ids": one.provider_id},
        ),
        remedies.TRIAGE: ("triage_imaging_request", {"request_id": one.request_id}),
    }
    name, given = procedures[does]
    return (to_inspect if does == remedies.TRIAGE else to_plan)(name, **given)
