"""Write the message to the support team about an instance or an imaging request, filled in from all data sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import imaging_request
from runbook_lib.diagnosis.instance import support_request, timeline
from runbook_lib.diagnosis.instance.evidence import SECONDS, gather
from runbook_lib.diagnosis.instance.verdict import judge
from runbook_lib.errors import ParamError
from runbook_lib.model.inspection import Excerpt, Inspection, Step, Table, to_inspect
from runbook_lib.params.common import IMAGING_REQUEST_ID, INSTANCE_ID
from runbook_lib.text import commands
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.world.world import World

GROUP = "Logs and support"
MINUTES = 5
NEEDS = ("atmosphere or nova or flower or argo or logs",)
OPTIONAL = {
    "atmosphere": "owner, address, provider, image and size; the imaging request",
    "nova": "the fault",
    "glance": "the state of an imaging request's image",
    "flower": "the exception of a task",
    "argo": "the workflows and the step that failed",
    "logs": "the last failures in the logs",
}
_PAGE = "tools/support.html"


@dataclass(frozen=True, kw_only=True)
class Params:
    """The instance or the imaging request, but not both."""

    instance_id: str = INSTANCE_ID(default="", example="118aff3c-434b-5acf-bea2-1b7fc3e2dc24")
    request_id: int | None = IMAGING_REQUEST_ID(default=None)


def inspect(world: World, params: Params) -> Inspection:
    """Return the message for support, with missing values marked and secrets masked.

    Reads what triage_instance or triage_imaging_request read.

    Raises:
        ParamError: Neither of the two is given, or both are.
        TargetNotFound: The instance or the request does not exist.
        NotConnected, Refused: No data source responded; for a request, the database did not respond.

    Source: the staff guide's two lists of what to send; Atmosphere v37.
    """
    if bool(params.instance_id) == (params.request_id is not None):
        raise ParamError(
            problems=["give either instance_id or request_id"],
            next_step=commands.inspect("write_support_report", instance_id="UUID"),
            procedure="write_support_report",
        )
    if params.request_id is not None:
        return _about_request(world, params.request_id)
    return _about_instance(world, params.instance_id)


def _about_instance(world: World, instance_id: str) -> Inspection:
    evidence = gather(world, instance_id, seconds=SECONDS)
    verdict = judge(evidence, now=world.now())
    lines = support_request.lines(evidence)
    missing = tuple(label for label, value, _ in lines if not value)
    text = support_request.compose(lines, tuple(support_request.notes(evidence, verdict)), evidence.gaps)
    rows = tuple((label, value, "" if value else where) for label, value, where in lines)
    return Inspection(
        answer=_answer(f"instance {instance_id}", missing),
        parts=(
            Excerpt("Message for support", text),
            Table("Lines of the message", ("line", "value", "where to find it"), rows),
        ),
        events=timeline.events(evidence),
        gaps=evidence.gaps,
        steps=(
            *_steps(),
            Step("Find next steps to try first.", *to_inspect("triage_instance", instance_id=instance_id)),
        ),
    )


def _about_request(world: World, request_id: int) -> Inspection:
    evidence = imaging_request.gather(world, request_id, seconds=SECONDS)
    text, missing = evidence.support_message(*_findings(evidence))
    text = "\n".join([text, *(f"- unknown: {gap.source}: {mask(gap.why)}" for gap in evidence.answers.gaps)])
    triage = to_inspect("triage_imaging_request", request_id=request_id)
    return Inspection(
        answer=_answer(f"imaging request {request_id}", missing),
        parts=(Excerpt("Message for support", mask(text)),),
        gaps=evidence.answers.gaps,
        steps=(*_steps(), Step("Find next steps to try first.", *triage)),
    )


def _findings(evidence: imaging_request.ImagingEvidence) -> Iterator[str]:
    """Yield the findings about a request, one sentence each."""
    if evidence.entry:
        yield evidence.entry.meaning
    if evidence.is_exposed:
        yield f"The request asks for a private image, but {evidence.image_id} is {evidence.visibility} in Glance."
    if evidence.image_is_gone:
        yield f"Glance has no image {evidence.image_id}."
    if evidence.server:
        yield f"The instance in Nova: {evidence.server.stage}."
    for task in [task for task in evidence.tasks if task.is_trouble][:1]:
        yield f"Celery's task {task.name} {task.id} is {task.state}: {mask(task.exception)}"


def _answer(about: str, missing: tuple[str, ...]) -> str:
    ready = f"The message for support about {about} is filled in"
    if not missing:
        return f"{ready}; add what you tried, then send it."
    return f"{ready}, except {', '.join(missing)}; add these and what you tried, then send it."


def _steps() -> Iterator[Step]:
    yield Step("Read it before you send it: masking recognizes secrets by their form and can miss one.", page=_PAGE)
