"""Gather the data of one imaging request from database, Glance, Nova, Celery, Flower and logs; read only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import leftover_snapshot
from runbook_lib.messages import classify, diagnose
from runbook_lib.messages.topics import IMAGING_REQUEST
from runbook_lib.model import System, SystemId
from runbook_lib.systems.celery.snapshot import IMAGING, judge
from runbook_lib.systems.celery.tasks import has_text
from runbook_lib.systems.db.queries import imaging_preconditions, imaging_requests
from runbook_lib.systems.logs import Query
from runbook_lib.world.ask import Question

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from runbook_lib.diagnosis.leftover_snapshot import Leftovers
    from runbook_lib.messages import Entry
    from runbook_lib.systems.celery.flower import TaskMatches
    from runbook_lib.systems.celery.snapshot import QueueState, Task
    from runbook_lib.systems.celery.tasks import FlowerTask
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
    from runbook_lib.systems.logs import LogRecord
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.systems.openstack.server import Server
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

RUNS, WAITS, IDLE, NO_WORKER, UNKNOWN = "runs", "waits", "idle", "no worker", "unknown"
"""The state of a request in the imaging queue: a worker processes it; it might wait for others; the queue is proved
empty; no worker consumes the queue; the queue could not be inspected."""
_ACTIVE = "active"  # the stage of a task that a worker has started, not only reserved
_MAX_TASKS, _MAX_RECORDS = 20, 20
_TREES = frozenset({"celery", "atmosphere"})


@dataclass(frozen=True)
class ImagingEvidence:
    """The data of one imaging request from every system.

    Attributes:
        request: The request's row, with status, instance and users.
        now: The time of the inspection; aware.
        image_id: The UUID of the request's image, complete or not; empty if no row and no message has it.
        answers: The responses of ``glance:4``, ``nova:4``, ``imaging queue``, ``flower`` and ``logs``.
        leftovers: The snapshots that the next run would reuse; None if it would need no snapshot.
        entry: The best diagnosis; None if no rule matches.
    """

    request: MachineRequest
    now: datetime
    image_id: str
    answers: Answers
    leftovers: Leftovers | None = None
    entry: Entry | None = None

    @property
    def instance_id(self) -> str:
        """The UUID of the instance to image."""
        return str(self.request.instance.provider_alias)

    @property
    def age(self) -> timedelta:
        """The time since the submission; the database does not have the start of the run."""
        return self.now - self.request.start_date

    @property
    def failed(self) -> bool:
        """Whether the status message is an error; an error does not change the status."""
        return imaging_requests.is_errored(self.request)

    @property
    def should_run(self) -> bool:
        """Whether the status is that of a running request, without an error."""
        return self.request.status.name in imaging_requests.RUNNING and not self.failed

    @property
    def lacks_machine(self) -> bool:
        """Whether an approval would resume at the validation, although the request has no new machine.

        Such a run fails, or completes the request without an image.

        Source: service/tasks/machine.py:184-185 and 213-214 of Atmosphere v37-5.
        """
        message = self.request.old_status or ""
        return self.request.new_machine is None and imaging_requests.resume_point(message) == "validating"

    @property
    def image(self) -> Image | None:
        """The image in Glance; None if it does not exist or Glance did not respond."""
        value: Image | None = self.answers.get(_glance(self.request))
        return value

    @property
    def image_is_gone(self) -> bool:
        """Whether Glance responded and does not have the image."""
        return bool(self.image_id) and _glance(self.request) in self.answers.responses and self.image is None

    @property
    def server(self) -> Server | None:
        """The instance in Nova; None if it does not exist or Nova did not respond."""
        value: Server | None = self.answers.get(_nova(self.request))
        return value

    @property
    def queue(self) -> QueueState | None:
        """The state of the imaging queue; None if it could not be inspected."""
        state: QueueState | None = self.answers.get("imaging queue")
        return state

    @property
    def worker_tasks(self) -> tuple[Task, ...]:
        """The tasks of this request that workers have received."""
        running = self.queue.running if self.queue else ()
        return tuple(task for task in running if self._is_its(task.args))

    @property
    def work(self) -> str:
        """The state of the request in the queue: `RUNS`, `WAITS`, `IDLE`, `NO_WORKER` or `UNKNOWN`."""
        if self.queue is None:
            return UNKNOWN
        if any(task.stage == _ACTIVE for task in self.worker_tasks):
            return RUNS
        if not self.queue.workers:
            return NO_WORKER
        return IDLE if self.queue.is_proved_idle else WAITS

    @property
    def tasks(self) -> tuple[FlowerTask, ...]:
        """The request's tasks in Flower, the latest event first."""
        matches: TaskMatches | None = self.answers.get(System.FLOWER)
        return matches.tasks if matches else ()

    @property
    def records(self) -> tuple[LogRecord, ...]:
        """The log entries about the request, the earliest first."""
        value: tuple[LogRecord, ...] = self.answers.get(System.LOGS, ())
        return value

    @property
    def is_private(self) -> bool:
        """Whether the image is private, by its application or else by the request."""
        version = self.request.new_application_version
        if version is not None:
            return bool(version.application.private)
        return self.request.new_application_visibility.casefold() != "public"

    @property
    def visibility(self) -> str:
        """The visibility of the image in Glance; empty if it does not exist or Glance did not respond."""
        return self.image.visibility if self.image else ""

    @property
    def is_exposed(self) -> bool:
        """Whether all users of the cloud can use the image although it is private.

        Source: chromogenic 0.5.4 uploads every image as public; ``process_request`` of Atmosphere v37 makes it shared.
        """
        return self.image is not None and self.image.is_open_to_all and self.is_private

    @property
    def reused(self) -> tuple[Image, ...]:
        """The snapshots of earlier runs that the next run would reuse; empty while its own run might still use them."""
        is_running = self.should_run and self.work not in {IDLE, NO_WORKER}
        return () if is_running or self.leftovers is None else self.leftovers.images or ()

    def support_message(self, *findings: str) -> tuple[str, tuple[str, ...]]:
        """Return the message for support, likely secrets masked, and the names of its missing fields.

        Args:
            findings: Further findings, one sentence each.
        """
        values = {
            "Imaging request": self.request.pk,
            "Username": self.request.created_by.username,
            "Instance ID": self.instance_id,
            "Instance IP": self.request.instance.ip_address or "",
            "Cloud Provider": self.request.instance.source.provider.location,
            "Traceback": self.request.old_status if self.failed else "",
        }
        message = diagnose("\n".join(f"{label}: {value}" for label, value in values.items() if value)).message
        return "\n".join([message.text, *(f"- finding: {finding}" for finding in findings)]), message.missing

    def _is_its(self, args: str) -> bool:
        return has_text(self.instance_id, args) or has_text(self.request.new_application_name, args)


