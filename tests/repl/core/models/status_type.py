"""Upstream's module of the status types."""

from runbook_lib.systems.db.models.atmosphere.models import StatusType

__all__ = ["StatusType"]
