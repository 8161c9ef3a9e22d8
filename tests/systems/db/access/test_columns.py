"""Column values on a real database: each type survives its JSON form, and passwords are never stored."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from runbook_lib.errors import StalePlan
from runbook_lib.fixture import dump
from runbook_lib.model import Json, RowChange, RowUpdate, Sealed
from runbook_lib.systems.db.access import columns, edits, passwords
from runbook_lib.systems.db.models.atmosphere.models import AllocationSourceSnapshot, EventTable, Instance, Provider

if TYPE_CHECKING:
    from django.db.models import Model

    from runbook_lib.world.world import World
from tests.systems.db.access.test_rows import PASSWORD, execute_elsewhere, inverse, only, user, write

pytestmark = pytest.mark.both_databases


def test_password_is_hashed_at_the_write_and_kept_as_fingerprint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row gets a hash of the secret, and the receipt gets only the fingerprint of that hash."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    change = only(edits.update(user(), password=Sealed(source="env:NEW_PASSWORD")))
    assert isinstance(change, RowUpdate)
    assert change.reversible

    written = only(write(world, [change]))

    stored = user().password
    assert passwords.matches(PASSWORD, stored)
    assert world.rows("atmosphere").is_applied(written)
    assert isinstance(written, RowUpdate)
    assert written.after["password"].matches(stored)
    assert stored not in repr(written)
    assert PASSWORD not in repr(written)

    write(world, [inverse(written)])
    assert change.before["password"] == user().password


def test_changed_password_is_stale_and_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains neither the planned nor the current hash."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    change = only(edits.update(user("staffmember"), password=Sealed(source="env:NEW_PASSWORD")))
    now = passwords.make_hash("another password")
    execute_elsewhere("UPDATE atmosphere_user SET password = %s WHERE username = 'staffmember'", now)

    with pytest.raises(StalePlan) as caught:
        write(world, [change])

    assert "password" == caught.value.column
    assert "pbkdf2" not in str(caught.value)
    assert now == user("staffmember").password


def _changed(instance: Model, column: str, value: Any) -> RowChange:
    return only(edits.update(instance, **{column: value}))


VALUES: dict[str, tuple[type[Model], str, Any, Json]] = {
    "text": (Provider, "location", "zoë ☃ 'quoted' \\ %s", "zoë ☃ 'quoted' \\ %s"),
    "text that looks like a number": (Provider, "location", "0042", "0042"),
    "NULL": (Provider, "cloud_config", None, None),
    "json object": (Provider, "cloud_config", {"a": [1, None, {"b": "ü"}]}, {"a": [1, None, {"b": "ü"}]}),
    "json list": (Provider, "cloud_config", [], []),
    "json text": (Provider, "cloud_config", "text", "text"),
    "json number": (Provider, "cloud_config", 1.5, 1.5),
    "json false": (Provider, "cloud_config", False, False),
    "uuid": (
        Provider,
        "uuid",
        UUID("f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"),
        "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86",
    ),
    "decimal": (AllocationSourceSnapshot, "compute_used", Decimal("123456789012.345"), "123456789012.345"),
    "decimal with fewer places": (AllocationSourceSnapshot, "compute_used", Decimal("1.5"), "1.500"),
    "decimal with an exponent": (AllocationSourceSnapshot, "compute_used", Decimal("1E+2"), "100.000"),
    "timestamp": (
        Provider,
        "end_date",
        datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=UTC),
        "2026-01-15T12:00:00.123456+00:00",
    ),
    "timestamp elsewhere": (
        Provider,
        "end_date",
        datetime(2026, 1, 15, 12, tzinfo=timezone(timedelta(hours=-7))),
        "2026-01-15T19:00:00+00:00",
    ),
    "flag": (Provider, "public", False, False),
}


@pytest.mark.parametrize(("model", "column", "value", "form"), VALUES.values(), ids=VALUES.keys())
def test_each_column_type_survives_its_json_form(
    world: World, model: type[Model], column: str, value: Any, form: Json
) -> None:
    """A value is planned, written, verified and undone through its JSON form, and compared at each step."""
    before = dump.dump()
    instance = model._base_manager.order_by("pk").first()
    assert instance is not None
    change = _changed(instance, column, value)
    assert isinstance(change, RowUpdate)
    assert form == change.after[column]

    written = only(write(world, [change]))
    assert world.rows("atmosphere").is_applied(written)
    reread = model._base_manager.get(pk=instance.pk)
    assert () == edits.update(reread, **{column: value})
    assert form == columns.to_json(getattr(reread, column))

    write(world, [inverse(written)])
    assert before == dump.dump()


@pytest.mark.parametrize(
    ("before", "after"), [("2001:0DB8::0001", "192.0.2.7"), ("192.0.2.7", "2001:db8::2"), (None, "192.0.2.7")]
)
def test_ip_address_is_compared_in_the_database_spelling(world: World, before: str | None, after: str) -> None:
    """An IP address has one form, independent of the spelling in the plan."""
    instance = Instance.objects.order_by("pk")[0]
    for value in (before, after):
        instance = Instance.objects.get(pk=instance.pk)
        write(world, edits.update(instance, ip_address=value))
        reread = Instance.objects.get(pk=instance.pk)
        assert () == edits.update(reread, ip_address=value)


def test_deleted_event_with_a_document_is_restored(world: World) -> None:
    """A row with uuid, timestamp and JSON document is deleted and restored on both kinds of database."""
    before = dump.dump()
    event = EventTable.objects.order_by("pk")[0]

    deleted = only(write(world, [edits.delete(event)]))
    assert before != dump.dump()
    write(world, [inverse(deleted)])

    assert before == dump.dump()


def test_changed_document_is_stale(world: World) -> None:
    """A JSON document is compared too, although not by the SQL statement."""
    provider = Provider.objects.order_by("pk")[0]
    write(world, edits.update(provider, cloud_config={"a": 1}))
    provider = Provider.objects.get(pk=provider.pk)
    change = only(edits.update(provider, cloud_config={"a": 3}))
    write(world, edits.update(provider, cloud_config={"a": 2}))

    with pytest.raises(StalePlan) as caught:
        write(world, [change])
    assert ("cloud_config", {"a": 1}, {"a": 2}) == (caught.value.column, caught.value.planned, caught.value.now)


def test_null_is_compared_as_null(world: World) -> None:
    """A plan that read NULL is stale if the column has a value, and the reverse."""
    seen_null = only(edits.update(user(), end_date=datetime(2026, 1, 15, tzinfo=UTC)))
    write(world, [seen_null])

    with pytest.raises(StalePlan) as caught:
        write(world, [seen_null])
    assert (None, "2026-01-15T00:00:00+00:00") == (caught.value.planned, caught.value.now)

    seen_value = inverse(seen_null)
    write(world, [seen_value])
    with pytest.raises(StalePlan) as caught:
        write(world, [seen_value])
    assert ("2026-01-15T00:00:00+00:00", None) == (caught.value.planned, caught.value.now)
    with pytest.raises(StalePlan), world.rows("atmosphere").transaction() as transaction:
        transaction.write(dataclasses.replace(seen_value))
