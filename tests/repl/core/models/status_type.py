"""Upstream's module of the status types."""

from runbook_lib.db.atmosphere.models import StatusType

__all__ = ["StatusType"]
