"""Rows that a plan was made from, each with another value in one column, and what a fresh plan says then."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, models

from runbook_lib import engine, params, procedures
from runbook_lib.errors import NothingChanged
from runbook_lib.model import RowInsert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World


@dataclass(frozen=True)
class Move:
    """One column of one row that a plan read, with another value."""

    row: models.Model
    field: models.Field[Any, Any]
    value: Any

    def __str__(self) -> str:
        """Return the row, the column and the new value."""
        return f"{self.row._meta.db_table}:{self.row.pk} {self.field.column} → {self.value!r}"

    def write(self) -> bool:
        """Write the new value; return whether the database accepts it."""
        try:
            self._set(self.value)
        except DatabaseError:
            return False
        return True

    @contextlib.contextmanager
    def made(self) -> Iterator[bool]:
        """Write the new value, and the old one at the end; yield whether the database accepts it."""
        if not self.write():
            yield False
            return
        try:
            yield True
        finally:
            self._set(getattr(self.row, self.field.attname))

    def _set(self, value: Any) -> None:
        rows = type(self.row)._base_manager.using(self.row._meta.app_label).filter(pk=self.row.pk)
        rows.update(**{self.field.attname: value})


@contextlib.contextmanager
def rows_read() -> Iterator[list[models.Model]]:
    """Collect the rows that Django loads until left, each once."""
    rows: dict[tuple[str, Any], models.Model] = {}
    load = models.Model.from_db.__func__  # type: ignore[attr-defined] # a class method has one

    def recorded(cls: type[models.Model], *args: Any) -> models.Model:
        row: models.Model = load(cls, *args)
        rows.setdefault((row._meta.label, row.pk), row)
        return row

    models.Model.from_db = classmethod(recorded)  # type: ignore[method-assign] # put back below
    loaded: list[models.Model] = []
    try:
        yield loaded
    finally:
        models.Model.from_db = classmethod(load)  # type: ignore[method-assign] # as above
        loaded.extend(rows.values())


def moves(rows: list[models.Model]) -> Iterator[Move]:
    """Yield every column of these rows with another value that its type allows; the first row of each table first."""
    numbers: dict[str, int] = {}
    order: list[tuple[int, models.Model]] = []
    for row in rows:
        numbers[row._meta.label] = numbers.get(row._meta.label, 0) + 1
        order.append((numbers[row._meta.label], row))
    for _, row in sorted(order, key=lambda item: item[0]):
        complete = type(row)._base_manager.using(row._meta.app_label).get(pk=row.pk)
        for field in row._meta.concrete_fields:
            if not field.primary_key:
                for value in others(complete, field):
                    yield Move(complete, field, value)


def others(row: models.Model, field: models.Field[Any, Any]) -> Iterator[Any]:
    """Yield other values for a column; an end in the past and in the future, another row for a reference."""
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        keys = field.related_model._base_manager.using(row._meta.app_label).exclude(pk=value).order_by("pk")
        yield from keys.values_list("pk", flat=True)[:1]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 5000
    elif isinstance(field, models.DateTimeField):
        base = value or datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        yield from (base - timedelta(days=3650), base + timedelta(days=3650))
        if value and field.null:
            yield None
    elif isinstance(value, uuid.UUID):
        yield uuid.uuid4()
    elif isinstance(value, str):
        yield f"{value}x"


def fresh(world: World, name: str) -> Plan | str:
    """Return what the procedure's example plans now; a refusal as its text."""
    procedure = procedures.find(name)
    try:
        values = params.check(procedure.fields, procedure.practice_example, procedure=name)
        return engine.make_plan(procedure, world, values)
    except NothingChanged as error:
        return error.what


def changes(plan: Plan | str) -> object:
    """Return what a plan changes, apart from the UUIDs that it drew for new rows."""
    if isinstance(plan, str):
        return plan
    return [
        [c.table, {k: v for k, v in c.row.items() if k != "uuid"}] if isinstance(c, RowInsert) else c.describe()
        for c in plan.changes
    ]
