"""Celery as its broker, its workers and Flower tell of it; importing this package does not import Celery."""

from runbook_lib.systems.celery.queues import Queues
from runbook_lib.systems.celery.snapshot import QueueState, Snapshot, Task, Worker
from runbook_lib.systems.celery.tasks import SeenTask

__all__ = ["QueueState", "Queues", "SeenTask", "Snapshot", "Task", "Worker"]
