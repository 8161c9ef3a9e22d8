"""Constraints and locks of row changes, both checked before anything is committed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from runbook_lib.errors import Refused
from runbook_lib.fixture import dump
from runbook_lib.systems.db.access import connection, edits
from runbook_lib.systems.db.models.atmosphere.models import (
    Application,
    ApplicationBookmark,
    ApplicationVersion,
    UserProfile,
)

if TYPE_CHECKING:
    from runbook_lib.model import RowChange, RowExpect
    from runbook_lib.world.world import World
from tests.systems.db.access.test_rows import only, user, write

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("action", ["delete", "update", "insert"])
def test_violated_foreign_key_is_refused_at_the_rehearsal(world: World, action: str) -> None:
    """Atmosphere's foreign keys are deferred; the rehearsal checks them before anything is committed."""
    before = dump.dump()
    version = ApplicationVersion.objects.order_by("pk")[0]
    change: RowChange = {
        "delete": edits.delete(Application.objects.get(pk=version.application_id)),
        "update": only(edits.update(version, application_id=999_999)),
        "insert": edits.insert(ApplicationBookmark(user_id=999_999, application_id=1144)),
    }[action]

    with pytest.raises(Refused, match="would be missing"):
        write(world, [change], commit=False)
    assert before == dump.dump()


def test_violated_unique_constraint_is_refused_at_the_rehearsal(world: World) -> None:
    """A name in use is refused, and no cause contains the value."""
    with pytest.raises(Refused, match="already"):
        write(world, edits.update(user(), username="staffmember"), commit=False)


def test_rows_are_locked_in_one_order(world: World) -> None:
    """Rows are locked by table and key in any plan, so that two plans never wait for each other."""
    changes: list[RowChange | RowExpect] = [
        only(edits.update(user("staffonly"), first_name="J")),
        edits.expect(UserProfile.objects.get(user_id=user().pk), "background"),
        only(edits.update(user(), first_name="J")),
        edits.expect(Application.objects.get(pk=1144), "private"),
    ]
    orders = []
    for order in (changes, changes[::-1], [*changes[2:], *changes[:2]]):
        with world.rows("atmosphere").transaction() as transaction:
            database = connections["atmosphere"]
            with CaptureQueriesContext(database) as captured:
                transaction.lock(order)
            schema, *queries = [query["sql"] for query in captured.captured_queries]
            orders.append(queries[: len(order)])
            assert re.search("pg_class|sqlite_master", schema)  # the catalog is read before the first lock
            assert 2 * len(order) == len(queries)

    assert orders[0] == orders[1] == orders[2]
    if connections["atmosphere"].vendor == "postgresql":
        assert all(sql.endswith("FOR UPDATE") for sql in orders[0])


def test_locked_row_blocks_another_writer(world: World) -> None:
    """Between comparison and commit, another writer must wait."""
    change = only(edits.update(user(), is_staff=True))
    impatient = {"postgresql": "SET lock_timeout = '50ms'", "sqlite": "PRAGMA busy_timeout = 50"}

    with world.rows("atmosphere").transaction() as transaction, connection.separate_connection("atmosphere") as other:
        transaction.lock([change])
        with other.cursor() as cursor:
            cursor.execute(impatient[other.vendor])
            with pytest.raises(Exception, match="lock"):
                cursor.execute("UPDATE atmosphere_user SET is_staff = true WHERE username = 'joetest'")
