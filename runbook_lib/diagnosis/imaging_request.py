"""Everything that the systems tell of one imaging request: database, Glance, Nova, Celery, Flower, logs; read only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.messages import classify, diagnose
from runbook_lib.model import System, SystemId
from runbook_lib.systems.celery.snapshot import IMAGING, judge
from runbook_lib.systems.celery.tasks import has_text
from runbook_lib.systems.db.queries import imaging_requests
from runbook_lib.systems.logs import Query

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from runbook_lib.messages import Entry
    from runbook_lib.systems.celery.flower import TaskMatches
    from runbook_lib.systems.celery.snapshot import QueueState, Task
    from runbook_lib.systems.celery.tasks import SeenTask
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
    from runbook_lib.systems.logs import LogRecord
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.systems.openstack.server import Server
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

RUNS, WAITS, NOBODY, NO_WORKER, UNKNOWN = "runs", "waits", "nobody", "no worker", "unknown"
"""What the imaging queue proves about a request: a worker works on it; it may wait behind others; nothing is held
anywhere; no worker consumes the queue; nobody told."""
_ACTIVE = "active"  # of a task: begun, not only given out
_MOST_TASKS, _MOST_RECORDS = 20, 20
_TREES = frozenset({"celery", "atmosphere"})


@dataclass(frozen=True)
class ImagingEvidence:
    """One imaging request, and what every system tells of it.

    Attributes:
        request: Its row, with status, instance and users.
        now: When the systems were asked.
        image_id: The UUID of the image it made or began to make; empty when no row and no message tells it.
        answers: What the sources told: ``glance:4``, ``nova:4``, ``imaging queue``, ``flower``, ``logs``.
        entry: The best diagnosis; None when nothing was recognized.
    """

    request: MachineRequest
    now: datetime
    image_id: str
    answers: Answers
    entry: Entry | None = None

    @property
    def instance_id(self) -> str:
        """The UUID of the instance that is imaged."""
        return str(self.request.instance.provider_alias)

    @property
    def age(self) -> timedelta:
        """How long ago it was submitted; when its run began is not in the database."""
        return self.now - self.request.start_date

    @property
    def failed(self) -> bool:
        """Whether its message is an error: the status stays what it was."""
        return imaging_requests.is_errored(self.request)

    @property
    def should_run(self) -> bool:
        """Whether its status says that it runs, and no error speaks against it."""
        return self.request.status.name in imaging_requests.RUNNING and not self.failed

    @property
    def image(self) -> Image | None:
        """The image as Glance shows it; None when there is none, or nobody told."""
        found: Image | None = self.answers.get(_glance(self.request))
        return found

    @property
    def image_is_gone(self) -> bool:
        """Whether Glance was asked for the image and has none."""
        return bool(self.image_id) and _glance(self.request) in self.answers.responses and self.image is None

    @property
    def server(self) -> Server | None:
        """The instance as Nova shows it; None when there is none, or nobody told."""
        found: Server | None = self.answers.get(_nova(self.request))
        return found

    @property
    def queue(self) -> QueueState | None:
        """What is known of the imaging queue; None when nobody told."""
        state: QueueState | None = self.answers.get("imaging queue")
        return state

    @property
    def held(self) -> tuple[Task, ...]:
        """The tasks of this request that workers hold."""
        running = self.queue.running if self.queue else ()
        return tuple(task for task in running if self._is_its(task.args))

    @property
    def work(self) -> str:
        """What the queue proves about it: one of `RUNS`, `WAITS`, `NOBODY`, `NO_WORKER`, `UNKNOWN`."""
        if self.queue is None:
            return UNKNOWN
        if any(task.stage == _ACTIVE for task in self.held):
            return RUNS
        if not self.queue.workers:
            return NO_WORKER
        return NOBODY if self.queue.proved_idle else WAITS

    @property
    def tasks(self) -> tuple[SeenTask, ...]:
        """Its tasks that Flower remembers, the last heard of first."""
        found: TaskMatches | None = self.answers.get(System.FLOWER)
        return found.tasks if found else ()

    @property
    def records(self) -> tuple[LogRecord, ...]:
        """The entries of the logs that name it, the earliest first."""
        found: tuple[LogRecord, ...] = self.answers.get(System.LOGS, ())
        return found

    @property
    def is_private(self) -> bool:
        """Whether its image is not to be seen by everybody: as the application says, or as was asked for."""
        version = self.request.new_application_version
        if version is not None:
            return bool(version.application.private)
        return self.request.new_application_visibility.casefold() != "public"

    @property
    def is_exposed(self) -> bool:
        """Whether everybody can see its image in Glance although it is private.

        Source: chromogenic 0.5.4 uploads every image as public; ``process_request`` of Atmosphere v37 makes it shared.
        """
        return self.image is not None and self.image.visibility == "public" and self.is_private

    def support_message(self, *findings: str) -> tuple[str, tuple[str, ...]]:
        """Return the message for support, likely secrets masked, and which of its lines are missing.

        Args:
            findings: What else was found, a sentence each.
        """
        told = {
            "Imaging request": self.request.pk,
            "Username": self.request.created_by.username,
            "Instance ID": self.instance_id,
            "Instance IP": self.request.instance.ip_address or "",
            "Cloud Provider": self.request.instance.source.provider.location,
            "Traceback": self.request.old_status if self.failed else "",
        }
        message = diagnose("\n".join(f"{label}: {value}" for label, value in told.items() if value)).message
        return "\n".join([message.text, *(f"- found: {finding}" for finding in findings)]), message.missing

    def _is_its(self, args: str) -> bool:
        return has_text(self.instance_id, args) or has_text(self.request.new_application_name, args)


def gather(world: World, request_id: int, *, seconds: float = 10.0) -> ImagingEvidence:
    """Return what every system tells of one imaging request; all are asked at once, within `seconds`.

    Raises:
        TargetNotFound: There is no such request.
        NotConnected, Refused: The Atmosphere database can't be read. Of every other source the gaps tell.

    Source: service/tasks/machine.py and core/models/machine_request.py of Atmosphere v37.
    """
    request = imaging_requests.request(request_id)
    world.clouds.prepare()
    world.queues.prepare()
    image_id = _image_of(request)
    instance_id, name = str(request.instance.provider_alias), request.new_application_name
    provider_id = request.instance.source.provider_id
    answers = world.ask(
        {
            **({_glance(request): partial(_image, world, request, image_id)} if image_id else {}),
            _nova(request): lambda: world.nova(provider_id).server(instance_id),
            "imaging queue": lambda: judge(IMAGING, world.queues.snapshot([IMAGING])),
            System.FLOWER: lambda: world.flower.search(instance_id, limit=_MOST_TASKS),
            System.LOGS: lambda: _records(world, request.start_date, instance_id, name),
        },
        seconds=seconds,
    )
    found = ImagingEvidence(request=request, now=world.now(), image_id=image_id, answers=answers)
    return replace(found, entry=_entry(found))


def _glance(request: MachineRequest) -> SystemId:
    return SystemId(System.GLANCE, request.new_machine_provider_id)


def _nova(request: MachineRequest) -> SystemId:
    return SystemId(System.NOVA, request.instance.source.provider_id)


def _image(world: World, request: MachineRequest, image_id: str) -> Image | None:
    return world.glance(request.new_machine_provider_id).image(image_id)


def _image_of(request: MachineRequest) -> str:
    """Return the UUID of a request's image: of its machine, else the one in its message."""
    if request.new_machine is not None:
        return str(request.new_machine.instance_source.identifier)
    entry = classify(request.old_status)
    return imaging_requests.uploaded_image(request) or (entry.fields.get("image_id", "") if entry else "")


