"""The Celery application of the tests' workers: one task, which sleeps; its arguments are like Atmosphere's."""

from __future__ import annotations

import os
import time

from celery import Celery

TASK = "tests.machine_imaging_task"
app = Celery("celery_tasks", broker=os.environ["BROKER"], set_as_current=False)
app.conf.update(broker_connection_retry_on_startup=True, task_default_queue="default")


@app.task(name=TASK)
def machine_imaging_task(_instance_id: str, _username: str, seconds: float) -> None:
    """Sleep."""
    time.sleep(seconds)
