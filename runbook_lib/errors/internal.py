"""What the layers below report to the engine, which turns it into an error for the operator."""

from __future__ import annotations


class CommitUnknown(Exception):
    """For the engine, never for the operator: the connection was lost during a commit, which may have happened."""

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"the connection to the {database} database was lost during the commit")


class CallUnsettled(Exception):
    """For the engine, never for the operator: a call failed, and something was, or may have been, changed by it.

    A gateway raises it where reading back cannot show it.

    Attributes:
        changed: True when something was certainly changed: the engine then counts the call among what was done. False
            when that is unknown.
    """

    def __init__(self, text: str, *, changed: bool = False) -> None:
        self.changed = changed
        super().__init__(text)


class WriteRefused(Exception):
    """For the engine, never for the operator: a procedure tried to write while it planned or inspected.

    Nothing was written.

    Attributes:
        reportable: What it tried, without values: the text of the exception can hold some.
    """

    def __init__(self, system: str, refused: str) -> None:
        """Name the system and what was refused, such as a statement."""
        self.reportable = f"it tried to write to {system}, or to lock something there"
        super().__init__(f"while a plan is made, {system} is only read; refused: {refused}")


class InvalidPlan(ValueError):
    """For the engine, never for the operator: a procedure made a plan that breaks the rules of plans.

    Attributes:
        reportable: The rule that it breaks; never a value.
    """

    def __init__(self, rule: str) -> None:
        self.reportable = rule
        super().__init__(rule)
