"""A database whose tables differ from the models: refused by name at plan, apply, undo and settle; nothing changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine, procedures
from runbook_lib.errors import SchemaDrift
from tests import sessions
from tests.checks import apply, check_refuses, everything, interrupted, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME, GIVEN = "revoke_staff", {"username": "staffmember", "site": "atmosphere"}
FUNCTION = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
TRIGGER = {
    "postgresql": f"{FUNCTION}; CREATE TRIGGER sync BEFORE UPDATE ON {{}} FOR EACH ROW EXECUTE PROCEDURE nothing()",
    "sqlite": "CREATE TRIGGER sync AFTER UPDATE ON {} BEGIN SELECT 1; END",
}
TABLE = "atmosphere_user"


def change_tables(bench: Bench, statements: str) -> None:
    """Run statements on Atmosphere's database, as another program."""
    for statement in re.split(r"; (?=CREATE|ALTER|UPDATE)", statements):
        sessions.execute(bench, "atmosphere", statement)


DIFFERENCES = {
    "boolean as text": (
        f"ALTER TABLE {TABLE} ALTER is_staff TYPE text",
        "atmosphere_user.is_staff: is text, expected boolean",
    ),
    "numeric as double": (
        f"ALTER TABLE {TABLE} ALTER is_superuser TYPE double precision USING is_superuser::integer",
        "atmosphere_user.is_superuser: is double precision, expected boolean",
    ),
    "timestamp without zone": (
        f"ALTER TABLE {TABLE} ALTER date_joined TYPE timestamp",
        "atmosphere_user.date_joined: is timestamp without time zone, expected timestamp with time zone",
    ),
    "nullability": (
        f"ALTER TABLE {TABLE} ALTER is_staff DROP NOT NULL",
        "atmosphere_user.is_staff: is NULL, expected NOT NULL",
    ),
    "no key": (
        f"ALTER TABLE {TABLE} DROP CONSTRAINT atmosphere_user_username_key CASCADE",
        "atmosphere_user: has no unique constraint on username",
    ),
    "unknown required column": (
        f"ALTER TABLE {TABLE} ADD note text; UPDATE {TABLE} SET note = ''; ALTER TABLE {TABLE} ALTER note SET NOT NULL",
        "atmosphere_user.note: unknown column, NOT NULL without a default: an insert would fail",
    ),
    "trigger": (TRIGGER["postgresql"].format(TABLE), "atmosphere_user: has the trigger sync"),
    "foreign key that deletes": (
        (
            f"CREATE TABLE note (id integer PRIMARY KEY, writer integer CONSTRAINT by_whom REFERENCES {TABLE} "
            "ON DELETE CASCADE)"
        ),
        "atmosphere_user: the foreign key note.by_whom also changes other rows",
    ),
    "foreign key that updates": (
        (
            f"CREATE TABLE note (id integer PRIMARY KEY, writer integer CONSTRAINT by_whom REFERENCES {TABLE} "
            "ON UPDATE SET NULL)"
        ),
        "atmosphere_user: the foreign key note.by_whom also changes other rows",
    ),
    "rule": (
        f"CREATE RULE quiet AS ON UPDATE TO {TABLE} DO INSTEAD NOTHING",
        "atmosphere_user: has the rule quiet",
    ),
    "view": (
        f"ALTER TABLE {TABLE} RENAME TO people; CREATE VIEW {TABLE} AS SELECT * FROM people WHERE is_staff",
        "atmosphere_user: is a view, expected a table",
    ),
}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("difference", DIFFERENCES)
def test_difference_that_can_change_the_meaning_of_a_write_is_refused(
    world: World, bench: Bench, difference: str
) -> None:
    """PostgreSQL: the plan is refused with the table, the column and both types, and nothing is written."""
    statements, named = DIFFERENCES[difference]
    change_tables(bench, statements)

    with pytest.raises(SchemaDrift) as caught:
        plan(world, NAME, **GIVEN)

    assert 3 == caught.value.exit_code
    assert named in caught.value.what


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (TRIGGER["sqlite"].format(TABLE), "atmosphere_user: has the trigger sync"),
        (
            f"ALTER TABLE {TABLE} RENAME TO people; CREATE VIEW {TABLE} AS SELECT * FROM people",
            "atmosphere_user: is a view, expected a table",
        ),
        (
            f"CREATE TABLE note (id integer PRIMARY KEY, writer integer REFERENCES {TABLE} ON DELETE SET NULL)",
            "atmosphere_user: the foreign key note.writer also changes other rows",
        ),
        (f"ALTER TABLE {TABLE} RENAME COLUMN is_staff TO staff", "has no atmosphere_user.is_staff"),
        (
            f"ALTER TABLE {TABLE} RENAME TO people; CREATE TABLE {TABLE} AS SELECT * FROM people",
            "atmosphere_user: has no unique constraint on username",
        ),
        (
            f"ALTER TABLE {TABLE} DROP COLUMN is_staff; ALTER TABLE {TABLE} ADD is_staff text NOT NULL DEFAULT '1'",
            "atmosphere_user.is_staff: is text, expected bool",
        ),
    ],
)
def test_difference_on_sqlite_is_refused(world: World, bench: Bench, statements: str, named: str) -> None:
    """SQLite: triggers, views, missing columns and keys, and types of another affinity."""
    change_tables(bench, statements)

    with pytest.raises(SchemaDrift) as caught:
        plan(world, NAME, **GIVEN)

    assert named in caught.value.what


