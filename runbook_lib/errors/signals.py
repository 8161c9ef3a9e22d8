"""What a gateway tells the engine, which makes an outcome of it; the operator never sees one of these."""

from __future__ import annotations


class CommitUnknown(Exception):
    """For the engine, never for the operator: the connection was lost during a commit, which may have happened."""

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"the connection to the {database} database was lost during the commit")


class CallUnsettled(Exception):
    """For the engine, never for the operator: a call failed, and something was, or may have been, changed by it.

    A gateway raises it where reading back can't show it: the engine then counts the call among what was done.
    """
