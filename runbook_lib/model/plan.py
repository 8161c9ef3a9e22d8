"""Plans and receipts: what a procedure would do, or did, in order; plain frozen values, no I/O."""

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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Plan:
    """What a procedure would do, in order; or nothing, and then it says why.

    A procedure gives changes (or a reason) and warnings; the engine fills in the rest.

    Attributes:
        procedure: The procedure's name.
        params: Its parameters in JSON form; a secret is its reference.
        changes: In the order in which they take effect: what users see comes last.
        because: Why there is nothing to do; empty exactly when there are changes.
        expects: Rows that are only read, but on which the plan relies; compared and locked like the changed ones.
        warnings: What the operator should know before applying, one sentence each.
        targets: Which databases and clouds this was planned against, without credentials.
        created: When it was made, ISO 8601, UTC.
        undoes: The run this takes back; empty for a procedure's own plan.
    """

    procedure: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    because: str = ""
    warnings: tuple[str, ...] = ()
    expects: tuple[RowExpect, ...] = ()
    targets: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    undoes: str = ""

    def __post_init__(self) -> None:
        """Hold the two rules: an empty plan says why; a database's rows are one run of changes.

        Raises:
            InvalidPlan: A procedure broke one of them (a defect of the procedure, not of its input).
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
        return tuple(c for c in self.changes if not isinstance(c, Call) and c.database == database)

    @property
    def plan_id(self) -> str:
        """The first twelve hex digits of a digest over everything the plan says."""
        return str(self.as_json()["plan_id"])

    @property
    def irreversible(self) -> tuple[Change, ...]:
        """The changes that undo can't bring back."""
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
    """What became of an applied plan.

    Attributes:
        run_id: The journal's name for this run.
        plan: What was to be done.
        state: ``applied``, ``nothing-to-do``, ``partly-applied``, ``verify-failed`` or ``not-applied``.
        receipt: The changes that were made, with the keys the database assigned.
    """

    run_id: str
    plan: Plan
    state: str
    receipt: tuple[Change, ...] = ()

    @property
    def verified(self) -> bool:
        """True when everything was read back as planned."""
        return self.state in {"applied", "nothing-to-do"}

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: the plan's, with run_id, state, verified and the receipt."""
        return {
            **self.plan.as_json(),
            "run_id": self.run_id,
            "state": self.state,
            "verified": self.verified,
            "receipt": changes_as_json(self.receipt),
        }
