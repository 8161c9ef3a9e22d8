"""Celery's state from its broker, its workers and Flower. Importing this package does not import Celery."""

from runbook_lib.systems.celery.queues import Queues
from runbook_lib.systems.celery.snapshot import QueueState, Snapshot, Task, Worker
from runbook_lib.systems.celery.tasks import FlowerTask

__all__ = ["FlowerTask", "QueueState", "Queues", "Snapshot", "Task", "Worker"]
