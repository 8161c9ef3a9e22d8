"""Reversible row changes on one database: lock, compare, write, verify."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

from runbook_lib.model import Database, Json, KeyOf, RowChange, RowExpect, RowInsert, RowUpdate, Sealed, fingerprint
from runbook_lib.systems.db.access import (
    columns,
    connection,
    drift,
    matching,
    passwords,
    predicted,
    unlogged,
    witness,
)
from runbook_lib.systems.db.access.guard import translate_errors

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model

    from runbook_lib.model.predictions import Prediction

Resolve = Callable[[str], str]  # a secret reference → the secret


class Rows:
    """The rows of one database; implements `runbook_lib.model.protocols.RowStore`."""

    def __init__(self, database: Database, *, resolve: Resolve) -> None:
        self.database = database
        self._resolve = resolve

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction; without `Transaction.commit`, the end of the block rolls it back.

        Raises:
            NothingChanged: A translated database error; see `runbook_lib.systems.db.access.guard.translate_errors`.
        """
        with translate_errors(self.database):
            atomic = transaction.atomic(using=self.database, durable=True)
            atomic.__enter__()
            opened = Transaction(self.database, resolve=self._resolve, atomic=atomic)
            try:
                yield opened
            finally:
                opened.roll_back()

    def reconnect(self) -> None:
        """Close the connection; the next read opens a new one."""
        connection.reconnect(self.database)

    def check_schema(self, changes: Sequence[RowChange]) -> None:
        """Raise if the tables of these changes are not as the models expect.

        Raises:
            SchemaDrift: A difference can change the meaning of a write.
        """
        with translate_errors(self.database):
            check_schema(self.database, changes)

    def wait_for_other_writers(self, changes: Sequence[RowChange]) -> None:
        """Wait until no transaction that wrote these rows is open, such as the one of a lost connection."""
        with self.transaction():
            matching.lock(changes)

    def is_committed(self, witness_: str) -> bool | None:
        """Return whether the transaction of this witness was committed; None if the database can't determine it."""
        with translate_errors(self.database):
            return witness.is_committed(self.database, witness_)

    def is_applied(self, change: RowChange) -> bool:
        """Return whether the row now has the values that `change` sets."""
        with translate_errors(self.database):
            row = matching.read_row(matching.row_query(change))
            if isinstance(change, RowUpdate):
                return row is not None and not matching.differences(change.after, row)
            if isinstance(change, RowInsert):
                return row is not None and not matching.differences(change.row, row)
            return row is None

    def differences(self, prediction: Prediction, *, since: datetime) -> tuple[str, ...]:
        """Return a line per column that differs from a prediction about a call made after `since`."""
        with translate_errors(self.database):
            return predicted.differences(prediction, since=since)


