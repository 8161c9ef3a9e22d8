"""Match literal messages against rules, and fill in the message for support."""

from runbook_lib.messages.diagnosis import Diagnosis, classify, diagnose
from runbook_lib.messages.entry import Entry

__all__ = ["Diagnosis", "Entry", "classify", "diagnose"]
