"""The leftover snapshot of an instance: named with its date, reported as absent, or as unknown without Glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.glance import IMAGES, LEFTOVER_SNAPSHOT
from runbook_lib.fixture.rows.imaging import request_id, status_id
from runbook_lib.fixture.rows.requests import source_alias
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
from runbook_lib.systems.db.queries import imaging_requests
from tests.checks import plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def note(world: World, name: str) -> str:
    """Return what the plan of an approval says about the leftover snapshot."""
    confirmed = ",".join(str(request.pk) for request in imaging_requests.in_flight())
    planned = plan(world, "approve_imaging_request", request_id=request_id(name), despite_in_flight=confirmed)
    return next(warning for warning in planned.warnings if "ChromoSnapShot_" in warning)


def test_snapshot_of_an_earlier_run_is_named(world: World) -> None:
    """The plan contains its date, its UUID and what to delete; another request of another instance has none."""
    MachineRequest.objects.filter(pk=request_id("cloud-init")).update(status_id=status_id("pending"))
    image = next(image for image in IMAGES if image.id == LEFTOVER_SNAPSHOT)
    day = f"{image.created[:10]} {image.created[11:16]} UTC"

    assert note(world, "cloud-init") == (
        f"the run reuses the snapshot of {day}, not a new one: {image.name} ({image.id}). If the instance changed "
        "since then, delete it in glance:4 and the file /storage/joetest/cloud-init.qcow2 on the imaging host first"
    )
    assert note(world, "waiting") == (
        f"glance:4 has no image ChromoSnapShot_{source_alias('waiting')}…, so the run takes a new snapshot. It still "
        "reads the file /storage/joetest/waiting.qcow2 on the imaging host instead if that exists and is as large. If "
        "a run failed before, delete it first"
    )


def test_snapshot_is_unknown_without_glance(world: World, bench: Bench) -> None:
    """The plan reports why, and what to delete if the snapshot exists."""
    glance_store.fail(glance_state(bench.practice), 4, 503)

    unknown = note(world, "waiting")

    assert unknown.startswith(
        f"it is unknown whether glance:4 has an image ChromoSnapShot_{source_alias('waiting')}…: "
    )
    assert "If the instance changed since then, delete both first" in unknown
