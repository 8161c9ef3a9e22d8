"""Model instances → changes: what an edit of a row would be, as plain values. Reads no database, writes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.model import RowDelete, RowExpect, RowInsert, RowUpdate
from runbook_lib.systems.db.access import columns

if TYPE_CHECKING:
    from django.db.models import Model


def update(instance: Model, **values: Any) -> tuple[RowUpdate, ...]:
    """Return the update that gives `instance` these column values; none when it has them already.

    Args:
        instance: The row as it was read.
        values: Column name (``application_id``, not ``application``) → new value, a `Sealed` or a `KeyOf`.
    """
    after = columns.differences(instance, values)
    if not after:
        return ()
    return (RowUpdate(**columns.place(instance), before=columns.read(instance, after), after=after),)


def expect(instance: Model, *names: str) -> RowExpect:
    """Return the demand that these columns of a row still hold, when the plan is applied, what was read."""
    return RowExpect(**columns.place(instance), values=columns.read(instance, names))


def insert(instance: Model, *, unless: tuple[str, ...] = ()) -> RowInsert:
    """Return the insertion of an unsaved instance, its Python-side defaults included.

    Args:
        instance: The new row; an automatic key is left to the database.
        unless: Columns that together must not exist yet.
    """
    place = columns.place(instance)
    given = tuple(name for name, value in place["pk"].items() if value is not None)
    return RowInsert(**place, row=columns.row(instance), unless=unless or given)


def delete(instance: Model) -> RowDelete:
    """Return the deletion of a row as it was read; the whole row is kept in it."""
    return RowDelete(**columns.place(instance), row=columns.row(instance))