def gather(world: World, request_id: int, *, seconds: float = 10.0) -> ImagingEvidence:
    """Return the data of every system about one imaging request. All are read in parallel, within `seconds`.

    Raises:
        TargetNotFound: There is no such request.
        NotConnected, Refused: The Atmosphere database cannot be read. Errors of other sources become gaps.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37.
    """
    request = imaging_requests.request(request_id)
    world.clouds.prepare()
    world.queues.prepare()
    image_id = _image_of(request)
    instance_id, name = str(request.instance.provider_alias), request.new_application_name
    provider_id = request.instance.source.provider_id
    snapshots = Question(leftover_snapshot.system(request), "snapshots")
    may_need_snapshot = request.status.name not in imaging_requests.ENDED and imaging_preconditions.needs_snapshot(
        request
    )
    answers = world.ask(
        {
            **({snapshots: partial(leftover_snapshot.search, world, request)} if may_need_snapshot else {}),
            **({_glance(request): partial(_image, world, request, image_id)} if image_id else {}),
            _nova(request): lambda: world.nova(provider_id).server(instance_id),
            "imaging queue": lambda: judge(IMAGING, world.queues.snapshot([IMAGING])),
            System.FLOWER: lambda: world.flower.search(instance_id, limit=_MAX_TASKS),
            System.LOGS: lambda: _records(world, request.start_date, instance_id, name),
        },
        seconds=seconds,
    )
    error = answers.errors.get(snapshots)
    leftovers = leftover_snapshot.describe(request, answers.get(snapshots), trouble=error.what if error else "")
    evidence = ImagingEvidence(
        request=request,
        now=world.now(),
        image_id=image_id,
        answers=answers,
        leftovers=leftovers if may_need_snapshot else None,
    )
    return replace(evidence, entry=_entry(evidence))


def _glance(request: MachineRequest) -> SystemId:
    return SystemId(System.GLANCE, request.new_machine_provider_id)


def _nova(request: MachineRequest) -> SystemId:
    return SystemId(System.NOVA, request.instance.source.provider_id)


def _image(world: World, request: MachineRequest, image_id: str) -> Image | None:
    return world.glance(request.new_machine_provider_id).image(image_id)


def _image_of(request: MachineRequest) -> str:
    """Return the UUID of the request's image, from its machine or else from its message."""
    if request.new_machine is not None:
        return str(request.new_machine.instance_source.identifier)
    entry = classify(request.old_status, IMAGING_REQUEST)
    return imaging_requests.uploaded_image(request) or (entry.fields.get("image_id", "") if entry else "")


def _records(world: World, since: datetime, *texts: str) -> tuple[LogRecord, ...]:
    """Return the log entries with record of the texts, without duplicates, the earliest first."""
    entries = {
        (record.file, record.line): record
        for text in texts
        for record in world.logs.find(Query(text, since, trees=_TREES, limit=_MAX_RECORDS)).records
    }
    return tuple(
        sorted(entries.values(), key=lambda record: (record.time or since, record.file, record.line))[-_MAX_RECORDS:]
    )


def _entry(evidence: ImagingEvidence) -> Entry | None:
    """Return the diagnosis of the error, else of a failure in Flower or the logs, else of the status.

    The text decides, not the status or the state in parentheses. A text that names the cause has
    priority over a text that only reports a failure.
    """
    status = evidence.request.status.name
    if not evidence.failed:
        return classify(status, IMAGING_REQUEST)
    context = f"request id: {evidence.request.pk}\ninstance id: {evidence.instance_id}\n"
    failures = [task for task in evidence.tasks if task.is_trouble]
    texts = [
        evidence.request.old_status or "",
        *(text for task in failures for text in (task.exception, task.traceback)),
        *(record.text for record in reversed(evidence.records) if record.level in {"ERROR", "CRITICAL"}),
    ]
    entries = [entry for text in texts if text and (entry := classify(context + text, IMAGING_REQUEST))]
    return next((entry for entry in entries if entry.kind == "cause"), entries[0] if entries else None)