class Transaction:
    """An open transaction; implements `runbook_lib.model.protocols.RowTransaction`."""

    def __init__(self, database: Database, *, resolve: Resolve, atomic: transaction.Atomic) -> None:
        self._database = database
        self._resolve = resolve
        self._atomic = atomic
        self._ended = False

    def lock(self, changes: Sequence[RowChange | RowExpect]) -> None:
        """Lock every row of the changes, ordered by table and key, and compare it with the plan.

        An insertion locks the rows that its `unless` columns refer to. On PostgreSQL, no other session can then add a
        row that refers to them. On SQLite, the transaction is the only writer from its beginning.

        Raises:
            SchemaDrift: A table is not as the models expect, so the change could mean something else.
            StalePlan: A row differs from the plan.
        """
        check_schema(self._database, changes)
        matching.lock(changes)
        for change in changes:
            matching.compare(change)

    def write(self, change: RowChange) -> RowChange:
        """Write one change; return it with the stored key and fingerprints.

        Raises:
            StalePlan: The row differs from the plan.
        """
        if isinstance(change, RowUpdate):
            return self._update(change)
        if isinstance(change, RowInsert):
            return self._insert(change)
        if not matching.row_query(change).delete()[0]:
            raise matching.missing_row_error(change)
        return change

    def check_constraints(self) -> None:
        """Check every constraint now: ``SET CONSTRAINTS ALL IMMEDIATE``, or SQLite's foreign key check."""
        connections[self._database].check_constraints()

    def witness(self) -> str:
        """Return the identifier of this transaction for `Rows.is_committed`; empty if the database has none."""
        return witness.take(self._database)

    def commit(self) -> None:
        """Commit the transaction."""
        self._ended = True
        self._atomic.__exit__(None, None, None)

    def roll_back(self) -> None:
        """Roll the transaction back, unless it was committed."""
        if not self._ended:
            self._ended = True
            transaction.set_rollback(True, using=self._database)
            self._atomic.__exit__(None, None, None)

    def _update(self, change: RowUpdate) -> RowUpdate:
        stored = matching.read_row(matching.row_query(change))
        if stored is None:
            raise matching.missing_row_error(change)
        sealed = {name: planned for name, planned in change.before.items() if isinstance(planned, Sealed)}
        if not all(planned.matches(stored[name]) for name, planned in sealed.items()):
            raise matching.stale_row_error(change, change.before, stored)
        before = {
            name: planned
            for name, planned in change.before.items()
            # Both are compared under the lock: a server's log shows what is compared in SQL, and JSON has no = there.
            if not isinstance(planned, dict | list | Sealed)
        }
        query = matching.row_query(change)
        query = query.filter(**matching.condition(query.model, before))
        after = {name: self._stored_value(change, value) for name, value in change.after.items()}
        if query.update(**self._attributes(query.model, change.after, after)) != 1:
            raise matching.stale_row_error(change, change.before, matching.read_row(matching.row_query(change)) or {})
        return dataclasses.replace(change, after=_with_fingerprints(change.after, after))

    def _insert(self, change: RowInsert) -> RowInsert:
        model = matching.model_of(change)
        row = {name: self._stored_value(change, value) for name, value in change.row.items()}
        explicit_key = {name: value for name, value in change.pk.items() if value is not None}
        instance = model(**self._attributes(model, change.row, row | explicit_key))
        instance.save(force_insert=True, using=self._database)
        key = {name: columns.to_json(instance.pk) for name in change.pk}
        return dataclasses.replace(change, pk=key, row=_with_fingerprints(change.row, row))

    def _attributes(
        self, model: type[Model], planned: Mapping[str, Json], stored: Mapping[str, Json]
    ) -> dict[str, Any]:
        """Return the stored values as attribute → value for Django; a password's hash reaches no log of the server."""
        sealed = {name for name, value in planned.items() if isinstance(value, Sealed)}
        fields = columns.fields(model)
        hidden = {fields[name].attname: unlogged.pass_value(self._database, str(stored[name])) for name in sealed}
        return columns.attributes(model, {name: stored[name] for name in stored if name not in sealed}) | hidden

    def _stored_value(self, change: RowChange, value: Json) -> Json:
        """Return the value to store for a planned one: the password's hash for a `Sealed`, the key for a `KeyOf`."""
        if isinstance(value, KeyOf):
            instance = matching.select(change.database, value.table, {value.column: value.value}).get()
            return columns.to_json(instance.pk)
        return passwords.make_hash(self._resolve(value.source)) if isinstance(value, Sealed) else value


def check_schema(database: Database, changes: Sequence[RowChange | RowExpect]) -> None:
    """Raise `SchemaDrift` if a table of these changes is not as the models expect."""
    expects = {change.table for change in changes if isinstance(change, RowExpect)}
    drift.check_write(
        database, reads=expects, writes={change.table for change in changes if not isinstance(change, RowExpect)}
    )


def _with_fingerprints(planned: Mapping[str, Json], stored: Mapping[str, Json]) -> dict[str, Json]:
    """Return the stored values; each sealed value stays sealed and gets the fingerprint of the stored one."""
    return {
        name: dataclasses.replace(value, fingerprint=fingerprint(str(stored[name])))
        if isinstance(value, Sealed)
        else stored[name]
        for name, value in planned.items()
    }
