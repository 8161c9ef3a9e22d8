"""A real broker, for the procedures that are tested with one."""

from tests.systems.celery.conftest import broker, celery

__all__ = ["broker", "celery"]
