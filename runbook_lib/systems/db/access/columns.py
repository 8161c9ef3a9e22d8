"""Conversion of rows and columns between Python and the JSON form of plans, receipts and the journal."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.db.models import DecimalField, GenericIPAddressField

from runbook_lib.model import Database, Json, KeyOf, Sealed, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Field, Model

# Columns whose value is a secret if it can be used to log in. An unusable password hash is not a secret.
SECRET_COLUMNS = frozenset({("atmosphere_user", "password"), ("troposphere_user", "password")})
UNUSABLE_PREFIX = "!"  # Django's set_unusable_password() stores this and random text


def model_of_table(database: Database, table: str) -> type[Model]:
    """Return the model of a table."""
    return next(model for model in apps.get_app_config(database).get_models() if model._meta.db_table == table)


def fields(model: type[Model]) -> dict[str, Field[Any, Any]]:
    """Return column name → field."""
    return {str(field.column): field for field in model._meta.concrete_fields}


def to_json(value: Any) -> Json:
    """Return the JSON form of a column's Python value; timestamps are in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (uuid.UUID, Decimal)):
        return str(value)
    return value


def from_json(field: Field[Any, Any], value: Json) -> Any:
    """Return the Python value of a column from its JSON form."""
    return field.to_python(value) if value is not None else None


def normalize(field: Field[Any, Any], value: Any) -> Json:
    """Return the JSON form of a new value as the database returns it: decimal places, spelling of an address."""
    if value is not None and isinstance(field, DecimalField):
        return f"{Decimal(value).quantize(Decimal(1).scaleb(-field.decimal_places)):f}"
    return to_json(field.to_python(value) if isinstance(field, GenericIPAddressField) else value)


def seal(table: str, column: str, value: Json) -> Json:
    """Return `value`, or a `Sealed` in its place if it is a secret."""
    if (table, column) in SECRET_COLUMNS and value and not str(value).startswith(UNUSABLE_PREFIX):
        return Sealed(source="database", fingerprint=fingerprint(str(value)))
    return value


def locate(instance: Model) -> dict[str, Any]:
    """Return the ``database``, ``table`` and ``pk`` of a row, as the row changes name them."""
    return {
        "database": cast("Database", instance._meta.app_label),
        "table": instance._meta.db_table,
        "pk": {str(instance._meta.pk.column): to_json(instance.pk)},
    }


def row_values(instance: Model) -> dict[str, Json]:
    """Return the columns of a row without its key, in the form that the database returns."""
    table, key = instance._meta.db_table, instance._meta.pk.column
    return {
        name: seal(table, name, normalize(field, getattr(instance, field.attname)))
        for name, field in fields(type(instance)).items()
        if name != key
    }


def read_values(instance: Model, names: Iterable[str]) -> dict[str, Json]:
    """Return the values that were read for these columns."""
    by_name, table = fields(type(instance)), instance._meta.db_table
    return {name: seal(table, name, to_json(getattr(instance, by_name[name].attname))) for name in names}


def differences(instance: Model, values: Mapping[str, Any]) -> dict[str, Json]:
    """Return the new column values that differ from the row's current ones."""
    by_name = fields(type(instance))
    new = {name: normalize(by_name[name], value) for name, value in values.items()}
    return {
        name: value
        for name, value in new.items()
        if isinstance(value, Sealed | KeyOf) or value != to_json(getattr(instance, by_name[name].attname))
    }


def attributes(model: type[Model], values: Mapping[str, Json]) -> dict[str, Any]:
    """Return the column values as attribute → Python value."""
    by_name = fields(model)
    return {by_name[name].attname: from_json(by_name[name], value) for name, value in values.items()}


def is_equal(planned: Json, stored: Json) -> bool:
    """Return whether a stored value, in JSON form, is the planned one."""
    return planned.matches(stored) if isinstance(planned, Sealed) else bool(planned == stored)
