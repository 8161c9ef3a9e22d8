"""triage_imaging_request: diagnosis and next step of each state and message, and unknown facts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected, TargetNotFound
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.rows.glance import LEFTOVER_SNAPSHOT
from runbook_lib.fixture.rows.imaging import request_id
from runbook_lib.fixture.rows.requests import unfinished_image
from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.models.atmosphere.models import Application, MachineRequest, ProviderCredential
from runbook_lib.world.world import World
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from tests.conftest import Bench

NAME = "triage_imaging_request"
IMAGING = "imaging@atmo-prod"


def triage(world: World, bench: Bench, name: str) -> Inspection:
    """Return the inspection of the fixture's request of that name."""
    return check_inspection(world, bench, NAME, request_id=request_id(name))


def values(inspection: Any, title: str) -> dict[str, Any]:
    """Return the values of a table of two columns."""
    return dict(next(part.rows for part in inspection.parts if part.title == title))


def excerpt(inspection: Any, title: str) -> str:
    """Return a text by the beginning of its title."""
    return str(next(part.text for part in inspection.parts if part.title.startswith(title)))


@pytest.mark.parametrize(
    ("name", "rule", "step"),
    [
        ("none-type-guide", "imaging-none-id-validating", "runbook inspect triage_imaging_request -p request_id=ID"),
        ("none-type-today", "imaging-none-id-validating", "runbook inspect triage_imaging_request -p request_id=ID"),
        ("none-type-processing", "imaging-none-id-processing", "runbook plan approve_imaging_request -p request_id=ID"),
        ("server-ref", "imaging-server-ref", "runbook plan restart_imaging_workers"),
        ("too-many-instances", "imaging-instance-limit", "runbook inspect triage_imaging_request -p request_id=ID"),
        ("validation-failed", "imaging-validation-failed", "runbook inspect triage_imaging_request -p request_id=ID"),
        ("nbd-guide", "imaging-nbd-in-use", "ps auxww"),
        ("filesystem-guide", "imaging-bad-filesystem", "runbook plan close_imaging_request -p request_id=ID"),
        ("disk-full-guide", "imaging-disk-full", "df -h"),
        ("nbd", "imaging-nbd-in-use", "ps auxww"),
        ("disk-full", "imaging-disk-full", "df -h"),
        ("distribution", "imaging-distribution-unknown", "runbook plan close_imaging_request -p request_id=ID"),
        ("cloud-init", "imaging-cloud-init-missing", "runbook plan resubmit_imaging_request -p request_id=ID"),
        ("virt-sysprep", "imaging-virt-sysprep", "runbook plan resubmit_imaging_request -p request_id=ID"),
        ("file-missing", "imaging-file-missing", "df -h"),
        ("upload", "imaging-upload-path-missing", "df -h"),
        ("download", "imaging-download-failed", "df -h"),
        ("snapshot", "imaging-snapshot-missing", "nova show"),
        ("server-gone", "imaging-instance-not-found", "nova show"),
        ("instance-gone", "imaging-instance-not-found", "nova show"),
        ("visibility", "imaging-visibility-missing", ""),
        ("tenant", "imaging-tenant-missing", "openstack project list"),
        ("unknown-cause", "imaging-error-pending", "runbook plan resubmit_imaging_request -p request_id=ID"),
        ("re-submitted", "imaging-none-id-validating", "runbook inspect triage_imaging_request -p request_id=ID"),
        ("waiting", "imaging-status-pending", "runbook plan approve_imaging_request -p request_id=ID"),
        ("made-the-guides-image", "imaging-status-completed", ""),
        ("refused", "imaging-status-denied", ""),
        ("withdrawn", "imaging-status-closed", ""),
    ],
)
def test_each_message_and_state_has_its_diagnosis(world: World, bench: Bench, name: str, rule: str, step: str) -> None:
    """The text decides, not the state in parentheses; the commands contain the request's ID."""
    inspection = triage(world, bench, name)

    assert rule == values(inspection, "Diagnosis")["rule"]
    assert any(s.command.startswith(step.replace("ID", str(request_id(name)))) for s in inspection.steps)
    assert [] == [s.command for s in inspection.steps if "REQUEST_ID" in s.command]


@pytest.mark.parametrize("name", ["re-submitted", "none-type-today", "too-many-instances"])
def test_validation_without_a_machine_is_not_approved(world: World, bench: Bench, name: str) -> None:
    """Without a machine no step resubmits or approves the request; with one, the run can resume."""
    without = triage(world, bench, name)
    machine = MachineRequest.objects.exclude(new_machine=None).values_list("new_machine", flat=True)[0]
    MachineRequest.objects.filter(pk=request_id(name)).update(new_machine=machine)
    with_machine = triage(world, bench, name)

    def changing(inspection: Inspection) -> list[str]:
        return [step.command for step in inspection.steps if "runbook plan" in step.command]

    assert [] == changing(without)
    assert any("processing - " in step.text for step in without.steps)
    assert f"runbook plan approve_imaging_request -p request_id={request_id(name)}" in changing(with_machine)