def _records(world: World, since: datetime, *texts: str) -> tuple[LogRecord, ...]:
    """Return the entries that have one of the texts, once each, the earliest first."""
    found = {
        (record.file, record.line): record
        for text in texts
        for record in world.logs.find(Query(text, since, trees=_TREES, most=_MOST_RECORDS)).records
    }
    return tuple(sorted(found.values(), key=lambda one: (one.moment or since, one.file, one.line))[-_MOST_RECORDS:])


def _entry(found: ImagingEvidence) -> Entry | None:
    """Return the diagnosis: of its error, else of what failed in Flower or the logs, else of its status.

    The text decides, not the status or the state in parentheses. A text that names the cause beats one that only says
    that something failed.
    """
    status = found.request.status.name
    if not found.failed:
        return classify(status)
    known = f"request id: {found.request.pk}\ninstance id: {found.instance_id}\n"
    failures = [task for task in found.tasks if task.is_trouble]
    texts = [
        found.request.old_status or "",
        *(text for task in failures for text in (task.exception, task.traceback)),
        *(record.text for record in reversed(found.records) if record.level in {"ERROR", "CRITICAL"}),
    ]
    entries = [entry for text in texts if text and (entry := classify(known + text))]
    return next((entry for entry in entries if entry.kind == "cause"), entries[0] if entries else None)
