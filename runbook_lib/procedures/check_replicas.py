"""Compare Atmosphere's rows with the images in every cloud, and show what to do about each difference."""

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

GROUP = "Images and replicas"
MINUTES = 2
NEEDS = ("atmosphere",)
OPTIONAL = {
    "glance": "which images each provider really has",
    "keystone": "whether the owner and the members exist on each provider",
}
_SECONDS = 45.0  # Glance lists some thousand images in a few responses of one or two seconds each
_MAX_ASKED_AGAIN, _MAX_ROWS, _MAX_STEPS = 50, 200, 40


@dataclass(frozen=True, kw_only=True)
class Params:
    """The images, and the provider that they are copied from."""

    master_provider_id: int = PROVIDER_ID("that has the images.", example=4)
    application_id: int | None = APPLICATION_ID("Without it: all applications.", default=None, practice=1212)


def inspect(world: World, params: Params) -> Inspection:
    """Return the differences between rows and clouds. Reads the Atmosphere database, Glance and Keystone.

    Raises:
        TargetNotFound: The provider or the application does not exist.
        Refused: The master is not in use, or the application has no active copy.
        NotConnected: The Atmosphere database cannot be read. A cloud that does not respond is a missing source instead.

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
            why="it is end-dated, or none of its active versions has a copy on a provider in use",
            next_step="check its page in the web interface",
        )
    configured = world.clouds.names.keys()
    asked = sorted({row.provider_id for row in rows} | (configured & in_use.keys()))
    expected = sharing.expect(application, now=now) if application is not None else None
    world.clouds.prepare()
    answers = world.ask(_sources(world, asked, rows, expected), seconds=_SECONDS)
    listed = {provider: answers.get(_glance(provider)) for provider in asked if _glance(provider) in answers.responses}
    replicas = tuple(sorted((configured & in_use.keys()) - {params.master_provider_id}))
    clouds = CloudImages(params.master_provider_id, listed, replicas)
    loose = image_copies.loose_sources(asked, {row.image_id for row in rows})
    differences = compare.compare(rows, loose, clouds)
    if expected is None:
        differences += compare.find_unknown(
            clouds, image_copies.source_identifiers(asked), image_copies.unfinished_uploads()
        )
    else:
        differences += _sharing(rows, clouds, expected, answers)
    differences.sort(key=lambda d: (KINDS.index(d.kind), d.provider_id, d.application_id or 0, d.name, d.image_id))
    return Inspection(
        answer=_answer(rows, listed, differences, all_of_them=expected is None),
        parts=(_counts(differences), _findings(differences)),
        gaps=answers.gaps,
        steps=tuple(_steps(differences, params.master_provider_id, world.clouds.names)),
    )


def _sources(
    world: World, asked: Sequence[int], rows: Sequence[CopyRow], expected: sharing.ExpectedSharing | None
) -> Mapping[Hashable, Callable[[], Any]]:
    """Return the questions: one list of images per cloud, or the images of one application with owner and members."""
    wanted = {provider: {row.image_id for row in rows if row.provider_id == provider} for provider in asked}
    if expected is None:
        return {_glance(provider): partial(_all_images, world, provider, wanted[provider]) for provider in asked}
    questions: dict[Hashable, Callable[[], Any]] = {}
    for provider in asked:
        questions[_glance(provider)] = partial(_these_images, world, provider, wanted[provider])
        questions[_sharing_on(provider)] = partial(sharing.read, world, provider, expected, wanted[provider])
    return questions


def _glance(provider_id: int) -> SystemId:
    return SystemId(System.GLANCE, provider_id)


def _sharing_on(provider_id: int) -> Question:
    return Question(_glance(provider_id), "owners and members")


def _all_images(world: World, provider_id: int, wanted: set[str]) -> Mapping[str, Image]:
    """Return a cloud's images. Glance's list omits hidden images, so those that are wanted are read one by one."""
    glance = world.glance(provider_id)
    listed = dict(glance.all_images())
    omitted = glance.images(sorted(wanted - listed.keys())[:_MAX_ASKED_AGAIN])
    return listed | {image_id: image for image_id, image in omitted.items() if image is not None}


def _these_images(world: World, provider_id: int, wanted: set[str]) -> Mapping[str, Image]:
    images_by_id = world.glance(provider_id).images(sorted(wanted))
    return {image_id: image for image_id, image in images_by_id.items() if image is not None}


def _sharing(
    rows: Sequence[CopyRow], clouds: CloudImages, expected: sharing.ExpectedSharing, answers: Answers
) -> Iterator[Difference]:
    for row in rows:
        image, shared = clouds.image(row.provider_id, row.image_id), answers.get(_sharing_on(row.provider_id))
        if image is not None and shared is not None and not row.has_ended:
            yield from sharing.compare(row, image, expected, shared)


def _answer(
    rows: Sequence[CopyRow], listed: Mapping[int, Any], differences: Sequence[Difference], *, all_of_them: bool
) -> str:
    counts = Counter(difference.kind for difference in differences)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "no differences"
    providers = ", ".join(map(str, listed)) or "none"
    answer = f"{len(rows)} copies of {len({row.image_id for row in rows})} images, clouds of providers {providers}: "
    owners = " Members and owners' projects are compared only for a single application." if all_of_them else ""
    return f"{answer}{summary}.{owners}"


def _counts(differences: Sequence[Difference]) -> Table:
    counts = Counter((difference.kind, difference.provider_id) for difference in differences)
    rows = tuple((kind, provider, number) for (kind, provider), number in counts.items())
    return Table("Number of differences", ("difference", "provider", "count"), rows)


def _findings(differences: Sequence[Difference]) -> Table:
    rows = tuple(
        (d.kind, d.provider_id, d.application_id, d.name, d.detail, d.image_id) for d in differences[:_MAX_ROWS]
    )
    left_out = len(differences) - len(rows)
    note = f"{left_out} more are not shown: give an application_id" if left_out else ""
    columns = ("difference", "provider", "application", "name", "detail", "image")
    return Table("Differences", columns, rows, note=note)


def _steps(differences: Sequence[Difference], master: int, clouds: Mapping[int, str]) -> Iterator[Step]:
    """Yield one step per command, the worst difference first."""
    uncopied = Counter(difference.provider_id for difference in differences if difference.kind == NOT_COPIED)
    together: dict[tuple[str, str, str], list[Difference]] = {}
    for difference in differences:
        many = uncopied[difference.provider_id] > 1
        do = remedies.remedy(difference, master=master, clouds=clouds, many=many)
        command, page = _procedure(do.action, difference, master) if do.action else (do.command, do.page)
        together.setdefault((do.text, command, page), []).append(difference)
    for (text, command, page), (first, *others) in list(together.items())[:_MAX_STEPS]:
        more = f" and {len(others)} more" if others else ""
        yield Step(f"{first.name} on provider {first.provider_id} ({first.kind}){more}: {text}", command, page)
    if len(together) > _MAX_STEPS:
        yield Step(f"{len(together) - _MAX_STEPS} more steps are not shown: inspect one application at a time.")


def _procedure(does: str, difference: Difference, master: int) -> tuple[str, str]:
    """Return the command and the page of the procedure that fixes the difference."""
    copy: dict[str, object] = {"application_id": difference.application_id}
    procedures: dict[str, tuple[str, dict[str, object]]] = {
        remedies.PUBLICIZE: ("publicize_image", copy),
        remedies.MIGRATE: (
            "migrate_image",
            copy | {"destination_provider_id": difference.provider_id, "source_provider_id": master},
        ),
        remedies.REPAIR: (
            "repair_replica_image",
            copy | {"version_name": difference.version, "replica_provider_id": difference.provider_id},
        ),
        remedies.SYNC: (
            "sync_replica_images",
            {"master_provider_id": master, "replica_provider_ids": difference.provider_id},
        ),
        remedies.TRIAGE: ("triage_imaging_request", {"request_id": difference.request_id}),
    }
    name, given = procedures[does]
    return (to_inspect if does == remedies.TRIAGE else to_plan)(name, **given)
