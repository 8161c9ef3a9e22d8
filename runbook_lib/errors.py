"""Everything that can go wrong, and what the operator does next.

::

    RunbookError
    ├── NothingChanged
    │   ├── ParamError       exit 2   a parameter or the command itself is wrong
    │   ├── NotConnected     exit 7   a system does not answer
    │   ├── SchemaDrift      exit 3   the database is not the one this release knows
    │   ├── TargetNotFound   exit 3   what the parameters name does not exist
    │   ├── Refused          exit 3   it exists, but must not be done
    │   ├── StalePlan        exit 4   the world moved since the plan was made
    │   └── CannotUndo       exit 3   this run can't be taken back
    ├── PartlyApplied        exit 5   some changes were made, then one failed
    └── VerifyFailed         exit 6   everything was applied, reading back differs

The first line of each class answers the operator's first question: was anything changed?
Callers pass facts; the class makes the sentences. No secret is ever passed to an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXIT_OK = 0


class RunbookError(Exception):
    """The root: says what happened, why, and what to do next.

    Attributes:
        what: One sentence: what failed, with the names of the things concerned.
        why: The reason, as far as it is known; may be empty.
        next_step: A command, a page, or whom to ask with what.
        changed: Whether anything was changed, in any system.
        exit_code: The exit code of the command line.
        details: What else the JSON form holds, such as the doctor's findings.
    """

    changed: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(self, *, what: str, why: str = "", next_step: str) -> None:
        """Keep the three parts; ``str()`` of the error is all of them."""
        self.what = what
        self.why = why
        self.next_step = next_step
        self.details: dict[str, Any] = {}
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes: its constructor takes facts by name, which pickle can't."""
        return _again, (type(self), self.args, self.__dict__)

    @classmethod
    def slug(cls) -> str:
        """Return the name in kebab case: the ``error`` of the JSON form and the anchor on the errors page."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def promise(cls) -> str:
        """Return the first line of the class's docstring: what became of the systems."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    def __str__(self) -> str:
        """Return the whole message: what, why, whether anything changed, next step."""
        parts = [self.what, self.why, self.promise(), f"Next: {self.next_step}"]
        return "\n".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: error, what, why, next_step, changed."""
        return {
            "error": self.slug(),
            "what": self.what,
            "why": self.why,
            "next_step": self.next_step,
            "changed": self.changed,
            **self.details,
        }


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
    """Nothing was changed: a system could not be reached."""

    exit_code = 7

    def __init__(self, *, system: str, address: str, reason: str, next_step: str = "") -> None:
        """Name the system, where it was looked for (without credentials) and what it answered."""
        self.system = system
        super().__init__(
            what=f"{system} cannot be reached at {address}",
            why=reason,
            next_step=next_step or "check the address and that the system runs: runbook doctor",
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
            next_step=f"compare the whole schema with 'runbook doctor', then check which release {database} runs",
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


class StalePlan(NothingChanged):
    """Nothing was changed: the world is no longer as the plan found it."""

    exit_code = 4

    def __init__(self, *, target: str, column: str, planned: object, now: object) -> None:
        """Name the row or object, the column, the value the plan expected and the value found."""
        self.target, self.column, self.planned, self.now = target, column, planned, now
        super().__init__(
            what=f"{target}: {column} was {planned!r} when the plan was made and is {now!r} now",
            why="somebody or something changed it in between; applying the plan would overwrite that change",
            next_step="plan again, read the new plan, and apply that one",
        )


class CannotUndo(NothingChanged):
    """Nothing was changed: this run can't be taken back."""

    exit_code = 3

    def __init__(self, *, run_id: str, reasons: Sequence[str], next_step: str) -> None:
        """Name the run and everything that stands in the way."""
        super().__init__(what=f"run {run_id} can't be undone", why="; ".join(reasons), next_step=next_step)


class PartlyApplied(RunbookError):
    """Something WAS changed: some changes were made, then one failed.

    Attributes:
        receipt: The JSON of the receipt: the changes that were made, and only those.
    """

    changed = True
    exit_code = 5

    def __init__(
        self,
        *,
        run_id: str,
        done: Sequence[str],
        failed: str,
        cause: str,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        """Name the run, every change that was made, the one that failed, and why it did."""
        self.run_id = run_id
        self.receipt = dict(receipt or {})
        super().__init__(
            what=f"run {run_id} was applied only in part: done: {'; '.join(done)}; failed: {failed}",
            why=cause,
            next_step=(
                f"mend the cause and run the procedure again (it completes what is missing), "
                f"or take back what was done: runbook undo {run_id} --reason '...'"
            ),
        )


class VerifyFailed(RunbookError):
    """Everything WAS applied, but reading it back shows something else."""

    changed = True
    exit_code = 6

    def __init__(self, *, run_id: str, mismatches: Sequence[str]) -> None:
        """Name the run and each change that does not hold."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} was applied, but does not hold: {'; '.join(mismatches)}",
            why="another writer changed the same thing right afterwards, or the system did not keep the change",
            next_step=f"look at the rows named above; take the run back with: runbook undo {run_id} --reason '...'",
        )


def _again(kind: type[RunbookError], args: tuple[Any, ...], facts: dict[str, Any]) -> RunbookError:
    """Return the error that another process raised."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class CommitUnknown(Exception):
    """For the engine, never for the operator: the connection was lost during a commit, which may have happened."""

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"the connection to the {database} database was lost during the commit")


class CallUnsettled(Exception):
    """For the engine, never for the operator: a call failed, and something was, or may have been, changed by it.

    A gateway raises it where reading back can't show it: the engine then counts the call among what was done.
    """


def all_errors() -> tuple[type[RunbookError], ...]:
    """Return every class that is raised, in the order of the tree above."""
    return (
        ParamError,
        NotConnected,
        SchemaDrift,
        TargetNotFound,
        Refused,
        StalePlan,
        CannotUndo,
        PartlyApplied,
        VerifyFailed,
    )
