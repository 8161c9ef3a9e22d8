"""Plans and outcomes: the changes that a procedure would make or made, as plain frozen values, without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import InvalidPlan
from runbook_lib.model import (
    Call,
    Change,
    Database,
    Json,
    RowChange,
    RowExpect,
    canonical,
    changes_as_json,
    changes_from_json,
    fingerprint,
)
from runbook_lib.model.practice import is_practice
from runbook_lib.model.predictions import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Plan:
    """The changes that a procedure would make, in order, or the reason why there are none.

    A procedure sets the changes or the reason, and the warnings. The engine sets the other fields.

    Attributes:
        procedure: The procedure's name.
        params: The parameters in JSON form; a secret is its reference.
        changes: The changes in the order in which they take effect; changes that users see come last.
        because: Why there is nothing to do; empty exactly when there are changes.
        expects: Rows that the plan only reads but relies on; they are compared and locked like the changed ones.
        warnings: Facts that the operator needs before applying, one sentence each.
        predictions: The rows that Atmosphere writes in consequence of the calls. They are shown and compared
            afterwards; a wrong prediction is reported, and is not a failure.
        targets: The systems for which the plan was made, without credentials.
        created: The timestamp of the plan, ISO 8601, UTC.
        undoes: The run that this plan undoes; empty for a procedure's own plan.
    """

    procedure: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    because: str = ""
    warnings: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    expects: tuple[RowExpect, ...] = ()
    targets: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    undoes: str = ""

    def __post_init__(self) -> None:
        """Check two rules: an empty plan has a reason, and the rows of one database are adjacent.

        Raises:
            InvalidPlan: The procedure broke a rule. This is a defect of the procedure, not of its input.
        """
        if bool(self.changes) == bool(self.because):
            raise InvalidPlan("a plan has either changes or a reason why there are none")
        if len(stages := list(self.stages())) != len({name for name in stages if isinstance(name, str)}) + sum(
            isinstance(name, Call) for name in stages
        ):
            raise InvalidPlan("the rows of one database are one transaction; put them side by side")

    def stages(self) -> Iterator[Database | Call]:
        """Yield the commits and calls in order: a database's name once for its run of rows, and each call."""
        previous: str | None = None
        for change in self.changes:
            if isinstance(change, Call):
                previous = None
                yield change
            elif change.database != previous:
                previous = change.database
                yield change.database

    def expected(self, database: Database) -> tuple[RowExpect, ...]:
        """Return the rows of one database that must hold, in order."""
        return tuple(expect for expect in self.expects if expect.database == database)

    def rows(self, database: Database) -> tuple[RowChange, ...]:
        """Return the row changes of one database, in order."""
        return tuple(change for change in self.changes if not isinstance(change, Call) and change.database == database)

    @property
    def plan_id(self) -> str:
        """The first twelve hex digits of a digest of the entire plan."""
        return str(self.as_json()["plan_id"])

    @property
    def irreversible(self) -> tuple[Change, ...]:
        """The irreversible changes."""
        return tuple(change for change in self.changes if not change.reversible)

    @property
    def is_logged_outside(self) -> bool:
        """Whether a system keeps a log of its own of some of the changes; it then logs their undo too."""
        return any(isinstance(change, Call) and change.system.kind.facts.keeps_log for change in self.changes)

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints and plan files hold; `from_json` reads it back."""
        body: dict[str, Any] = {
            "procedure": self.procedure,
            "params": dict(self.params),
            "because": self.because,
            "changes": changes_as_json(self.changes),
            "warnings": list(self.warnings),
            "predictions": [prediction.as_json() for prediction in self.predictions],
            "expects": [expect.as_json() for expect in self.expects],
            "targets": dict(self.targets),
            "created": self.created,
            "undoes": self.undoes,
        }
        facts = {"practice": is_practice(self.targets), "plan_id": fingerprint(canonical(body))[:12]}
        return body | facts

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Plan:
        """Return the plan that `as_json` wrote.

        Raises:
            ValueError: The object was altered: its ``plan_id`` is not the digest of its contents.
        """
        plan = cls(
            procedure=body["procedure"],
            params=body["params"],
            changes=changes_from_json(body["changes"]),
            because=body["because"],
            warnings=tuple(body["warnings"]),
            predictions=tuple(map(Prediction.from_json, body["predictions"])),
            expects=tuple(RowExpect.from_json(expect) for expect in body["expects"]),
            targets=body["targets"],
            created=body["created"],
            undoes=body["undoes"],
        )
        if plan.plan_id != body["plan_id"]:
            msg = f"plan {body['plan_id']} was altered after it was made"
            raise ValueError(msg)
        return plan


@dataclass(frozen=True)
class Outcome:
    """The outcome of an applied plan.

    Attributes:
        run_id: The run's ID in the journal.
        plan: The planned changes.
        state: ``applied``, ``nothing-to-do``, ``partly-applied``, ``verify-failed``, ``not-applied`` or ``unknown``.
        receipt: The changes that were made, with the keys the database assigned.
        unknown_step: The step whose outcome is unknown; empty if there is none.
        journal_head: Number and digest of the journal record of this outcome; empty if none was written.
        surprises: The predictions that were wrong, one line each, or why they could not be compared.
    """

    run_id: str
    plan: Plan
    state: str
    receipt: tuple[Change, ...] = ()
    unknown_step: str = ""
    journal_head: str = ""
    surprises: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether all changes are in effect."""
        return self.state in {"applied", "nothing-to-do"}

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: the plan's, with run_id, state, verified and the receipt."""
        return {
            **self.plan.as_json(),
            "run_id": self.run_id,
            "state": self.state,
            "verified": self.verified,
            "unknown_step": self.unknown_step,
            "journal_head": self.journal_head,
            "surprises": list(self.surprises),
            "receipt": changes_as_json(self.receipt),
        }
