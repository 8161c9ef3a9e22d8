"""Celery as its broker, its workers and Flower tell of it; importing this package does not import Celery."""

from runbook_lib.flower.queues import Queues
from runbook_lib.flower.snapshot import QueueState, Snapshot, Task, Worker
from runbook_lib.flower.tasks import SeenTask

__all__ = ["QueueState", "Queues", "SeenTask", "Snapshot", "Task", "Worker"]
