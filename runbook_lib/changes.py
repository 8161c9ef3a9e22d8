"""Changes of rows and of outside systems: plain frozen values, no I/O.

Every value of a row is held in its JSON form: text, whole number, boolean, null, list or object; a timestamp is
ISO 8601 in UTC; a uuid, a decimal and an IP address are text. ``runbook_lib.db`` converts from and to the column's
type. A value that must not be shown is a `Sealed`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Database = Literal["atmosphere", "troposphere"]
DATABASES: tuple[Database, ...] = ("atmosphere", "troposphere")
Json = Any  # what json.loads returns, or a Sealed


@dataclass(frozen=True)
class Sealed:
    """A password hash, which is never shown or kept: only where it comes from, and a mark to recognise it by.

    Attributes:
        source: The reference of the password it is made from, such as ``env:NEW_PASSWORD``; ``database`` for a hash
            found in a row.
        fingerprint: SHA-256 (hex) of the hash as stored in the row; None until it has been written or read.
    """

    source: str
    fingerprint: str | None = None

    def __str__(self) -> str:
        """Return words for people; never the value."""
        return "(a password hash, not shown)" if self.source == "database" else f"(hash of {self.source})"

    def matches(self, stored: object) -> bool:
        """Tell whether `stored`, the text in the row, is the value this stands for."""
        return self.fingerprint == fingerprint(str(stored))


@dataclass(frozen=True)
class KeyOf:
    """The key that the database gives to a row which the same plan inserts before: found by a unique column of it.

    Attributes:
        table: The row's table.
        column: A unique column other than the key, such as ``uuid``.
        value: Its value, which the plan chose.
    """

    table: str
    column: str
    value: str

    def __str__(self) -> str:
        """Return words for people."""
        return f"(the key of the new {self.table})"


def fingerprint(text: str) -> str:
    """Return the SHA-256 of `text` in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


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
        """The columns whose old value can't be brought back, because it is not kept."""
        return tuple(name for name, value in self.before.items() if isinstance(value, Sealed))

    @property
    def reversible(self) -> bool:
        """False when a value would be lost that can't be brought back."""
        return not self.lost

    def describe(self) -> str:
        """Return one line: the row and each column, before → after."""
        cells = ", ".join(f"{name}: {show(self.before[name])} → {show(self.after[name])}" for name in self.after)
        return f"update {self.database} {row_name(self)}  {cells}"

    def inverse(self) -> RowUpdate | None:
        """Return the update that puts back the old values that are kept; None when there are none."""
        kept = [name for name in self.after if name not in self.lost]
        if not kept:
            return None
        before, after = ({name: values[name] for name in kept} for values in (self.after, self.before))
        return dataclasses.replace(self, before=before, after=after)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object a column."""
        where = {"op": "update", "database": self.database, "table": self.table, "pk": dict(self.pk)}
        return [
            {**where, "column": name, "before": encode(self.before[name]), "after": encode(self.after[name])}
            for name in self.after
        ]


@dataclass(frozen=True)
class RowExpect:
    """A row that is not changed, but must still hold these values when the plan is applied; it is locked too."""

    database: Database
    table: str
    pk: Mapping[str, Json]
    values: Mapping[str, Json]

    def describe(self) -> str:
        """Return one line: the row and what it must hold."""
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
        pk: The primary key; its value is None while the database has not assigned it.
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
        return RowDelete(database=self.database, table=self.table, pk=self.pk, row=self.row)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object, with the columns that must not exist yet under ``unless``."""
        return [_whole_row("insert", self) | {"unless": list(self.unless)}]


