"""Reversible row changes on one database: lock, compare, write, read back."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.db.models import ForeignKey

from runbook_lib.changes import (
    Database,
    Json,
    KeyOf,
    RowChange,
    RowExpect,
    RowInsert,
    RowUpdate,
    Sealed,
    fingerprint,
    row_name,
)
from runbook_lib.db import columns, connection, passwords
from runbook_lib.db.guard import translated
from runbook_lib.errors import StalePlan

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

Resolve = Callable[[str], str]  # a secret reference → the secret


class Rows:
    """The rows of one database; satisfies `runbook_lib.systems.RowStore`."""

    def __init__(self, database: Database, *, resolve: Resolve) -> None:
        self.database = database
        self._resolve = resolve

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction; left without `Transaction.commit`, it is rolled back.

        Raises:
            NothingChanged: Database errors in our words; see `runbook_lib.db.guard.translated`.
        """
        with translated(self.database):
            atomic = transaction.atomic(using=self.database, durable=True)
            atomic.__enter__()
            open_ = Transaction(self.database, resolve=self._resolve, atomic=atomic)
            try:
                yield open_
            finally:
                open_.roll_back()

    def reconnect(self) -> None:
        """Drop the connection, so that the next read is on a fresh one."""
        connection.fresh(self.database)

    def wait_for_others(self, changes: Sequence[RowChange]) -> None:
        """Return when no transaction that wrote these rows is still open, such as that of a lost connection."""
        with self.transaction():
            _lock(changes)

    def holds(self, change: RowChange) -> bool:
        """Tell whether the row now reads as it should after `change`."""
        with translated(self.database):
            row = _read(_at(change))
            if isinstance(change, RowUpdate):
                return row is not None and not _differences(change.after, row)
            if isinstance(change, RowInsert):
                return row is not None and not _differences(change.row, row)
            return row is None


class Transaction:
    """An open transaction; satisfies `runbook_lib.systems.RowTransaction`."""

    def __init__(self, database: Database, *, resolve: Resolve, atomic: transaction.Atomic) -> None:
        self._database = database
        self._resolve = resolve
        self._atomic = atomic
        self._ended = False

    def lock(self, changes: Sequence[RowChange | RowExpect]) -> None:
        """Lock every row concerned, ordered by table and key, and compare it with the plan.

        An insertion locks the rows its `unless` columns refer to: on PostgreSQL nobody can then add a row that refers
        to them. On SQLite the transaction is the only writer from its beginning.

        Raises:
            StalePlan: A row is not as planned.
        """
        _lock(changes)
        for change in changes:
            _compare(change)

    def write(self, change: RowChange) -> RowChange:
        """Write one change; return it with the key and the fingerprints that are stored now.

        Raises:
            StalePlan: The row is not as planned.
        """
        if isinstance(change, RowUpdate):
            return self._update(change)
        if isinstance(change, RowInsert):
            return self._insert(change)
        if not _at(change).delete()[0]:
            raise _gone(change)
        return change

    def check_constraints(self) -> None:
        """Make every constraint speak now: ``SET CONSTRAINTS ALL IMMEDIATE``, or SQLite's foreign key check."""
        connections[self._database].check_constraints()

    def commit(self) -> None:
        """Commit."""
        self._ended = True
        self._atomic.__exit__(None, None, None)

    def roll_back(self) -> None:
        """Roll back, unless it was committed."""
        if not self._ended:
            self._ended = True
            transaction.set_rollback(True, using=self._database)
            self._atomic.__exit__(None, None, None)

    def _update(self, change: RowUpdate) -> RowUpdate:
        fields = columns.fields(_model(change))
        stored = _read(_at(change))
        if stored is None:
            raise _gone(change)
        query = _at(change)
        for name, planned in change.before.items():
            if isinstance(planned, dict | list):
                continue  # a JSON document: compared under the lock, and not with = in SQL
            value = stored[name] if isinstance(planned, Sealed) and planned.matches(stored[name]) else planned
            query = query.filter(**_where(fields[name].attname, columns.from_json(fields[name], value)))
        after = {name: self._text(change, value) for name, value in change.after.items()}
        values = {fields[name].attname: columns.from_json(fields[name], value) for name, value in after.items()}
        if query.update(**values) != 1:
            raise _stale(change, change.before, _read(_at(change)) or {})
        return dataclasses.replace(change, after=_marked(change.after, after))

    def _insert(self, change: RowInsert) -> RowInsert:
        model, fields = _model(change), columns.fields(_model(change))
        row = {name: self._text(change, value) for name, value in change.row.items()}
        given = row | {name: value for name, value in change.pk.items() if value is not None}
        values = {fields[name].attname: columns.from_json(fields[name], value) for name, value in given.items()}
        instance = model(**values)
        instance.save(force_insert=True, using=self._database)
        key = {name: columns.to_json(instance.pk) for name in change.pk}
        return dataclasses.replace(change, pk=key, row=_marked(change.row, row))

    def _text(self, change: RowChange, value: Json) -> Json:
        """Return what is stored for a planned value: a password's hash for a `Sealed`, a key for a `KeyOf`."""
        if isinstance(value, KeyOf):
            found = _select(change.database, value.table, {value.column: value.value}).values_list("pk", flat=True)
            return columns.to_json(found.get())
        return passwords.make(self._resolve(value.source)) if isinstance(value, Sealed) else value


