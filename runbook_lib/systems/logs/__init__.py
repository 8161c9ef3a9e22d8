"""The sites' log files: which there are, how their lines look, and finding something in them."""

from runbook_lib.systems.logs.gateway import Logs
from runbook_lib.systems.logs.records import Record
from runbook_lib.systems.logs.search import Found, Query, Searched
from runbook_lib.systems.logs.tree import Problem

__all__ = ["Found", "Logs", "Problem", "Query", "Record", "Searched"]
