"""A real broker, for the procedures that are tried on one."""

from tests.systems.celery.conftest import broker, celery

__all__ = ["broker", "celery"]
