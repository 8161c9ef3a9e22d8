"""Convert changes to JSON, one object per column, row or call, and back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from runbook_lib.model.calls import Call
from runbook_lib.model.row_changes import RowChange, RowDelete, RowInsert, RowUpdate
from runbook_lib.model.system_id import SystemId
from runbook_lib.model.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Change = RowChange | Call


def changes_as_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the JSON objects of all changes, in order."""
    return [entry for change in changes for entry in change.as_json()]


def changes_from_json(entries: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes that `changes_as_json` wrote; neighboring columns of one row become one update."""
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
        values = {name: value for name, value in entry.items() if name != "op"}
        return Call(**{**values, "system": SystemId.parse(entry["system"])})
    where: dict[str, Any] = {"database": entry["database"], "table": entry["table"], "pk": entry["pk"]}
    if entry["op"] == "update":
        before, after = decode(entry["before"]), decode(entry["after"])
        return RowUpdate(**where, before={entry["column"]: before}, after={entry["column"]: after})
    row = {name: decode(value) for name, value in entry["row"].items()}
    kind = RowInsert if entry["op"] == "insert" else RowDelete
    return kind(**where, row=row, unless=tuple(entry.get("unless", ())))
