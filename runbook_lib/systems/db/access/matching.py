"""Locks on the rows of planned changes, and their comparison with the values that the plan read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import ForeignKey

from runbook_lib.errors import StalePlan
from runbook_lib.model import Database, Json, RowChange, RowExpect, RowInsert, RowUpdate, Sealed, row_name
from runbook_lib.systems.db.access import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.models import Model, QuerySet


def lock(changes: Sequence[RowChange | RowExpect]) -> None:
    """Lock every row of the changes and every row that an insertion refers to, ordered by table and key."""
    queries: dict[tuple[str, str], QuerySet[Model]] = {}
    for change in changes:
        for query in (row_query(change), *_parents(change)):
            queries[query.model._meta.db_table, str(query.query.where)] = query
    for name in sorted(queries):
        list(queries[name].select_for_update().values_list("pk"))


def model_of(change: RowChange | RowExpect) -> type[Model]:
    """Return the model of a change's table."""
    return columns.model_of_table(change.database, change.table)


def select(database: Database, table: str, where: Mapping[str, Json]) -> QuerySet[Model]:
    """Return the query for the rows with these column values."""
    model = columns.model_of_table(database, table)
    return model._base_manager.using(database).filter(**condition(model, where))


def row_query(change: RowChange | RowExpect) -> QuerySet[Model]:
    """Return the query for the row of a change: by key, or by its `unless` columns if it has no key yet."""
    where = change.pk
    if isinstance(change, RowInsert) and None in change.pk.values():
        where = {name: change.row[name] for name in change.unless} or change.row
    return select(change.database, change.table, where)


def _parents(change: RowChange | RowExpect) -> Iterator[QuerySet[Model]]:
    """Yield the rows that an insertion's `unless` columns refer to."""
    if isinstance(change, RowInsert):
        fields = columns.fields(model_of(change))
        for name in change.unless:
            field, value = fields[name], {**change.row, **change.pk}[name]
            if isinstance(field, ForeignKey) and value is not None:
                parent = field.related_model._meta
                yield select(change.database, parent.db_table, {str(parent.pk.column): value})


def read_row(query: QuerySet[Model]) -> dict[str, Json] | None:
    """Return the query's first row as column → JSON form, or None."""
    fields = columns.fields(query.model)
    values = query.values_list(*(field.attname for field in fields.values())).first()
    if values is None:
        return None
    return {name: columns.to_json(value) for name, value in zip(fields, values, strict=True)}


def compare(change: RowChange | RowExpect) -> None:
    """Compare a locked row with the plan.

    Raises:
        StalePlan: The row differs from the plan, or the row to insert already exists.
    """
    if isinstance(change, RowInsert):
        if names := _conflicting_columns(change):
            raise StalePlan(target=f"{change.database} {change.table}", column=names, planned="absent", now="present")
        return
    row = read_row(row_query(change))
    if row is None:
        raise missing_row_error(change)
    planned = _planned(change)
    if differences(planned, row):
        raise stale_row_error(change, planned, row)


def _conflicting_columns(change: RowInsert) -> str:
    """Return the columns (`unless` or the given key) that equal those of an existing row; empty if there is none."""
    key = () if None in change.pk.values() else tuple(change.pk)
    for names in filter(None, dict.fromkeys((change.unless, key))):
        where = {name: {**change.row, **change.pk}[name] for name in names}
        if select(change.database, change.table, where).exists():
            return ", ".join(names)
    return ""


def _planned(change: RowChange | RowExpect) -> Mapping[str, Json]:
    """Return the values of the row when the plan was made."""
    if isinstance(change, RowExpect):
        return change.values
    return change.before if isinstance(change, RowUpdate) else change.row


def differences(planned: Mapping[str, Json], row: Mapping[str, Json]) -> list[str]:
    """Return the columns in which a row differs from the plan."""
    return [name for name, value in planned.items() if not columns.is_equal(value, row.get(name))]


def stale_row_error(change: RowChange | RowExpect, planned: Mapping[str, Json], row: Mapping[str, Json]) -> StalePlan:
    """Return the error for a row that differs from the plan. If either value is sealed, the error shows neither."""
    target = f"{change.database} {row_name(change)}"
    for name in differences(planned, row):
        now = columns.seal(change.table, name, row.get(name))
        if isinstance(now, Sealed) or isinstance(planned[name], Sealed):
            return StalePlan(target=target, column=name, planned="one value", now="another (neither is shown)")
        return StalePlan(target=target, column=name, planned=planned[name], now=now)
    return missing_row_error(change)


def missing_row_error(change: RowChange | RowExpect) -> StalePlan:
    """Return the error for a row that no longer exists."""
    return StalePlan(target=f"{change.database} {row_name(change)}", column="the row", planned="present", now="absent")


def condition(model: type[Model], values: Mapping[str, Json]) -> dict[str, Any]:
    """Return the filter arguments for rows with these column values."""
    return {
        attribute if value is not None else f"{attribute}__isnull": value if value is not None else True
        for attribute, value in columns.attributes(model, values).items()
    }