@dataclass(frozen=True)
class RowDelete:
    """Delete one row, if it still is the row the plan saw; the whole row is kept so that it can come back."""

    database: Database
    table: str
    pk: Mapping[str, Json]
    row: Mapping[str, Json]

    @property
    def reversible(self) -> bool:
        """False when the row holds a value that is not kept."""
        return not any(isinstance(value, Sealed) for value in self.row.values())

    def describe(self) -> str:
        """Return one line: the table and the row that goes."""
        cells = ", ".join(f"{name}: {show(value)}" for name, value in self.row.items())
        return f"delete {self.database} {row_name(self)}  {cells}"

    def inverse(self) -> RowInsert | None:
        """Return the insertion of the same row under the same key; None when a value of it is not kept."""
        if not self.reversible:
            return None
        return RowInsert(database=self.database, table=self.table, pk=self.pk, row=self.row, unless=tuple(self.pk))

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object."""
        return [_whole_row("delete", self)]


@dataclass(frozen=True)
class Call:
    """One call to a system outside the databases, if the target still is as the plan saw it.

    Attributes:
        system: Which system, as `World.outside` knows it, e.g. ``glance:4`` (Glance of provider 4).
        target: The object, in the system's own words, e.g. an image's UUID.
        action: What is set or done, e.g. ``visibility``.
        before: The value now, None when there is none.
        after: The value wanted.
        reversible: False when no call brings `before` back.
    """

    system: str
    target: str
    action: str
    before: Json
    after: Json
    reversible: bool = True

    @property
    def in_steps(self) -> bool:
        """Whether it does several things on a host, of which a cut may leave only the first done."""
        return self.system in {"host", "workers"}

    @property
    def leaves_no_trace(self) -> bool:
        """Whether it is a command, of which nothing can be read back: not even whether it was run."""
        return self.action == "run"

    def describe(self) -> str:
        """Return one line: the system, the target and what becomes of it."""
        note = "" if self.reversible else "  (can't be taken back)"
        return f"call   {self.system} {self.target}  {self.action}: {show(self.before)} → {show(self.after)}{note}"

    def inverse(self) -> Call | None:
        """Return the call that brings the old value back; None when there is none."""
        if not self.reversible:
            return None
        return dataclasses.replace(self, before=self.after, after=self.before)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object."""
        return [{"op": "call"} | {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}]


RowChange = RowUpdate | RowInsert | RowDelete
Change = RowChange | Call


def changes_as_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the JSON objects of all changes, in order."""
    return [entry for change in changes for entry in change.as_json()]


def changes_from_json(entries: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes that `changes_as_json` wrote; neighbouring columns of one row become one update."""
    changes: list[Change] = []
    for entry in entries:
        change = _change_from_json(entry)
        last = changes[-1] if changes else None
        if (
            isinstance(change, RowUpdate)
            and isinstance(last, RowUpdate)
            and (last.database, last.table, last.pk) == (change.database, change.table, change.pk)
        ):
            changes[-1] = dataclasses.replace(
                last, before={**last.before, **change.before}, after={**last.after, **change.after}
            )
        else:
            changes.append(change)
    return tuple(changes)


def _change_from_json(entry: Mapping[str, Any]) -> Change:
    """Return one change; an update has one column here."""
    if entry["op"] == "call":
        return Call(**{name: value for name, value in entry.items() if name != "op"})
    where: dict[str, Any] = {"database": entry["database"], "table": entry["table"], "pk": entry["pk"]}
    if entry["op"] == "update":
        before, after = decode(entry["before"]), decode(entry["after"])
        return RowUpdate(**where, before={entry["column"]: before}, after={entry["column"]: after})
    row = {name: decode(value) for name, value in entry["row"].items()}
    if entry["op"] == "insert":
        return RowInsert(**where, row=row, unless=tuple(entry.get("unless", ())))
    return RowDelete(**where, row=row)


def _whole_row(op: str, change: RowInsert | RowDelete) -> dict[str, Any]:
    row = {name: encode(value) for name, value in change.row.items()}
    return {"op": op, "database": change.database, "table": change.table, "pk": dict(change.pk), "row": row}


def encode(value: Json) -> Json:
    """Return `value` as JSON; a `Sealed` or a `KeyOf` becomes an object that `decode` knows."""
    if isinstance(value, KeyOf):
        return {"key_of": value.table, "column": value.column, "value": value.value}
    return {"sealed": value.source, "fingerprint": value.fingerprint} if isinstance(value, Sealed) else value


def decode(value: Json) -> Json:
    """Return what `encode` was given."""
    if isinstance(value, dict) and value.keys() == {"sealed", "fingerprint"}:
        return Sealed(source=value["sealed"], fingerprint=value["fingerprint"])
    if isinstance(value, dict) and value.keys() == {"key_of", "column", "value"}:
        return KeyOf(table=value["key_of"], column=value["column"], value=value["value"])
    return value


def canonical(body: object) -> str:
    """Return the one JSON text of `body` that digests are made of: sorted keys, no blanks, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def row_name(change: RowChange | RowExpect) -> str:
    """Return the row's name as journal and messages use it: ``table:pk``, with ``new`` for an unassigned key."""
    key = ",".join("new" if value is None else str(value) for value in change.pk.values())
    return f"{change.table}:{key}"


def show(value: Json) -> str:
    """Return a value as one line of text for people: JSON, so ``"1"`` and ``1`` differ."""
    return str(value) if isinstance(value, Sealed | KeyOf) else json.dumps(value, ensure_ascii=False)
