"""The errors that report that nothing was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Sequence


Trouble = Literal[
    "unreachable",  # no usable response: no connection, a time limit, a server error, a maintenance
    "login",  # the system does not accept the account
    "wrong-answer",  # the response does not come from a system of that kind
]


WRITABLE_HOME = "set RUNBOOK_HOME to a folder that you can write to"


class NothingChanged(RunbookError):
    """Nothing was changed."""


class ParamError(NothingChanged):
    """Nothing was changed: a parameter or the command itself is invalid."""

    exit_code = 2

    def __init__(self, *, problems: Sequence[str], next_step: str, procedure: str = "") -> None:
        """Report all problems at once."""
        self.problems = tuple(problems)
        subject = f"{procedure}: " if procedure else ""
        super().__init__(what=subject + "; ".join(problems), next_step=next_step)


class NotConnected(NothingChanged):
    """Nothing was changed: a system could not be reached.

    Attributes:
        system: The system.
        address: Its configured address, without credentials.
        kind: The kind of trouble; code decides by this, never by the sentences.
    """

    exit_code = 7

    def __init__(self, *, kind: Trouble, system: str, address: str, reason: str, next_step: str = "") -> None:
        """Name the kind of trouble, the system, its address without credentials, and the response or the cause."""
        self.kind = kind
        self.system, self.address = system, address
        super().__init__(
            what=f"{system} cannot be reached at {address}",
            why=reason,
            next_step=next_step or f"check that the address is right and the system is running: {commands.DOCTOR}",
        )


class SchemaDrift(NothingChanged):
    """Nothing was changed: the database has other tables or columns than this release expects."""

    exit_code = 3

    def __init__(self, *, database: str, missing: Sequence[str] = (), differences: Sequence[str] = ()) -> None:
        """Name the database, each missing ``table`` or ``table.column``, and each other difference."""
        self.missing, self.differences = tuple(missing), tuple(differences)
        parts = [f"has no {', '.join(missing)}"] if missing else []
        parts += [f"differs: {'; '.join(differences)}"] if differences else []
        super().__init__(
            what=f"the {database} database {'; it '.join(parts)}",
            why="this runbook supports the tables of Atmosphere v37 and Troposphere v36; the database has others",
            next_step=f"compare the entire schema with '{commands.DOCTOR}', then check which release {database} runs",
        )


class TargetNotFound(NothingChanged):
    """Nothing was changed: an object that the parameters name does not exist."""

    exit_code = 3

    def __init__(self, *, kind: str, key: str, where: str, similar: Sequence[str] = (), next_step: str = "") -> None:
        """Name the kind of object, its key, and the system that was searched; suggest similar keys."""
        self.similar = tuple(similar)
        guess = f"did you mean {' or '.join(similar)}?" if similar else ""
        super().__init__(
            what=f"there is no {kind} {key} in {where}",
            why=guess,
            next_step=next_step or "check the spelling; parameters are matched exactly and are case-sensitive",
        )


class Refused(NothingChanged):
    """Nothing was changed: the request is valid but was refused."""

    exit_code = 3

    @classmethod
    def unreadable(cls, what: str, error: OSError) -> Self:
        """Return the refusal for a file that can't be read."""
        step = f"make {error.filename or 'it'} readable for this user, or set RUNBOOK_HOME to another folder"
        return cls(what=f"{what} can't be read", why=str(error.strerror), next_step=step)

    @classmethod
    def unwritable(cls, what: str, error: OSError) -> Self:
        """Return the error for a file in ``RUNBOOK_HOME`` that can't be written."""
        return cls(what=f"{what} can't be written", why=str(error.strerror), next_step=WRITABLE_HOME)


class StalePlan(NothingChanged):
    """Nothing was changed: the systems no longer match the plan."""

    exit_code = 4

    def __init__(  # noqa: PLR0913 - keyword-only; each is a fact of the error
        self, *, target: str, column: str, planned: object, now: object, what: str = "", why: str = ""
    ) -> None:
        """Name the row or object, the column, the planned value and the current value."""
        self.target, self.column, self.planned, self.now = target, column, planned, now
        default = "another writer changed it after the plan was made; applying the plan would overwrite that change"
        super().__init__(
            what=what or f"{target}: {column} was {planned!r} when the plan was made and is {now!r} now",
            why=why or default,
            next_step="plan again, check the new plan, and apply it",
        )

    @classmethod
    def refused(cls, *, procedure: str, what: str, why: str) -> Self:
        """Return the error for a plan that the procedure refuses now, with the refusal's own words."""
        return cls(
            target=procedure,
            column="the plan",
            planned="possible",
            now="refused",
            what=f"{procedure} now refuses to do what was planned: {what}",
            why=why or "this was possible when the plan was made",
        )

    @classmethod
    def replanned(cls, *, procedure: str, target: str, planned: str, now: str) -> Self:
        """Return the error for a procedure that would now plan another change of this row or object."""
        return cls(
            target=target,
            column="the plan",
            planned=planned,
            now=now,
            what=f"{procedure} would now plan something else for {target}",
            why=f"something that the plan is based on changed; planned: {planned}; now: {now}",
        )


class CannotUndo(NothingChanged):
    """Nothing was changed: this run can't be undone."""

    exit_code = 3

    def __init__(self, *, run_id: str, reasons: Sequence[str], next_step: str) -> None:
        """Name the run and each reason why it can't be undone."""
        super().__init__(what=f"run {run_id} can't be undone", why="; ".join(reasons), next_step=next_step)
