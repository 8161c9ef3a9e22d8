"""Commands on Atmosphere's host, and the Celery workers there."""

from runbook_lib.systems.host.command import Completed, Host

__all__ = ["Completed", "Host"]
