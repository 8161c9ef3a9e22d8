"""Say why an imaging request stands where it stands, what is left of it in the cloud, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import imaging_request
from runbook_lib.model import System, SystemId
from runbook_lib.model.inspection import Event, Excerpt, Inspection, Step, Table, to_plan
from runbook_lib.params.common import IMAGING_REQUEST_ID
from runbook_lib.systems.db.queries import imaging_preconditions, imaging_requests
from runbook_lib.text import commands, mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.diagnosis.imaging_request import ImagingEvidence
    from runbook_lib.model.inspection import Part, Value
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("atmosphere",)
TELLS_MORE = {
    "glance": "whether the new image is there",
    "nova": "whether the instance it is made of is there",
    "flower": "which task worked on it, and how it ended",
    "broker": "whether a worker works on it now",
    "logs": "what was written about it",
}
_LINES, _LINE = 40, 300  # of one entry of a log
_QUEUE, _FAILED = "tools/imaging-queue.html", "tools/failed-imaging-request.html"
_RESUBMIT, _APPROVE, _CLOSE = "resubmit_imaging_request", "approve_imaging_request", "close_imaging_request"
_SUPPORT = "tools/support.html"
_WORK = {
    imaging_request.RUNS: "a worker works on it now",
    imaging_request.WAITS: "the imaging queue is not empty: it may wait behind another request",
    imaging_request.IDLE: "it stands still: the imaging queue was proved empty, and nobody works on it",
    imaging_request.NO_WORKER: "it waits for nobody: no worker that answers consumes the imaging queue",
    imaging_request.UNKNOWN: "whether a worker works on it is not known: the queue could not be inspected",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which request."""

    request_id: int = IMAGING_REQUEST_ID(example=16519)


def inspect(world: World, params: Params) -> Inspection:
    """Return the diagnosis of one imaging request, with what every system tells of it, and the message for support.

    Reads the Atmosphere database, and beside it Glance, Nova, Celery's broker, Flower and the logs, all at once.

    Raises:
        TargetNotFound: There is no such request.
        NotConnected, Refused: The Atmosphere database can't be read.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37; chromogenic 0.5.4.
    """
    found = imaging_request.gather(world, params.request_id)
    diagnosis = _diagnosis(found)
    findings = [diagnosis, *_image_findings(found)]
    message, missing = found.support_message(*findings)
    title = f"Message for support; fill in: {', '.join(missing)}" if missing else "Message for support"
    return Inspection(
        answer=" ".join([f"{imaging_requests.label(found.request)}: {findings[0]}", *findings[1:]]),
        parts=(*_parts(found), Excerpt(title, message)),
        events=tuple(_events(found)),
        gaps=found.answers.gaps,
        steps=tuple(_steps(found, world.clouds.names)),
    )


def _diagnosis(found: ImagingEvidence) -> str:
    """Return in a sentence or two what is the matter."""
    request, entry = found.request, found.entry
    status = request.status.name
    if found.should_run and request.old_status is None:
        return "its start failed: its message is NULL, on which the start fails after it has set the status."
    if found.should_run:
        return f"its status is {status}, and {_WORK[found.work]}."
    if not found.failed:
        return entry.meaning if entry else f"its status is {status}, which no rule knows."
    waits = "it waits for approval after an error. " if status == imaging_requests.PENDING else ""
    if status in imaging_requests.ENDED:
        waits = f"it is {status}, and its message is that of an error before. "
    return waits + (entry.meaning if entry else "it failed with an error that no rule knows.")


def _image_findings(found: ImagingEvidence) -> Iterator[str]:
    if found.is_exposed:
        died = "until it is processed" if found.should_run else "as it was uploaded"
        yield f"WARNING: private was asked for, and image {found.image_id} is public in Glance {died}."
    if found.image_is_gone:
        yield f"Glance has no image {found.image_id}."
    elif found.image is not None and found.image.status != "active":
        yield f"Image {found.image_id} is {found.image.status} in Glance."


def _parts(found: ImagingEvidence) -> Iterator[Part]:
    yield Table("The request", ("what", "is"), tuple(_facts(found)))
    if found.request.old_status:
        yield Excerpt("Its status message", _readable(mask.mask(found.request.old_status)))
    if found.entry:
        rows: list[tuple[Value, ...]] = [("rule", found.entry.id), ("recognized", found.entry.matched)]
        rows += [("cause", cause) for cause in found.entry.causes]
        yield Table("Diagnosis", ("what", "is"), tuple(rows), note="the text decides, not the state in parentheses")
    rows = [(task.began, task.name, task.state, task.worker, task.exception, task.id) for task in found.tasks]
    yield Table("Celery tasks", ("began", "task", "state", "worker", "exception", "id"), tuple(rows))
    yield Excerpt("Log entries, in UTC", "\n".join(_entries(found)))


