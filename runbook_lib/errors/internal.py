"""Exceptions that the lower layers raise for the engine, which turns them into errors for the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runbook_lib.errors.unchanged import NotConnected


class CommitUnknown(Exception):
    """For the engine only: the connection was lost during a commit, and the commit can have succeeded."""

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"the connection to the {database} database was lost during the commit")


class CallUnsettled(Exception):
    """For the engine only: a call failed after it changed something, or possibly changed something.

    A gateway raises it unless the order of the system's own steps, or reading back, proves that nothing was done.

    Attributes:
        changed: True when something was certainly changed; the engine then counts the call as done. None when that is
            unknown.
    """

    def __init__(self, text: str, *, changed: Literal[True] | None = None) -> None:
        self.changed = changed
        super().__init__(text)


class ResponseLost(Exception):
    """For gateways only: a write was sent, and no usable response came back. It might still take effect.

    Attributes:
        trouble: The error of the connection.
    """

    def __init__(self, trouble: NotConnected) -> None:
        self.trouble = trouble
        super().__init__(trouble.why)


class WriteRefused(Exception):
    """For the engine only: a procedure tried to write while it planned or inspected. Nothing was written.

    Attributes:
        reportable: The attempted write, without values; the text of the exception can hold values.
    """

    def __init__(self, system: str, refused: str) -> None:
        """Name the system and the rejected statement or call."""
        self.reportable = f"it tried to write to {system}, or to lock something there"
        super().__init__(f"while a plan is made, {system} is only read; refused: {refused}")


class InvalidPlan(ValueError):
    """For the engine only: a procedure made a plan that breaks a rule of plans.

    Attributes:
        reportable: The broken rule, without values.
    """

    def __init__(self, rule: str) -> None:
        self.reportable = rule
        super().__init__(rule)
