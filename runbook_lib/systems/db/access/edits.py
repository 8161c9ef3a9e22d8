"""Model instances → changes: what an edit of a row would be, as plain values. Reads no database, writes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.model import KeyOf, RowDelete, RowExpect, RowInsert, RowUpdate, Sealed
from runbook_lib.systems.db.access import columns

if TYPE_CHECKING:
    from django.db.models import Model

    from runbook_lib.model import Json


def update(instance: Model, **values: Any) -> tuple[RowUpdate, ...]:
    """Return the update that gives `instance` these column values; none when it has them already.

    Args:
        instance: The row as it was read.
        values: Column name (``application_id``, not ``application``) → new value, a `Sealed` or a `KeyOf`.
    """
    table = instance._meta.db_table
    fields = columns.fields(type(instance))
    before, after = {}, {}
    for column, value in values.items():
        field = fields[column]
        old, new = columns.to_json(getattr(instance, field.attname)), columns.normal(field, value)
        if isinstance(new, Sealed | KeyOf) or old != new:
            before[column], after[column] = columns.sealed(table, column, old), new
    if not after:
        return ()
    return (
        RowUpdate(database=columns.database_of(instance), table=table, pk=_key(instance), before=before, after=after),
    )


def expect(instance: Model, *names: str) -> RowExpect:
    """Return the demand that these columns of a row still hold, when the plan is applied, what was read."""
    table = instance._meta.db_table
    return RowExpect(
        database=columns.database_of(instance),
        table=table,
        pk=_key(instance),
        values={name: columns.sealed(table, name, columns.to_json(getattr(instance, name))) for name in names},
    )


def insert(instance: Model, *, unless: tuple[str, ...] = ()) -> RowInsert:
    """Return the insertion of an unsaved instance, its Python-side defaults included.

    Args:
        instance: The new row; an automatic key is left to the database.
        unless: Columns that together must not exist yet.
    """
    key = _key(instance)
    return RowInsert(
        database=columns.database_of(instance),
        table=instance._meta.db_table,
        pk=key,
        row={name: value for name, value in _row(instance).items() if name not in key},
        unless=unless or tuple(name for name, value in key.items() if value is not None),
    )


def delete(instance: Model) -> RowDelete:
    """Return the deletion of a row as it was read; the whole row is kept in it."""
    key = _key(instance)
    return RowDelete(
        database=columns.database_of(instance),
        table=instance._meta.db_table,
        pk=key,
        row={name: value for name, value in _row(instance).items() if name not in key},
    )


def _key(instance: Model) -> dict[str, Json]:
    return {str(instance._meta.pk.column): columns.to_json(instance.pk)}


def _row(instance: Model) -> dict[str, Json]:
    table = instance._meta.db_table
    return {
        name: columns.sealed(table, name, columns.normal(field, getattr(instance, field.attname)))
        for name, field in columns.fields(type(instance)).items()
    }