def _lock(changes: Sequence[RowChange | RowExpect]) -> None:
    """Lock every row concerned, and what an insertion refers to, ordered by table and key."""
    wanted: dict[tuple[str, str], QuerySet[Model]] = {}
    for change in changes:
        for query in (_at(change), *_parents(change)):
            wanted[query.model._meta.db_table, str(query.query.where)] = query
    for name in sorted(wanted):
        list(wanted[name].select_for_update().values_list("pk"))


def _model(change: RowChange | RowExpect) -> type[Model]:
    return columns.model(change.database, change.table)


def _select(database: Database, table: str, where: Mapping[str, Json]) -> QuerySet[Model]:
    """Return the query for the rows with these column values."""
    model = columns.model(database, table)
    fields = columns.fields(model)
    query = model._base_manager.using(database)
    conditions: dict[str, Any] = {}
    for name, value in where.items():
        conditions |= _where(fields[name].attname, columns.from_json(fields[name], value))
    return query.filter(**conditions)


def _at(change: RowChange | RowExpect) -> QuerySet[Model]:
    """Return the query for the row of a change; by its `unless` columns when it has no key yet."""
    where = change.pk
    if isinstance(change, RowInsert) and None in change.pk.values():
        where = {name: change.row[name] for name in change.unless} or change.row
    return _select(change.database, change.table, where)


def _parents(change: RowChange | RowExpect) -> Iterator[QuerySet[Model]]:
    """Yield the rows that an insertion's `unless` columns refer to."""
    if isinstance(change, RowInsert):
        fields = columns.fields(_model(change))
        for name in change.unless:
            field, value = fields[name], {**change.row, **change.pk}[name]
            if isinstance(field, ForeignKey) and value is not None:
                parent = field.related_model._meta
                yield _select(change.database, parent.db_table, {str(parent.pk.column): value})


def _read(query: QuerySet[Model]) -> dict[str, Json] | None:
    """Return one row, column → JSON form, or None."""
    fields = columns.fields(query.model)
    values = query.values_list(*(field.attname for field in fields.values())).first()
    return None if values is None else {n: columns.to_json(v) for n, v in zip(fields, values, strict=True)}


def _compare(change: RowChange | RowExpect) -> None:
    """Compare a locked row with the plan."""
    row = _read(_at(change))
    if isinstance(change, RowInsert):
        if row is not None and change.unless:
            taken = ", ".join(change.unless)
            raise StalePlan(target=f"{change.database} {change.table}", column=taken, planned="absent", now="present")
        return
    if row is None:
        raise _gone(change)
    planned = _planned(change)
    if _differences(planned, row):
        raise _stale(change, planned, row)


def _planned(change: RowChange | RowExpect) -> Mapping[str, Json]:
    """Return the values that the plan saw in the row."""
    if isinstance(change, RowExpect):
        return change.values
    return change.before if isinstance(change, RowUpdate) else change.row


def _differences(planned: Mapping[str, Json], row: Mapping[str, Json]) -> list[str]:
    return [name for name, value in planned.items() if not columns.equal(value, row.get(name))]


def _stale(change: RowChange | RowExpect, planned: Mapping[str, Json], row: Mapping[str, Json]) -> StalePlan:
    target = f"{change.database} {row_name(change)}"
    for name in _differences(planned, row):
        now = columns.sealed(change.table, name, row.get(name))
        if isinstance(now, Sealed) or isinstance(planned[name], Sealed):
            return StalePlan(target=target, column=name, planned="one value", now="another (neither is shown)")
        return StalePlan(target=target, column=name, planned=planned[name], now=now)
    return _gone(change)


def _gone(change: RowChange | RowExpect) -> StalePlan:
    return StalePlan(target=f"{change.database} {row_name(change)}", column="the row", planned="present", now="absent")


def _marked(planned: Mapping[str, Json], stored: Mapping[str, Json]) -> dict[str, Json]:
    """Return what was stored; for each sealed value its mark and the fingerprint of what was stored."""
    return {
        name: dataclasses.replace(value, fingerprint=fingerprint(str(stored[name])))
        if isinstance(value, Sealed)
        else stored[name]
        for name, value in planned.items()
    }


def _where(attname: str, value: Any) -> dict[str, Any]:
    return {f"{attname}__isnull": True} if value is None else {attname: value}
