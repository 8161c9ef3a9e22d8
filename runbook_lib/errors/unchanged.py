"""The errors after which everything is as it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Sequence


Trouble = Literal[
    "unreachable",  # no response that can be used: silence, a time limit, an error of the server, a maintenance
    "login",  # the system does not accept the account
    "wrong-answer",  # something responds, and not as a system of that kind does
]


WRITABLE_HOME = "set RUNBOOK_HOME to a folder that you can write to"


class NothingChanged(RunbookError):
    """Nothing was changed."""


class ParamError(NothingChanged):
    """Nothing was changed: a parameter, or the command itself, is wrong."""

    exit_code = 2

    def __init__(self, *, problems: Sequence[str], next_step: str, procedure: str = "") -> None:
        """Report every problem at once, so that one correction is enough."""
        self.problems = tuple(problems)
        subject = f"{procedure}: " if procedure else ""
        super().__init__(what=subject + "; ".join(problems), next_step=next_step)


class NotConnected(NothingChanged):
    """Nothing was changed: a system could not be reached.

    Attributes:
        system: Which.
        address: Where it was looked for, without credentials.
        kind: What is the trouble with it; code decides by this, never by the sentences.
    """

    exit_code = 7

    def __init__(self, *, kind: Trouble, system: str, address: str, reason: str, next_step: str = "") -> None:
        """Name the trouble, the system, where it was looked for (without credentials) and what it answered."""
        self.kind = kind
        self.system, self.address = system, address
        super().__init__(
            what=f"{system} cannot be reached at {address}",
            why=reason,
            next_step=next_step or f"check the address and that the system runs: {commands.DOCTOR}",
        )


class SchemaDrift(NothingChanged):
    """Nothing was changed: the database does not have the tables or columns that this release expects."""

    exit_code = 3

    def __init__(self, *, database: str, missing: Sequence[str]) -> None:
        """Name the database and each missing ``table`` or ``table.column``."""
        self.missing = tuple(missing)
        super().__init__(
            what=f"the {database} database has no {', '.join(missing)}",
            why="this runbook knows the tables of Atmosphere v37 and Troposphere v36; this is another release's",
            next_step=f"compare the whole schema with '{commands.DOCTOR}', then check which release {database} runs",
        )


class TargetNotFound(NothingChanged):
    """Nothing was changed: what the parameters name does not exist."""

    exit_code = 3

    def __init__(self, *, kind: str, key: str, where: str, similar: Sequence[str] = (), next_step: str = "") -> None:
        """Name the kind of thing, the key it was looked up by, and where; offer similar keys."""
        self.similar = tuple(similar)
        guess = f"did you mean {' or '.join(similar)}?" if similar else ""
        super().__init__(
            what=f"there is no {kind} {key} in {where}",
            why=guess,
            next_step=next_step or "check the spelling; parameters are taken literally, upper and lower case included",
        )


class Refused(NothingChanged):
    """Nothing was changed: the request is understood and was refused."""

    exit_code = 3

    @classmethod
    def unwritable(cls, what: str, error: OSError) -> Self:
        """Return the refusal for a file below ``RUNBOOK_HOME`` that can't be written."""
        return cls(what=f"{what} can't be written", why=str(error.strerror), next_step=WRITABLE_HOME)


class StalePlan(NothingChanged):
    """Nothing was changed: the world is no longer as the plan found it."""

    exit_code = 4

    def __init__(  # noqa: PLR0913 - all by name; each is a fact of the error
        self, *, target: str, column: str, planned: object, now: object, what: str = "", why: str = ""
    ) -> None:
        """Name the row or object, the column, the value the plan expected and the value found."""
        self.target, self.column, self.planned, self.now = target, column, planned, now
        super().__init__(
            what=what or f"{target}: {column} was {planned!r} when the plan was made and is {now!r} now",
            why=why or "somebody or something changed it in between; applying the plan would overwrite that change",
            next_step="plan again, read the new plan, and apply that one",
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
    """Nothing was changed: this run can't be taken back."""

    exit_code = 3

    def __init__(self, *, run_id: str, reasons: Sequence[str], next_step: str) -> None:
        """Name the run and everything that stands in the way."""
        super().__init__(what=f"run {run_id} can't be undone", why="; ".join(reasons), next_step=next_step)
