"""Approve an imaging request, which starts the imaging; at most one is in flight."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import consequences, leftover_snapshot
from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import IMAGING_REQUEST_ID
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.queries import imaging_preconditions, imaging_requests

if TYPE_CHECKING:
    from collections.abc import Collection

    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
    from runbook_lib.world.world import World

GROUP = "Imaging requests"
MINUTES = 30
NEEDS = ("atmosphere", "api", "broker")
OPTIONAL = {"glance": "whether the run reuses a snapshot of an earlier one"}
QUEUE = "imaging"
_VALIDATION_ENDS = (
    "where ENABLE_IMAGE_VALIDATION is on, a successful run from the beginning stays in processing, without an email; "
    "its image is complete"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The request, and the other requests that are known to be stalled."""

    request_id: int = IMAGING_REQUEST_ID(example=16501)
    despite_in_flight: tuple[int, ...] | None = param(
        "The stalled requests that the database shows as in flight. Check each first, and name all of them, no others.",
        where="this procedure's refusal lists them; Flower shows whether a task works on a request",
        default=None,
        practice="16504,16505,16506,16507,16508,16509",
    )


def plan(world: World, params: Params) -> Plan:
    """Return the call that the button *Approve* makes. Only Atmosphere's API can start imaging.

    The plan expects no row: the API writes the request's row, and a lock held here would block it. The status is
    compared through the API instead, immediately before the call.

    Raises:
        TargetNotFound: The request does not exist, or the site has no status *approved*.
        Refused: The request is not pending, or would stall at once; another request is in flight; the queue is not
            proved idle; the API or the broker is not configured; the token's user is not staff.

    Source: api/v2/views/machine_request.py, service/tasks/machine.py and celery_router.py of Atmosphere v37; the staff
    guide's rule of one request at a time, which Atmosphere does not enforce.
    """
    request = imaging_requests.request(params.request_id)
    if request.status.name == "completed":
        image = "" if request.new_machine_id else ", but has no machine: read its message with triage_imaging_request"
        return Plan(because=f"{imaging_requests.label(request)} is already completed{image}")
    _require_pending(request)
    _require_startable(request)
    others = [other for other in imaging_requests.in_flight() if other.pk != request.pk]
    _require_alone(others, set(params.despite_in_flight or ()))
    queue = world.queues.state(QUEUE)
    if not queue.is_proved_idle:
        raise Refused(
            what=f"the queue is not proved idle: {queue.sentence}",
            why="a second request beside a running one waits in the status started, and their steps interleave",
            next_step="wait until the running imaging ends (20 to 40 minutes per 10 GB); if its worker was killed, "
            "restart_imaging_workers",
        )
    call = calls.start_imaging(request.pk)
    _require_ready(world, request)
    stalled = [
        f"you confirmed that {imaging_requests.label(other)} is stalled; its status is still {other.status.name}"
        for other in others
    ]
    warnings = (*_warnings(world, request), *stalled, queue.sentence)
    return Plan(changes=(call,), warnings=warnings, predictions=consequences.imaging_start(request))


def _require_pending(request: MachineRequest) -> None:
    """Raise unless the request waits for approval: Atmosphere would start a request in any other status again."""
    status = request.status.name
    if status == imaging_requests.PENDING:
        return
    why, step = "an approval would start the imaging again", "ask the owner to submit a new request"
    if imaging_requests.is_errored(request):
        why = "the imaging failed, and its message holds the error"
        step = "fix the cause, then run resubmit_imaging_request, then approve again"
    elif status in imaging_requests.RUNNING:
        step = "follow it in Flower; if no task works on it, run resubmit_imaging_request, then approve again"
    elif status == "denied":
        step = "to retry it, run resubmit_imaging_request, then approve again"
    raise Refused(what=f"{imaging_requests.label(request)} is {status}, not pending", why=why, next_step=step)


