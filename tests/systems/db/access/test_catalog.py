"""The catalog of a live database: kinds, keys, triggers and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connections

from runbook_lib.systems.db.access import catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model import Database

Urls = dict["Database", str]


def test_catalog_has_the_keys_of_the_models(databases: Urls) -> None:
    """The primary key and the unique columns of each model are unique in the database."""
    live = catalog.live_tables(connections["atmosphere"])
    expected = catalog.model_tables(connections["atmosphere"])

    assert live.keys() == expected.keys()
    assert frozenset({"id"}) in live["quota"].unique
    assert frozenset({"username"}) in live["atmosphere_user"].unique
    for name, table in expected.items():
        assert table.unique <= live[name].unique, name


def test_partial_and_disabled_objects_do_not_count(postgresql: Urls, shell: Callable[[str], None]) -> None:
    """A partial index does not make a column unique, and a disabled trigger or rule does nothing."""
    shell("CREATE UNIQUE INDEX ON tag (description) WHERE name = 'x'")
    shell("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    for name in ("first", "second"):
        shell(f"CREATE TRIGGER {name} BEFORE UPDATE ON tag FOR EACH ROW EXECUTE PROCEDURE nothing()")
        shell(f"CREATE RULE {name} AS ON DELETE TO tag DO NOTHING")
    shell("ALTER TABLE tag DISABLE TRIGGER first")
    shell("ALTER TABLE tag DISABLE RULE first")

    tag = catalog.live_tables(connections["atmosphere"])["tag"]

    assert frozenset({"description"}) not in tag.unique
    assert ["second"] == tag.triggers
    assert ["second"] == tag.rules