def test_leftover_snapshot_is_found_and_its_removal_offered(world: World, bench: Bench) -> None:
    """The next run would reuse it; a request without one, or with a later step, has no such step."""
    inspection = triage(world, bench, "cloud-init")
    without = [triage(world, bench, name) for name in ("virt-sysprep", "server-ref")]
    deletions = [step for step in inspection.steps if LEFTOVER_SNAPSHOT in step.command]

    assert "The run reuses the snapshot of " in inspection.answer
    assert "not a new one" in values(inspection, "The request")["an approval resumes"]
    assert [f"openstack --os-cloud fixture-4 image delete {LEFTOVER_SNAPSHOT}"] == [step.command for step in deletions]
    assert "Only if the instance changed since that snapshot" in deletions[0].text
    assert "/storage/joetest/cloud-init.qcow2" in deletions[0].text
    assert [] == [step for other in without for step in other.steps if "image delete" in step.command]


def test_snapshot_is_unknown_if_glance_does_not_respond(world: World, bench: Bench) -> None:
    """The missing source is listed, and the phrase claims nothing."""
    glance_store.fail(glance_state(bench.practice), 4, 503)

    inspection = triage(world, bench, "cloud-init")

    assert "glance:4's snapshots" in {gap.source for gap in inspection.gaps}
    assert (
        "from the beginning, with a failed run's snapshot of the instance, or a new one"
        == (values(inspection, "The request")["an approval resumes"])
    )


def test_pending_request_is_not_set_back_again(world: World, bench: Bench) -> None:
    """It waits for approval, and the inspection shows where it would resume."""
    inspection = triage(world, bench, "re-submitted")

    assert [] == [step.command for step in inspection.steps if "resubmit" in step.command]
    assert (
        "with validation: it skips imaging and processing, but it has no new machine"
        == values(inspection, "The request")["an approval resumes"]
    )
    assert "it waits for approval after an error" in inspection.answer


def hold(bench: Bench, name: str, **more: Any) -> None:
    """Give the imaging worker a task of a request."""
    task = {"name": "machine_imaging_task", "args": f"({{'image_name': u'{name}'}},)", "id": "t", "queue": "imaging"}
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        celery["tasks"] = [{**task, "worker": IMAGING, "stage": "active", **more}]


def test_running_request_only_waits(world: World, bench: Bench) -> None:
    """A worker holds its task: wait, and inspect again."""
    hold(bench, "in-flight")

    inspection = triage(world, bench, "in-flight")

    assert "a worker works on it now" in inspection.answer
    assert f"runbook inspect {NAME} -p request_id={request_id('in-flight')}" == inspection.steps[0].command


def test_request_behind_another_waits(world: World, bench: Bench) -> None:
    """The worker has another request's task."""
    hold(bench, "somebody else's")

    inspection = triage(world, bench, "in-flight")

    assert "it might wait behind another" in inspection.answer
    assert inspection.steps[0].text.startswith("Wait")


def test_silent_stall_is_not_a_run(world: World, bench: Bench) -> None:
    """The queue is proved empty, but the status shows it as running: set it back, and approve it."""
    inspection = triage(world, bench, "silent-stall")

    assert "it is stalled" in inspection.answer
    assert ["resubmit_imaging_request", "approve_imaging_request"] == [
        step.command.split()[2] for step in inspection.steps if step.command
    ]


def test_stall_names_missing_credentials(world: World, bench: Bench) -> None:
    """Without them, it would stall again."""
    ProviderCredential.objects.filter(provider_id=4, key="region_name").delete()

    assert "provider 4 has no credential region_name" in triage(world, bench, "silent-stall").steps[0].text


def test_missing_worker_is_the_first_step(world: World, bench: Bench) -> None:
    """Nobody consumes the queue, so a resubmission would wait in vain."""
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        celery["nodes"] = [node for node in celery["nodes"] if node["name"] != "imaging"]

    inspection = triage(world, bench, "silent-stall")

    assert "no worker that responds" in inspection.answer
    assert "runbook plan restart_imaging_workers" == inspection.steps[0].command


def test_null_message_must_be_set_first(world: World, bench: Bench) -> None:
    """Otherwise the next start fails the same way."""
    inspection = triage(world, bench, "never-set")

    assert "its message is NULL" in inspection.answer
    assert "/admin/core/machinerequest/" in inspection.steps[0].text


@pytest.mark.parametrize(
    ("visibility", "exposed"),
    [("public", True), ("community", True), ("of a later release", True), ("shared", False), ("private", False)],
)
def test_each_visibility_of_a_private_image_is_judged(
    world: World, bench: Bench, visibility: str, *, exposed: bool
) -> None:
    """Only shared and private restrict an image; the warning names the visibility."""
    path, image_id = glance_state(bench.practice), unfinished_image("none-type-processing")
    glance_store.change(path, 4, image_id, lambda image: {**(image or {}), "visibility": visibility})

    answer = triage(world, bench, "none-type-processing").answer

    assert exposed == (f"but {image_id} is {visibility} in Glance" in answer)


