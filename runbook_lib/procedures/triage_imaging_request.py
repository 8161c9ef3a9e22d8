"""Find why an imaging request does not progress, what is left of it in the cloud, and the next step."""

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

GROUP = "Imaging requests"
MINUTES = 2
NEEDS = ("atmosphere",)
OPTIONAL = {
    "glance": "whether the new image exists, and whether the next run reuses an old snapshot",
    "nova": "whether the source instance exists",
    "flower": "the task that worked on it, and its result",
    "broker": "whether a worker works on it now",
    "logs": "its log entries",
}
_MAX_LINES, _MAX_LENGTH = 40, 300  # lines of a log entry, and characters of a line
_QUEUE, _FAILED = "tools/imaging-queue.html", "tools/failed-imaging-request.html"
_RESUBMIT, _APPROVE, _CLOSE = "resubmit_imaging_request", "approve_imaging_request", "close_imaging_request"
_SUPPORT = "tools/support.html"
_WORK = {
    imaging_request.RUNS: "a worker works on it now",
    imaging_request.WAITS: "the imaging queue is not empty: it might wait behind another request",
    imaging_request.IDLE: "it is stalled: the imaging queue was proved empty, and no worker works on it",
    imaging_request.NO_WORKER: "it waits in vain: no worker that responds consumes the imaging queue",
    imaging_request.UNKNOWN: "it is unknown whether a worker works on it: the queue could not be inspected",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The request."""

    request_id: int = IMAGING_REQUEST_ID(example=16519)


def inspect(world: World, params: Params) -> Inspection:
    """Return the diagnosis of one imaging request, with the evidence of every system, and the message for support.

    Reads the Atmosphere database and, at the same time, Glance, Nova, Celery's broker, Flower and the logs.

    Raises:
        TargetNotFound: The request does not exist.
        NotConnected, Refused: The Atmosphere database cannot be read.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37; chromogenic 0.5.4.
    """
    evidence = imaging_request.gather(world, params.request_id)
    diagnosis = _diagnosis(evidence)
    findings = [diagnosis, *_image_findings(evidence)]
    message, missing = evidence.support_message(*findings)
    title = f"Message for support; fill in: {', '.join(missing)}" if missing else "Message for support"
    return Inspection(
        answer=" ".join([f"{imaging_requests.label(evidence.request)}: {findings[0]}", *findings[1:]]),
        parts=(*_parts(evidence), Excerpt(title, message)),
        events=tuple(_events(evidence)),
        gaps=evidence.answers.gaps,
        steps=tuple(_steps(evidence, world.clouds.names)),
    )


def _diagnosis(evidence: ImagingEvidence) -> str:
    """Return the diagnosis in one or two sentences."""
    request, entry = evidence.request, evidence.entry
    status = request.status.name
    if evidence.should_run and request.old_status is None:
        return "its start failed: its message is NULL, on which the start fails after it sets the status."
    if evidence.should_run:
        return f"its status is {status}, and {_WORK[evidence.work]}."
    if not evidence.failed:
        return entry.meaning if entry else f"its status is {status}, which matches no rule."
    prefix = "it waits for approval after an error. " if status == imaging_requests.PENDING else ""
    if status in imaging_requests.ENDED:
        prefix = f"it is {status}, and its message shows an earlier error. "
    return prefix + (entry.meaning if entry else "it failed with an unknown error.")


def _image_findings(evidence: ImagingEvidence) -> Iterator[str]:
    if evidence.is_exposed:
        reason = "until it is processed" if evidence.should_run else "because it was never processed"
        visible = f"{evidence.image_id} is {evidence.visibility} in Glance {reason}"
        yield f"WARNING: the request asks for a private image, but {visible}."
    if evidence.image_is_gone:
        yield f"Glance has no image {evidence.image_id}."
    elif evidence.image is not None and evidence.image.status != "active":
        yield f"Image {evidence.image_id} is {evidence.image.status} in Glance."
    if evidence.reused and evidence.leftovers:
        yield f"{evidence.leftovers.sentence[0].upper()}{evidence.leftovers.sentence[1:]}."


def _parts(evidence: ImagingEvidence) -> Iterator[Part]:
    yield Table("The request", ("field", "value"), tuple(_facts(evidence)))
    if evidence.request.old_status:
        yield Excerpt("Its status message", _readable(mask.mask(evidence.request.old_status)))
    if evidence.entry:
        rows: list[tuple[Value, ...]] = [("rule", evidence.entry.id), ("recognized", evidence.entry.matched)]
        rows += [("cause", cause) for cause in evidence.entry.causes]
        yield Table("Diagnosis", ("field", "value"), tuple(rows), note="the text decides, not the state in parentheses")
    rows = [(task.first_event, task.name, task.state, task.worker, task.exception, task.id) for task in evidence.tasks]
    yield Table("Celery tasks", ("began", "task", "state", "worker", "exception", "id"), tuple(rows))
    yield Excerpt("Log entries, in UTC", "\n".join(_entries(evidence)))


def _facts(evidence: ImagingEvidence) -> Iterator[tuple[Value, Value]]:
    request = evidence.request
    hours = int(evidence.age.total_seconds() // 3600)
    yield "status", request.status.name
    yield "requested by", request.created_by.username
    yield "submitted", request.start_date
    yield "age", f"{hours // 24} days, {hours % 24} hours"
    yield "visibility", "private" if evidence.is_private else "public"
    yield "instance", f"{evidence.instance_id} on provider {request.instance.source.provider_id}"
    yield (
        "instance in Nova",
        evidence.server.stage if evidence.server else _none(evidence, System.NOVA, "no such server"),
    )
    yield "image made on", f"provider {request.new_machine_provider_id} ({request.new_machine_provider.location})"
    if evidence.image_id:
        yield "image", evidence.image_id
        shown = f"{evidence.image.status}, {evidence.image.visibility}" if evidence.image else ""
        yield "image in Glance", shown or _none(evidence, System.GLANCE, "no such image")
    else:
        yield "image", "none yet, or none in the message"
    yield "imaging queue", evidence.queue.finding if evidence.queue else "no response"
    if request.status.name not in imaging_requests.ENDED:
        lack = ", but it has no new machine" if evidence.lacks_machine else ""
        yield "an approval resumes", f"{_resume(evidence)}{lack}"


def _resume(evidence: ImagingEvidence, default: str | None = None) -> str:
    """Return where an approval resumes; `default` replaces a message that is NULL."""
    message = evidence.request.old_status or default
    if evidence.leftovers is None:
        return imaging_requests.describe_resume(message)
    return imaging_requests.describe_resume(message, evidence.leftovers.phrase)


def _none(evidence: ImagingEvidence, kind: System, absent: str) -> str:
    """Return `absent` if the system responded and does not have the object; otherwise, that it did not respond."""
    responded = any(isinstance(source, SystemId) and source.kind is kind for source in evidence.answers.responses)
    return absent if responded else "no response"


def _readable(message: str) -> str:
    """Return a message with its traceback, which may be a ``repr()``, in lines."""
    return message.replace(r"\n", "\n").replace(r"\'", "'")


def _entries(evidence: ImagingEvidence) -> Iterator[str]:
    for record in evidence.records:
        when = f"{record.time:%Y-%m-%d %H:%M:%SZ}" if record.time else "(no time)"
        lines = [line[:_MAX_LENGTH] for line in record.text.split("\n")]
        yield f"{when} {record.file}:{record.line} {record.level}"
        yield from (f"    {line}" for line in lines[:_MAX_LINES])
        if len(lines) > _MAX_LINES:
            yield f"    ({len(lines) - _MAX_LINES} more lines)"


def _events(evidence: ImagingEvidence) -> Iterator[Event]:
    request = evidence.request
    yield Event(request.start_date, "database", "submitted")
    if request.end_date:
        yield Event(request.end_date, "database", request.status.name)
    for task in evidence.tasks:
        if task.first_event:
            ends = task.ended or task.retried
            yield Event(
                task.first_event,
                "celery",
                f"{task.name} {task.state}",
                until=ends,
                lasts=not ends,
                trouble=task.is_trouble,
            )
    for record in evidence.records:
        if record.time:
            trouble = record.level in {"ERROR", "CRITICAL"}
            yield Event(record.time, "logs", record.text.partition("\n")[0][:100], trouble=trouble)


def _steps(evidence: ImagingEvidence, clouds: Mapping[int, str]) -> Iterator[Step]:
    request = evidence.request
    if evidence.is_exposed and not (evidence.should_run and evidence.work == imaging_request.RUNS):
        cloud = clouds.get(request.new_machine_provider_id, "CLOUD")
        yield Step(
            "Hide the image from all users now; processing it later shares it with its owner and members.",
            commands.openstack("image", "set", "--shared", evidence.image_id, cloud=cloud),
            "concepts/imaging-request-life.html",
        )
    if evidence.image_is_gone and request.status.name not in imaging_requests.ENDED:
        yield Step(
            "The image no longer exists, so a run that resumes with it fails. Set the message to 'pending' under "
            f"/admin/core/machinerequest/{request.pk}; the next run then starts from the beginning."
        )
    if evidence.reused and evidence.leftovers:
        leftovers = evidence.leftovers
        yield Step(
            f"Only if the instance changed since that snapshot: delete the snapshot, and {leftovers.folder}"
            f"{leftovers.file} on the imaging host, before the next approval.",
            commands.openstack(
                "image", "delete", evidence.reused[0].id, cloud=clouds.get(leftovers.provider_id, "CLOUD")
            ),
            f"{_FAILED}#leftovers",
        )
    if evidence.should_run:
        yield from _running(evidence)
    elif evidence.lacks_machine and request.status.name not in imaging_requests.ENDED:
        yield from _without_machine(evidence)
    elif request.status.name not in imaging_requests.ENDED or not evidence.failed:
        yield from _by_entry(evidence)
    yield Step("If this does not help, send the message above.", page=_SUPPORT)


def _running(evidence: ImagingEvidence) -> Iterator[Step]:
    """Yield the next step for a request that should run; its status alone does not show whether it runs."""
    pk = evidence.request.pk
    inspect_again = commands.inspect("triage_imaging_request", request_id=pk)
    if evidence.request.old_status is None:
        yield Step(f"Set its message to 'pending' under /admin/core/machinerequest/{pk}; then resubmit it.")
    elif evidence.work in {imaging_request.RUNS, imaging_request.WAITS}:
        yield Step("Wait 20 to 40 minutes per 10 GB of disk. Then inspect again.", inspect_again)
        return
    elif evidence.work == imaging_request.NO_WORKER:
        yield Step("Start the imaging worker.", commands.plan("restart_imaging_workers"), _QUEUE)
        return
    elif evidence.work == imaging_request.UNKNOWN:
        yield Step("First find out whether a worker works on it.", commands.DOCTOR, _QUEUE)
        return
    if evidence.lacks_machine:
        yield from _without_machine(evidence)
        return
    if missing := imaging_preconditions.missing_credentials(evidence.request):
        yield Step(f"Add what its start needs, or it stalls again: {'; '.join(missing)}.")
    yield Step(
        "Set it back to pending.",
        *to_plan(_RESUBMIT, request_id=pk),
    )
    yield Step(
        f"Approve it; it resumes {_resume(evidence, 'pending')}.",
        *to_plan(_APPROVE, request_id=pk),
    )


def _without_machine(evidence: ImagingEvidence) -> Iterator[Step]:
    """Yield the steps for a request that would resume at the validation without a machine; not one approves it."""
    pk = evidence.request.pk
    yield Step(
        "Do not approve it as it is: it has no new machine, so the run would fail, or complete without an image. "
        "Search Glance for the image, by the time of the run.",
        commands.openstack("image", "list", "--sort", "created_at:desc", "--limit", "20"),
        _FAILED,
    )
    yield Step(
        f"Set its message under /admin/core/machinerequest/{pk} to 'processing - ' and the image's UUID, or to "
        "'pending' if there is no image. Then inspect it again.",
        commands.inspect("triage_imaging_request", request_id=pk),
    )


def _by_entry(evidence: ImagingEvidence) -> Iterator[Step]:
    """Yield the next steps of the rule, one per command."""
    pk, entry = evidence.request.pk, evidence.entry
    if entry is None:
        yield Step("Read the status message and the log of the imaging worker.", page=_FAILED)
        return
    lines = [command.replace("REQUEST_ID", str(pk)) for command in entry.commands]
    if evidence.request.status.name == imaging_requests.PENDING:  # it was already set back
        lines = [command for command in lines if _RESUBMIT not in command]
        lines = lines or [commands.plan(_APPROVE, request_id=pk)]
    first, *more = lines or [""]
    yield Step(entry.next_step, first, entry.page)
    for command in more:
        yield Step("Then:", command)
