"""The sites' log files: their catalog, the format of their lines, and the search."""

from runbook_lib.systems.logs.gateway import Logs
from runbook_lib.systems.logs.records import LogRecord
from runbook_lib.systems.logs.search import LogMatches, Query, Searched
from runbook_lib.systems.logs.tree import LogProblem

__all__ = ["LogMatches", "LogProblem", "LogRecord", "Logs", "Query", "Searched"]