@pytest.mark.both_databases
def test_harmless_differences_do_not_stop_a_plan(world: World, bench: Bench) -> None:
    """Additional nullable columns, tables and indexes, and a trigger on a table that the plan does not write."""
    change_tables(bench, f"ALTER TABLE {TABLE} ADD color text; CREATE INDEX by_color ON {TABLE} (color)")
    change_tables(bench, f"CREATE TABLE report (id integer NOT NULL PRIMARY KEY, writer integer REFERENCES {TABLE})")
    change_tables(bench, TRIGGER[bench.backend].format("user_profile"))
    if bench.backend == "postgresql":
        change_tables(bench, f"ALTER TABLE {TABLE} ALTER username TYPE text")

    assert "applied" == apply(world, bench, plan(world, NAME, **GIVEN)).state


@pytest.mark.both_databases
def test_trigger_added_after_the_plan_stops_apply_and_undo(world: World, bench: Bench) -> None:
    """The tables are compared again in the transaction that writes; the catalog read for the plan does not count."""
    planned, before = plan(world, NAME, **GIVEN), everything(bench)
    change_tables(bench, TRIGGER[bench.backend].format(TABLE))

    with pytest.raises(SchemaDrift, match="has the trigger sync"):
        apply(world, bench, planned)

    assert before == everything(bench)
    change_tables(bench, f"DROP TRIGGER sync{f' ON {TABLE}' if bench.backend == 'postgresql' else ''}")
    outcome = apply(world, bench, planned)
    after = everything(bench)
    sessions.execute(bench, "atmosphere", TRIGGER[bench.backend].format(TABLE).removeprefix(f"{FUNCTION}; "))
    with pytest.raises(SchemaDrift, match="has the trigger sync"):
        undo_plan(world, bench, outcome.run_id)
    assert after == everything(bench)


@pytest.mark.both_databases
def test_interrupted_run_is_not_settled_on_other_tables(world: World, bench: Bench) -> None:
    """The run stays unresolved with the difference as the reason, and its record stays as it was."""
    run_id = interrupted(world, bench, plan(world, NAME, **GIVEN), steps=1)
    change_tables(bench, TRIGGER[bench.backend].format(TABLE))

    settled = engine.settle(world, bench.journal)

    assert () == settled.outcomes
    assert isinstance(settled.unresolved[run_id], SchemaDrift)
    assert bench.journal.run(run_id).is_open


@pytest.mark.both_databases
def test_inspection_names_a_table_that_can_hide_rows(world: World, bench: Bench) -> None:
    """A view in place of a table is a missing source: what is not found there is not absent."""
    change_tables(bench, f"ALTER TABLE {TABLE} RENAME TO people; CREATE VIEW {TABLE} AS SELECT * FROM people")

    inspection = engine.inspect(procedures.find("list_staff"), world, {})

    assert "atmosphere_user: is a view, expected a table" in str(inspection.gaps)


def test_refusal_names_every_difference_at_once(world: World, bench: Bench) -> None:
    """A missing column, a trigger and a nullable column are one message."""
    change_tables(bench, TRIGGER["sqlite"].format(TABLE))
    change_tables(bench, f"ALTER TABLE {TABLE} DROP COLUMN is_staff; ALTER TABLE {TABLE} ADD is_staff bool")

    error = check_refuses(world, bench, NAME, SchemaDrift, "", **GIVEN)

    assert "atmosphere_user.is_staff: is NULL, expected NOT NULL" in error.what
    assert "atmosphere_user: has the trigger sync" in error.what
