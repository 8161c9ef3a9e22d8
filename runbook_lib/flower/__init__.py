"""Celery as its broker, its workers and Flower tell of it; importing this package does not import Celery."""

from runbook_lib.flower.queues import Queues
from runbook_lib.flower.snapshot import QueueState, Snapshot, Task, Worker

__all__ = ["QueueState", "Queues", "Snapshot", "Task", "Worker"]
