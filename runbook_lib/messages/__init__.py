"""Literal messages → diagnosis: rules as data, one matcher, and the message for support filled in."""

from runbook_lib.messages.diagnosis import Diagnosis, classify, diagnose
from runbook_lib.messages.entry import Entry

__all__ = ["Diagnosis", "Entry", "classify", "diagnose"]
