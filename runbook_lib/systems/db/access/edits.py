"""Row changes as plain values, made from model instances. This module neither reads nor writes a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.model import RowDelete, RowExpect, RowInsert, RowUpdate
from runbook_lib.systems.db.access import columns

if TYPE_CHECKING:
    from django.db.models import Model


def update(instance: Model, **values: Any) -> tuple[RowUpdate, ...]:
    """Return the update that sets these column values; empty if `instance` already has them.

    Args:
        instance: The row as it was read.
        values: Column name (``application_id``, not ``application``) → new value, a `Sealed` or a `KeyOf`.
    """
    after = columns.differences(instance, values)
    if not after:
        return ()
    return (RowUpdate(**columns.locate(instance), before=columns.read_values(instance, after), after=after),)


def expect(instance: Model, *names: str) -> RowExpect:
    """Return the condition that, when the plan is applied, these columns still have the values that were read."""
    return RowExpect(**columns.locate(instance), values=columns.read_values(instance, names))


def insert(instance: Model, *, unless: tuple[str, ...] = ()) -> RowInsert:
    """Return the insertion of an unsaved instance, including its Python-side defaults.

    Args:
        instance: The new row; the database assigns an automatic key.
        unless: Columns whose combined values no existing row may have.
    """
    location = columns.locate(instance)
    explicit_key = tuple(name for name, value in location["pk"].items() if value is not None)
    return RowInsert(**location, row=columns.row_values(instance), unless=unless or explicit_key)


def delete(instance: Model) -> RowDelete:
    """Return the deletion of a row as it was read; the deletion keeps every column."""
    return RowDelete(**columns.locate(instance), row=columns.row_values(instance))
