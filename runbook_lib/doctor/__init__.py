"""Examine the configured systems: availability, versions, and this account's rights."""

from __future__ import annotations

from runbook_lib.doctor.examination import examine
from runbook_lib.doctor.finding import Finding, invalid_procedure, judge

__all__ = ["Finding", "examine", "invalid_procedure", "judge"]