def _facts(found: ImagingEvidence) -> Iterator[tuple[Value, Value]]:
    request = found.request
    hours = int(found.age.total_seconds() // 3600)
    yield "status", request.status.name
    yield "asked for by", request.created_by.username
    yield "submitted", request.start_date
    yield "age", f"{hours // 24} days, {hours % 24} hours"
    yield "visibility", "private" if found.is_private else "public"
    yield "instance", f"{found.instance_id} on provider {request.instance.source.provider_id}"
    yield "instance in Nova", found.server.stage if found.server else _none(found, System.NOVA, "no such server")
    yield "image made on", f"provider {request.new_machine_provider_id} ({request.new_machine_provider.location})"
    if found.image_id:
        yield "image", found.image_id
        shown = f"{found.image.status}, {found.image.visibility}" if found.image else ""
        yield "image in Glance", shown or _none(found, System.GLANCE, "no such image")
    else:
        yield "image", "none yet, or none that the message tells"
    yield "imaging queue", found.queue.finding if found.queue else "nobody told"
    if request.status.name not in imaging_requests.ENDED:
        yield "an approval resumes", imaging_requests.describe_resume(request.old_status)


def _none(found: ImagingEvidence, kind: System, absent: str) -> str:
    """Return what it means that something is None: it was asked for and is not there, or nobody told."""
    responded = any(isinstance(source, SystemId) and source.kind is kind for source in found.answers.responses)
    return absent if responded else "nobody told"


def _readable(message: str) -> str:
    """Return a message whose traceback is a ``repr()`` with its lines as lines."""
    return message.replace(r"\n", "\n").replace(r"\'", "'")


def _entries(found: ImagingEvidence) -> Iterator[str]:
    for record in found.records:
        when = f"{record.moment:%Y-%m-%d %H:%M:%SZ}" if record.moment else "(no time)"
        lines = [line[:_LINE] for line in record.text.split("\n")]
        yield f"{when} {record.file}:{record.line} {record.level}"
        yield from (f"    {line}" for line in lines[:_LINES])
        if len(lines) > _LINES:
            yield f"    ({len(lines) - _LINES} more lines)"


def _events(found: ImagingEvidence) -> Iterator[Event]:
    request = found.request
    yield Event(request.start_date, "database", "submitted")
    if request.end_date:
        yield Event(request.end_date, "database", request.status.name)
    for task in found.tasks:
        if task.began:
            ends = task.ended or task.retried
            yield Event(
                task.began, "celery", f"{task.name} {task.state}", until=ends, lasts=not ends, trouble=task.is_trouble
            )
    for record in found.records:
        if record.moment:
            trouble = record.level in {"ERROR", "CRITICAL"}
            yield Event(record.moment, "logs", record.text.partition("\n")[0][:100], trouble=trouble)


def _steps(found: ImagingEvidence, clouds: Mapping[int, str]) -> Iterator[Step]:
    request = found.request
    if found.is_exposed and not (found.should_run and found.work == imaging_request.RUNS):
        cloud = clouds.get(request.new_machine_provider_id, "CLOUD")
        yield Step(
            "Hide the image from everybody now; processing it later shares it with whom it is for.",
            commands.openstack("image", "set", "--shared", found.image_id, cloud=cloud),
            "concepts/imaging-request-life.html",
        )
    if found.image_is_gone and request.status.name not in imaging_requests.ENDED:
        yield Step(
            "The image is gone, so a run that resumes with it fails: set the message to 'pending' under "
            f"/admin/core/machinerequest/{request.pk}, and it begins anew."
        )
    if found.should_run:
        yield from _running(found)
    elif request.status.name not in imaging_requests.ENDED or not found.failed:
        yield from _by_entry(found)
    yield Step("If that does not help, send the message above.", page=_SUPPORT)


def _running(found: ImagingEvidence) -> Iterator[Step]:
    """Yield what to do about a request that should run: its status alone does not tell whether it does."""
    pk = found.request.pk
    again = commands.inspect("triage_imaging_request", request_id=pk)
    if found.request.old_status is None:
        yield Step(f"Set its message to 'pending' under /admin/core/machinerequest/{pk}; then re-submit it.")
    elif found.work in {imaging_request.RUNS, imaging_request.WAITS}:
        yield Step("Wait: 20 to 40 minutes for each 10 GB of disk. Inspect again then.", again)
        return
    elif found.work == imaging_request.NO_WORKER:
        yield Step("Start the imaging worker.", commands.plan("restart_imaging_workers"), _QUEUE)
        return
    elif found.work == imaging_request.UNKNOWN:
        yield Step("Find out first whether a worker works on it.", commands.DOCTOR, _QUEUE)
        return
    if lacking := imaging_preconditions.missing_credentials(found.request):
        yield Step(f"Add what its start needs, or it stands still again: {'; '.join(lacking)}.")
    yield Step(
        "Set it back to pending.",
        *to_plan(_RESUBMIT, request_id=pk),
    )
    yield Step(
        f"Approve it; it resumes {imaging_requests.describe_resume(found.request.old_status or 'pending')}.",
        *to_plan(_APPROVE, request_id=pk),
    )


def _by_entry(found: ImagingEvidence) -> Iterator[Step]:
    """Yield what the rule says, its commands one by one."""
    pk, entry = found.request.pk, found.entry
    if entry is None:
        yield Step("Read the status message and the log of the imaging worker.", page=_FAILED)
        return
    lines = [command.replace("REQUEST_ID", str(pk)) for command in entry.commands]
    if found.request.status.name == imaging_requests.PENDING:  # it was set back already
        lines = [command for command in lines if _RESUBMIT not in command]
        lines = lines or [commands.plan(_APPROVE, request_id=pk)]
    first, *more = lines or [""]
    yield Step(entry.next_step, first, entry.page)
    for command in more:
        yield Step("Then:", command)
