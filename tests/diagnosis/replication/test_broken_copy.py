"""The dependents of a broken copy's records: all are listed, and none is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.catalog import app, image_id
from runbook_lib.fixture.rows.images import machine_id, source_id
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import ExportRequest, Instance, MachineRequest, Volume
from tests.checks import check_refuses

if TYPE_CHECKING:
    from runbook_lib.errors import RunbookError
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "repair_replica_image"
COPY = "/opt/dev/atmosphere/scripts/application_to_provider.py"


def parameters(application_id: int) -> dict[str, Any]:
    """Return the parameters of a repair."""
    return {"application_id": application_id, "version_name": "1.0", "replica_provider_id": 5}


def delete_image(bench: Bench, application_id: int) -> None:
    """Delete the image in Glance, as in the guide's first step."""
    image = image_id(application_id, app(application_id).versions[0])
    glance_store.change(glance_state(bench.practice), 5, image, lambda _: None)


def refused(world: World, bench: Bench, text: str, **values: Any) -> RunbookError:
    """Check that the plan is refused, and return the error."""
    return check_refuses(world, bench, NAME, Refused, text, **values)


def test_instance_prevents_deletion(world: World, bench: Bench) -> None:
    """The error names the instance and the image's state, and the command that keeps the records."""
    error = refused(world, bench, "used by 1 instance: ", **parameters(1213))
    assert "(on-broken-replica, not ended)" in error.what
    assert "is killed in its Glance" in error.what
    assert "keep the records and copy the image again: env PYTHONPATH=" in error.next_step
    assert error.next_step.endswith(f"{COPY} 1213 5 --source-provider-id 4")


def test_ended_instance_prevents_deletion(world: World, bench: Bench) -> None:
    """Its history and charges depend on the record."""
    delete_image(bench, 1213)
    Instance.objects.filter(name="on-broken-replica").update(end_date=NOW)

    refused(world, bench, "(on-broken-replica, ended 2026-01-15)", **parameters(1213))


def test_imaging_request_prevents_deletion(world: World, bench: Bench) -> None:
    """Django would delete it together with the machine."""
    delete_image(bench, 1215)

    refused(world, bench, "1 imaging request: 16515 (from-broken-replica, made from it)", **parameters(1215))


def test_request_that_made_the_machine_prevents_deletion(world: World, bench: Bench) -> None:
    """The request refers to the machine in another column."""
    request = MachineRequest.objects.order_by("pk")[0]
    MachineRequest.objects.filter(pk=request.pk).update(new_machine_id=machine_id(1208, "1.0", 5))

    refused(world, bench, f"{request.pk} ({request.new_application_name}, that made it)", **parameters(1208))


def test_volume_and_export_prevent_deletion(world: World, bench: Bench) -> None:
    """The error lists both."""
    volume = Volume.objects.order_by("pk")[0]
    Volume.objects.filter(pk=volume.pk).update(instance_source_id=source_id(1208, "1.0", 5))
    ExportRequest.objects.update(source_id=source_id(1208, "1.0", 5))

    error = refused(world, bench, f"used by 1 volume: {volume.pk} ({volume.name})", **parameters(1208))
    assert "used by 1 export request: " in error.what


def test_many_instances_are_counted(world: World, bench: Bench) -> None:
    """The error names five instances and the number of the others."""
    keys = list(Instance.objects.order_by("pk").values_list("pk", flat=True)[:8])
    Instance.objects.filter(pk__in=keys).update(source_id=source_id(1208, "1.0", 5))

    assert "used by 8 instances: " in (error := refused(world, bench, " and 3 more", **parameters(1208))).what
    assert "copy the image again" in error.next_step
