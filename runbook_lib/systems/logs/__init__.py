"""The sites' log files: which there are, how their lines look, and finding something in them."""

from runbook_lib.systems.logs.gateway import Logs
from runbook_lib.systems.logs.records import LogRecord
from runbook_lib.systems.logs.search import LogMatches, Query, Searched
from runbook_lib.systems.logs.tree import LogProblem

__all__ = ["LogMatches", "LogProblem", "LogRecord", "Logs", "Query", "Searched"]