def _require_startable(request: MachineRequest) -> None:
    """Raise if the start would fail immediately after it sets the status to *started*."""
    if request.old_status is None:
        raise Refused(
            what=f"the message of {imaging_requests.label(request)} is NULL",
            why="the start fails on a NULL message after it sets the status to started, and records no error",
            next_step="set old_status to 'pending' under /admin/core/machinerequest, then approve",
        )
    if missing := imaging_preconditions.missing_credentials(request):
        raise Refused(
            what=f"{imaging_requests.label(request)} would stall: {'; '.join(missing)}",
            why="without them the start fails after it sets the status to started, and queues no task",
            next_step="add them under /admin/core/provider, for an identity under /admin/core/credential, "
            "for an instance under /admin/core/instance; then approve",
        )
    if imaging_preconditions.is_validating_nothing(request):
        raise Refused(
            what=f"{imaging_requests.label(request)} would resume with validation, but it has no machine to validate",
            why="the start would fail, or, where validation is off, complete the request without an image",
            next_step="if its image is in Glance, set old_status to 'processing - ' and its UUID under "
            f"/admin/core/machinerequest/{request.pk}, otherwise to 'pending'; then approve",
        )
    if request.instance.end_date is not None and imaging_preconditions.needs_snapshot(request):
        raise Refused(
            what=f"the instance of {imaging_requests.label(request)} ended on {request.instance.end_date:%Y-%m-%d}",
            why="imaging starts with a snapshot of the instance",
            next_step="close the request with close_imaging_request, and inform its owner",
        )


def _require_alone(others: list[MachineRequest], confirmed: Collection[int]) -> None:
    """Raise unless the confirmed requests are exactly the others that the database shows as in flight."""
    if unexpected := sorted(set(confirmed) - {other.pk for other in others}):
        raise Refused(
            what=f"despite_in_flight names {', '.join(map(str, unexpected))}, which is not in flight",
            why="the confirmed requests must be exactly those in flight",
            next_step="name only requests that this procedure lists as in flight",
        )
    if running := [other for other in others if other.pk not in confirmed]:
        listed = "; ".join(f"{imaging_requests.label(other)} is {other.status.name}" for other in running)
        raise Refused(
            what=f"at most one imaging request can be in flight, and the database shows {len(running)}: {listed}",
            why="the database cannot distinguish a running request from one whose worker was killed; Flower can",
            next_step="wait for the running requests. A request without a task in Flower is stalled: name each in "
            f"despite_in_flight={','.join(str(other.pk) for other in others)}",
        )


def _require_ready(world: World, request: MachineRequest) -> None:
    """Raise unless the API accepts the token as staff, shows the same request, and has each status only once."""
    world.api.account().require_staff()
    world.api.status_id(imaging_requests.APPROVED)
    with contextlib.suppress(TargetNotFound):  # Atmosphere creates a missing status itself; it fails only on duplicates
        world.api.status_id("started")
    shown = world.api.current(calls.start_imaging(request.pk))
    if shown != calls.PENDING:
        raise Refused(
            what=f"Atmosphere's API shows {imaging_requests.label(request)} as {shown}, the database as pending",
            why="they belong to different sites, or somebody approved the request just now",
            next_step="plan again; if the difference stays, compare RUNBOOK_API_URL with RUNBOOK_ATMOSPHERE_DB",
        )


def _warnings(world: World, request: MachineRequest) -> list[str]:
    """Return what the run does that the web interface does not show.

    Source: core/models/application.py:462-468, service/tasks/machine.py:179-185, drivers/openstack.py:297-305 of
    chromogenic 0.5.4.
    """
    warnings = ["check again after 15 minutes; imaging takes 20 to 40 minutes per 10 GB"]
    step = imaging_requests.resume_point(request.old_status or "")
    resume = imaging_requests.describe_resume(request.old_status)
    if imaging_preconditions.needs_snapshot(request):
        leftovers = leftover_snapshot.find(world, request)
        resume = imaging_requests.describe_resume(request.old_status, leftovers.phrase)
        folder, others = leftovers.folder, "the files of the project's other requests"
        warnings += [
            leftovers.sentence,
            f"a successful run deletes the folder {folder} on the imaging host, with {others}",
            _VALIDATION_ENDS,
        ]
    elif step == "validating":
        warnings.append("where ENABLE_IMAGE_VALIDATION is off, the approval completes the request immediately")
    else:
        warnings.append(
            "processing writes the application's name, description, owner and privacy again, and moves its version "
            "back: changes by hand since then are lost"
        )
    if request.new_application_visibility != "public":
        warnings.append("the request asks for a private image, but the image is public in Glance until it is processed")
    return [f"the runbook cannot stop a started imaging; it resumes {resume}", *warnings]
