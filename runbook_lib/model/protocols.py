"""The protocols of databases and outside systems that the engine uses and the gateways implement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from runbook_lib.model import Call, Change, Database, Json, RowChange, RowExpect, SystemId
    from runbook_lib.model.predictions import Prediction


class RowTransaction(Protocol):
    """An open transaction on one database; left without `commit`, it is rolled back."""

    def lock(self, changes: Sequence[RowChange | RowExpect]) -> None:
        """Lock every row concerned in one fixed order and compare it with the plan.

        Raises:
            SchemaDrift: A table is not as the models expect.
            StalePlan: A row is not as planned.
        """

    def write(self, change: RowChange) -> RowChange:
        """Write one change, unless the row moved; return it with the keys and fingerprints that were stored."""

    def check_constraints(self) -> None:
        """Check every constraint now, the deferred ones too."""

    def witness(self) -> str:
        """Return what identifies this transaction for `RowStore.is_committed`; empty when nothing can."""

    def commit(self) -> None:
        """Commit."""


class RowStore(Protocol):
    """One database, as the engine needs it."""

    def transaction(self) -> AbstractContextManager[RowTransaction]:
        """Open a transaction."""

    def reconnect(self) -> None:
        """Drop the connection, so that the next read is on a fresh one."""

    def check_schema(self, changes: Sequence[RowChange]) -> None:
        """Raise `SchemaDrift` if the tables of these changes are not as the models expect."""

    def wait_for_other_writers(self, changes: Sequence[RowChange]) -> None:
        """Return when no transaction that wrote these rows is still open, such as that of a lost connection."""

    def is_committed(self, witness: str) -> bool | None:
        """Return whether the transaction of this witness was committed; None when the database cannot say."""

    def is_applied(self, change: RowChange) -> bool:
        """Return whether the row now has the values that `change` sets."""

    def differences(self, prediction: Prediction, *, since: datetime) -> tuple[str, ...]:
        """Return a line per column that differs from a prediction about a call made after `since`."""


class Outside(Protocol):
    """A system outside the databases, as the engine needs it."""

    def current(self, call: Call) -> Json:
        """Return the value that `call` would change, as it is now."""

    def perform(self, call: Call) -> None:
        """Make the call; return only when it took effect."""


class Systems(Protocol):
    """What the engine needs of the world."""

    def now(self) -> datetime:
        """Return the present time, UTC."""

    def rows(self, database: Database) -> RowStore:
        """Return one database."""

    def outside(self, system: SystemId) -> Outside:
        """Return the system that a `Call` names."""

    def exclusively(self, changes: Sequence[Change]) -> AbstractContextManager[None]:
        """Let no other runbook change the same tables and systems until left."""

    def reading(self) -> AbstractContextManager[None]:
        """Refuse every write, in every system, until left."""

    def read_systems(self) -> Collection[str]:
        """Return the systems that were read while `reading` was open last, as `targets` names them."""

    def targets(self, identified: Collection[str] = ()) -> Mapping[str, str]:
        """Return system → address, without credentials; those of `identified` with what they report of themselves."""
