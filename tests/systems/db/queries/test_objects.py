"""The search for objects: a constant number of statements, bounded rows, exact matches first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from runbook_lib.systems.db.queries import objects
from runbook_lib.text import identifiers

if TYPE_CHECKING:
    from runbook_lib.world.world import World


@pytest.mark.both_databases
@pytest.mark.parametrize("text", ["joetest", "4", "118aff3c-434b-5acf-bea2-1b7fc3e2dc24", "192.0.2.10"])
def test_number_of_statements_and_rows_is_bounded(world: World, text: str) -> None:
    """At most one statement per kind of object, and `MAX_PER_KIND` rows."""
    kinds = objects.KINDS["atmosphere"]
    with CaptureQueriesContext(connections["atmosphere"]) as queries:
        rows = objects.search("atmosphere", identifiers.read(text), now=world.now())

    assert len(kinds) >= len(queries)
    assert all(objects.MAX_PER_KIND >= sum(row.kind == kind.title for row in rows) for kind in kinds)


def test_exact_names_come_before_parts(world: World) -> None:
    """Also if the part belongs to a newer row."""
    rows = objects.search("atmosphere", identifiers.read("JOETEST"), now=world.now())

    users = [(row.name, row.is_exact) for row in rows if row.kind == "user"]
    assert [("joetest", True), ("joetest2", False)] == users


def test_short_text_matches_entire_names_only(world: World) -> None:
    """Two characters are part of too many names."""
    assert all(row.is_exact for row in objects.search("atmosphere", identifiers.read("jo"), now=world.now()))


def test_state_is_the_end_or_the_status(world: World) -> None:
    """An ended object shows its end, a disabled user is not active."""
    states = {
        (row.kind, row.name): row.state
        for text in ("terminated", "enddated", "is-shutoff", "iPlant Cloud - Tucson")
        for row in objects.search("atmosphere", identifiers.read(text), now=world.now())
    }

    assert "shutoff" == states["instance", "is-shutoff"]
    assert states["instance", "terminated"].startswith("ended 2026-01-")
    assert states["provider", "iPlant Cloud - Tucson"].startswith("ended ")
