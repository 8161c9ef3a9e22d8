"""Approve an imaging request, which starts the imaging; at most one is in flight."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

MINUTES = 30
NEEDS = ("atmosphere", "api", "broker")
QUEUE = "imaging"


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which request, and which others you know to be stalled."""

    request_id: int = IMAGING_REQUEST_ID(example=16501)
    despite_in_flight: tuple[int, ...] | None = param(
        "Requests that look as if they ran, each of which you have found to be stalled; all of them, no other.",
        where="the refusal of this procedure lists them; Flower shows whether a task works on one",
        default=None,
        example="16504,16505,16506,16507,16508,16509",
    )


def plan(world: World, params: Params) -> Plan:
    """Return the call that the button *Approve* makes. Only Atmosphere's API can start imaging.

    It has no row to expect: the API writes the request's row, and a lock here would keep it waiting. The status is
    compared through the API instead, right before the call.

    Raises:
        TargetNotFound: No such request, or the site has no status *approved*.
        Refused: It is not pending, or would stall at once; another one is in flight; the queue is not proved idle; the
            API or the broker is not configured; the token's user is not staff.

    Source: api/v2/views/machine_request.py, service/tasks/machine.py and celery_router.py of Atmosphere v37; the staff
    guide's rule of one at a time, which nothing in Atmosphere enforces.
    """
    request = imaging_requests.request(params.request_id)
    if request.status.name == "completed":
        return Plan(because=f"{imaging_requests.label(request)} is completed already")
    _require_pending(request)
    _require_startable(request)
    others = [one for one in imaging_requests.in_flight() if one.pk != request.pk]
    _require_alone(others, set(params.despite_in_flight or ()))
    queue = world.queues.state(QUEUE)
    if not queue.proved_idle:
        raise Refused(
            what=f"the queue is not proved idle: {queue.sentence}",
            why="a second imaging beside a running one waits with the status started, and their steps interleave",
            next_step="wait until it ends (20 to 40 minutes per 10 GB); if its worker is gone, restart_imaging_workers",
        )
    call = calls.start_imaging(request.pk)
    _require_ready(world, request)
    stalled = [
        f"on your word, {imaging_requests.label(one)} is stalled, although it is {one.status.name}" for one in others
    ]
    return Plan(changes=(call,), warnings=(*_warnings(request), *stalled, queue.sentence))


def _require_pending(request: MachineRequest) -> None:
    """Return if it waits for an approval: upstream would start any other one once more."""
    status = request.status.name
    if status == imaging_requests.PENDING:
        return
    why, step = "an approval would start it once more", "let the owner submit a new request"
    if imaging_requests.is_errored(request):
        why, step = "it failed: its message holds the error", "mend the cause, then resubmit_imaging_request, then this"
    elif status in imaging_requests.RUNNING:
        step = "follow it in Flower; if no task works on it, resubmit_imaging_request, then this"
    elif status == "denied":
        step = "to retry it, resubmit_imaging_request, then this"
    raise Refused(what=f"{imaging_requests.label(request)} is {status}, not pending", why=why, next_step=step)


def _require_startable(request: MachineRequest) -> None:
    """Return if the start would not fail at once, after it has set the status to *started*."""
    if request.old_status is None:
        raise Refused(
            what=f"the message of {imaging_requests.label(request)} is NULL",
            why="the start fails on that after it has set the status to started, and leaves it there without an error",
            next_step="set old_status to 'pending' under /admin/core/machinerequest, then approve",
        )
    if missing := imaging_preconditions.missing_credentials(request):
        raise Refused(
            what=f"{imaging_requests.label(request)} would stall: {'; '.join(missing)}",
            why="without them the start fails after it has set the status to started, and no task is queued",
            next_step="add them under /admin/core/providercredential, then approve",
        )
    if request.instance.end_date is not None and imaging_preconditions.needs_snapshot(request):
        raise Refused(
            what=f"the instance of {imaging_requests.label(request)} ended on {request.instance.end_date:%Y-%m-%d}",
            why="imaging begins with a snapshot of it",
            next_step="close the request with close_imaging_request, and tell its owner",
        )


def _require_alone(others: list[MachineRequest], confirmed: Collection[int]) -> None:
    """Return if every other request that looks in flight was named, and nothing else was."""
    if unknown := sorted(set(confirmed) - {one.pk for one in others}):
        raise Refused(
            what=f"despite_in_flight names {', '.join(map(str, unknown))}, which is not in flight",
            why="what is confirmed must be what is there",
            next_step="name only requests that this procedure lists as in flight",
        )
    if running := [one for one in others if one.pk not in confirmed]:
        listed = "; ".join(f"{imaging_requests.label(one)} is {one.status.name}" for one in running)
        raise Refused(
            what=f"at most one imaging request may be in flight, and {len(running)} look so: {listed}",
            why="the database can't tell one that runs from one whose worker was killed; Flower can",
            next_step="wait for those that run. Those that no task in Flower works on are stalled: name each in "
            f"despite_in_flight={','.join(str(one.pk) for one in others)}",
        )


def _require_ready(world: World, request: MachineRequest) -> None:
    """Return if the API is there for staff, shows the same request, and knows the statuses by one name each."""
    world.api.account().require_staff()
    world.api.status_id(imaging_requests.APPROVED)
    with contextlib.suppress(TargetNotFound):  # Atmosphere makes it itself; it fails only on two
        world.api.status_id("started")
    shown = world.api.current(calls.start_imaging(request.pk))
    if shown != calls.PENDING:
        raise Refused(
            what=f"Atmosphere's API shows {imaging_requests.label(request)} as {shown}, the database as pending",
            why="they are not the same site, or it was approved this moment",
            next_step="plan again; if it stays so, compare RUNBOOK_API_URL with RUNBOOK_ATMOSPHERE_DB",
        )


def _warnings(request: MachineRequest) -> list[str]:
    warnings = [
        f"once started it can't be stopped from here; it goes {imaging_requests.describe_resume(request.old_status)}",
        "check again after 15 minutes; it takes 20 to 40 minutes per 10 GB",
    ]
    if request.new_application_visibility != "public":
        warnings.append("until it is processed, its image is public in Glance, although it is to be private")
    return warnings