@pytest.mark.parametrize(("name", "exposed"), [("none-type-processing", True), ("validation-failed", False)])
def test_exposed_private_image_gets_a_warning(world: World, bench: Bench, name: str, *, exposed: bool) -> None:
    """The command hides it; an image that Glance has as shared gets no warning."""
    inspection = triage(world, bench, name)

    hide = f"image set --shared {unfinished_image(name)}"
    assert exposed == ("WARNING: the request asks for a private image" in inspection.answer)
    assert exposed == any(step.command.endswith(hide) for step in inspection.steps)
    assert exposed == ("WARNING" in excerpt(inspection, "Message for support"))


def test_public_image_of_a_public_request_gets_no_warning(world: World, bench: Bench) -> None:
    """All users are meant to see it."""
    MachineRequest.objects.filter(pk=request_id("server-ref")).update(new_application_visibility="public")

    assert "WARNING" not in triage(world, bench, "server-ref").answer


def test_application_published_afterwards_is_public(world: World, bench: Bench) -> None:
    """After completion, the application counts, not the request."""
    name = "made-the-guides-image"
    assert "private" == values(triage(world, bench, name), "The request")["visibility"]

    Application.objects.filter(pk=1201).update(private=False)

    assert "public" == values(triage(world, bench, name), "The request")["visibility"]


def test_missing_image_cannot_be_resumed(world: World, bench: Bench) -> None:
    """A run that resumes with it would fail, so the message must be set back too."""
    glance_store.change(glance_state(bench.practice), 4, unfinished_image("server-ref"), lambda _: None)

    inspection = triage(world, bench, "server-ref")

    assert "Glance has no image" in inspection.answer
    assert "then starts from the beginning" in inspection.steps[0].text


def test_timeline_has_all_sources(world: World, bench: Bench) -> None:
    """The row, the tasks and the log; failures are marked."""
    inspection = triage(world, bench, "server-ref")

    assert {"database", "celery", "logs"} == {event.source for event in inspection.events}
    assert {"celery", "logs"} == {event.source for event in inspection.events if event.trouble}
    assert "serverRef" in excerpt(inspection, "Log entries")


def test_message_for_support_has_the_guides_list(world: World, bench: Bench) -> None:
    """User, instance, address and traceback are filled in; the lines for the operator are marked."""
    message = excerpt(triage(world, bench, "none-type-guide"), "Message for support; fill in: notes")

    assert "Username: joetest" in message
    assert "AttributeError" in message
    assert "(MISSING: what you tried" in message


def test_secrets_are_masked_everywhere(world: World, bench: Bench) -> None:
    """A password in the message is in no part of the answer."""
    MachineRequest.objects.filter(pk=request_id("nbd")).update(
        old_status="(pending) - ERROR - Exception('login failed, password=fixture-hidden-word',) Exception:'x'"
    )

    assert "fixture-hidden-word" not in str(triage(world, bench, "nbd").as_json())


@pytest.mark.parametrize("failure", [403, 500])
def test_rejecting_glance_is_a_missing_source(world: World, bench: Bench, failure: int) -> None:
    """The diagnosis stays; it is unknown whether the image is public, which is not an all-clear."""
    glance_store.fail(glance_state(bench.practice), 4, failure)

    inspection = triage(world, bench, "server-ref")

    assert "imaging-server-ref" == values(inspection, "Diagnosis")["rule"]
    assert "no response" == values(inspection, "The request")["image in Glance"]
    assert ["glance:4"] == [gap.source for gap in inspection.gaps]


def test_sources_that_are_not_configured_are_missing(bench: Bench) -> None:
    """The database alone gives the same diagnosis of an error, and each missing source names its setting."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = triage(world, bench, "server-ref")
        running = triage(world, bench, "in-flight")

    assert "imaging-server-ref" == values(inspection, "Diagnosis")["rule"]
    assert ["glance:4", "nova:4", "imaging queue", "flower", "logs"] == [gap.source for gap in inspection.gaps]
    assert "it is unknown whether a worker works on it" in running.answer
    assert "runbook doctor" == running.steps[0].command


def test_slow_source_is_a_missing_source(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other answers come after the time limit, and the missing source says that it was too slow."""
    monkeypatch.setattr(type(world.logs), "find", lambda *_: time.sleep(30))
    asked = World.ask
    monkeypatch.setattr(World, "ask", lambda self, sources, **_: asked(self, sources, seconds=3))

    inspection = triage(world, bench, "server-ref")

    assert [("logs", True)] == [(gap.source, "did not respond within 3 s" in gap.why) for gap in inspection.gaps]
    assert "active, public" == values(inspection, "The request")["image in Glance"]


def test_missing_request_names_the_newest(world: World, bench: Bench) -> None:
    """The error says where to find the ID."""
    with pytest.raises(TargetNotFound, match="imaging request 99") as caught:
        check_inspection(world, bench, NAME, request_id=99)

    assert "the newest open requests are" in caught.value.next_step


def test_missing_database_is_refused(bench: Bench) -> None:
    """The request is a row in it."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        triage(world, bench, "waiting")
