"""Find the rows that changes are about, lock them, and compare them with what the plan saw."""

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
    """Lock every row concerned, and what an insertion refers to, ordered by table and key."""
    wanted: dict[tuple[str, str], QuerySet[Model]] = {}
    for change in changes:
        for query in (at(change), *_parents(change)):
            wanted[query.model._meta.db_table, str(query.query.where)] = query
    for name in sorted(wanted):
        list(wanted[name].select_for_update().values_list("pk"))


def model_of(change: RowChange | RowExpect) -> type[Model]:
    """Return the model of the table that a change is about."""
    return columns.model(change.database, change.table)


def select(database: Database, table: str, where: Mapping[str, Json]) -> QuerySet[Model]:
    """Return the query for the rows with these column values."""
    model = columns.model(database, table)
    return model._base_manager.using(database).filter(**condition(model, where))


def at(change: RowChange | RowExpect) -> QuerySet[Model]:
    """Return the query for the row of a change; by its `unless` columns when it has no key yet."""
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


def read(query: QuerySet[Model]) -> dict[str, Json] | None:
    """Return one row, column → JSON form, or None."""
    fields = columns.fields(query.model)
    values = query.values_list(*(field.attname for field in fields.values())).first()
    return None if values is None else {n: columns.to_json(v) for n, v in zip(fields, values, strict=True)}


def compare(change: RowChange | RowExpect) -> None:
    """Compare a locked row with the plan.

    Raises:
        StalePlan: It is not as planned, or what is to be inserted is there already.
    """
    if isinstance(change, RowInsert):
        if taken := _taken(change):
            raise StalePlan(target=f"{change.database} {change.table}", column=taken, planned="absent", now="present")
        return
    row = read(at(change))
    if row is None:
        raise gone(change)
    planned = _planned(change)
    if differences(planned, row):
        raise stale(change, planned, row)


def _taken(change: RowInsert) -> str:
    """Return the columns in which a row is there already, the given key or `unless`; empty when there is none."""
    key = () if None in change.pk.values() else tuple(change.pk)
    for names in filter(None, dict.fromkeys((change.unless, key))):
        where = {name: {**change.row, **change.pk}[name] for name in names}
        if select(change.database, change.table, where).exists():
            return ", ".join(names)
    return ""


def _planned(change: RowChange | RowExpect) -> Mapping[str, Json]:
    """Return the values that the plan saw in the row."""
    if isinstance(change, RowExpect):
        return change.values
    return change.before if isinstance(change, RowUpdate) else change.row


def differences(planned: Mapping[str, Json], row: Mapping[str, Json]) -> list[str]:
    """Return the columns in which a row is not as planned."""
    return [name for name, value in planned.items() if not columns.equal(value, row.get(name))]


def stale(change: RowChange | RowExpect, planned: Mapping[str, Json], row: Mapping[str, Json]) -> StalePlan:
    """Return the error for a row that is not as planned; it shows neither of two values that must not be shown."""
    target = f"{change.database} {row_name(change)}"
    for name in differences(planned, row):
        now = columns.sealed(change.table, name, row.get(name))
        if isinstance(now, Sealed) or isinstance(planned[name], Sealed):
            return StalePlan(target=target, column=name, planned="one value", now="another (neither is shown)")
        return StalePlan(target=target, column=name, planned=planned[name], now=now)
    return gone(change)


def gone(change: RowChange | RowExpect) -> StalePlan:
    """Return the error for a row that is no longer there."""
    return StalePlan(target=f"{change.database} {row_name(change)}", column="the row", planned="present", now="absent")


def condition(model: type[Model], values: Mapping[str, Json]) -> dict[str, Any]:
    """Return the condition that the columns of a model hold these values."""
    return {
        attribute if value is not None else f"{attribute}__isnull": value if value is not None else True
        for attribute, value in columns.attributes(model, values).items()
    }
