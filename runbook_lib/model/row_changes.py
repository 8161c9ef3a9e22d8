"""Changes of rows, each with its inverse, and rows that must stay unchanged."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.model.values import Database, Json, Sealed, decode, encode, show

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RowUpdate:
    """Set columns of one row, if they still hold the values the plan saw."""

    database: Database
    table: str
    pk: Mapping[str, Json]
    before: Mapping[str, Json]
    after: Mapping[str, Json]

    @property
    def lost(self) -> tuple[str, ...]:
        """The columns whose old value can't be restored, because it is not recorded."""
        return tuple(name for name, value in self.before.items() if isinstance(value, Sealed))

    @property
    def reversible(self) -> bool:
        """False when an old value can't be restored."""
        return not self.lost

    def describe(self) -> str:
        """Return one line: the row and each column, before → after."""
        cells = ", ".join(f"{name}: {show(self.before[name])} → {show(self.after[name])}" for name in self.after)
        return f"update {self.database} {row_name(self)}  {cells}"

    def inverse(self) -> RowUpdate | None:
        """Return the update that restores the recorded old values; None when there are none."""
        kept = [name for name in self.after if name not in self.lost]
        if not kept:
            return None
        before, after = ({name: values[name] for name in kept} for values in (self.after, self.before))
        return dataclasses.replace(self, before=before, after=after)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object per column."""
        where = {"op": "update", "database": self.database, "table": self.table, "pk": dict(self.pk)}
        return [
            {**where, "column": name, "before": encode(self.before[name]), "after": encode(self.after[name])}
            for name in self.after
        ]


@dataclass(frozen=True)
class RowExpect:
    """A row that must have these values when the plan is applied. It is locked, and not changed."""

    database: Database
    table: str
    pk: Mapping[str, Json]
    values: Mapping[str, Json]

    def describe(self) -> str:
        """Return one line: the row and the required values."""
        cells = ", ".join(f"{name}: {show(value)}" for name, value in self.values.items())
        return f"needs  {self.database} {row_name(self)}  {cells}"

    def as_json(self) -> dict[str, Any]:
        """Return one object; `from_json` reads it back."""
        values = {name: encode(value) for name, value in self.values.items()}
        return {"database": self.database, "table": self.table, "pk": dict(self.pk), "values": values}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> RowExpect:
        """Return the expectation that `as_json` wrote."""
        return cls(**{**body, "values": {name: decode(value) for name, value in body["values"].items()}})


@dataclass(frozen=True)
class RowInsert:
    """Add one row, if no row has the same values in the `unless` columns.

    Attributes:
        pk: The primary key; its value stays None until the database assigns it.
        row: Every other column that is NOT NULL or set.
        unless: Columns that together must not exist yet; empty when any number of equal rows may exist.
    """

    database: Database
    table: str
    pk: Mapping[str, Json]
    row: Mapping[str, Json]
    unless: tuple[str, ...] = ()
    reversible: bool = field(default=True, init=False)

    def describe(self) -> str:
        """Return one line: the table and the new row."""
        cells = ", ".join(f"{name}: {show(value)}" for name, value in self.row.items())
        return f"insert {self.database} {row_name(self)}  {cells}"

    def inverse(self) -> RowDelete:
        """Return the deletion of exactly this row."""
        return RowDelete(database=self.database, table=self.table, pk=self.pk, row=self.row, unless=self.unless)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object, with the columns that must not exist yet under ``unless``."""
        return [_row_as_json("insert", self) | {"unless": list(self.unless)}]


@dataclass(frozen=True)
class RowDelete:
    """Delete one row, if it still matches the plan. The complete row is recorded so that it can be restored.

    Attributes:
        unless: For the deletion that undoes an insertion: the insertion's `RowInsert.unless`, to repeat it later.
    """

    database: Database
    table: str
    pk: Mapping[str, Json]
    row: Mapping[str, Json]
    unless: tuple[str, ...] = ()

    @property
    def reversible(self) -> bool:
        """False when the row holds a value that is not recorded."""
        return not any(isinstance(value, Sealed) for value in self.row.values())

    def describe(self) -> str:
        """Return one line: the table and the deleted row."""
        cells = ", ".join(f"{name}: {show(value)}" for name, value in self.row.items())
        return f"delete {self.database} {row_name(self)}  {cells}"

    def inverse(self) -> RowInsert | None:
        """Return the insertion of the same row under the same key; None if one of its values is not recorded."""
        if not self.reversible:
            return None
        unless = self.unless or tuple(self.pk)
        return RowInsert(database=self.database, table=self.table, pk=self.pk, row=self.row, unless=unless)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object; with ``unless`` if the deletion undoes an insertion with such columns."""
        return [_row_as_json("delete", self) | ({"unless": list(self.unless)} if self.unless else {})]


RowChange = RowUpdate | RowInsert | RowDelete


def row_name(change: RowChange | RowExpect) -> str:
    """Return the row's name as journal and messages use it: ``table:pk``, with ``new`` for an unassigned key."""
    key = ",".join("new" if value is None else str(value) for value in change.pk.values())
    return f"{change.table}:{key}"


def _row_as_json(op: str, change: RowInsert | RowDelete) -> dict[str, Any]:
    row = {name: encode(value) for name, value in change.row.items()}
    return {"op": op, "database": change.database, "table": change.table, "pk": dict(change.pk), "row": row}
