"""PostgreSQL of every age that can be had: the oldest is 10; 9.6, on which Atmosphere ran, could not be tried."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import NotSupportedError, connections, transaction

from runbook_lib.errors import Refused, SchemaDrift
from runbook_lib.model import Database
from runbook_lib.systems.db.access import connection, drift
from runbook_lib.systems.db.access.guard import refuse_writes, translate_errors
from runbook_lib.systems.db.access.postgresql.base import DJANGO_SUPPORTS, DatabaseWrapper, OldServerWarning, warn_once
from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSource,
    AllocationSourceSnapshot,
    AtmosphereUser,
    EventTable,
    Tag,
)
from tests.services.postgres import PostgreSQL, bin_dirs
from tests.systems.db.conftest import make_templates

if TYPE_CHECKING:
    from collections.abc import Iterator

Urls = dict[Database, str]


@pytest.fixture(scope="module", params=sorted({"10", *bin_dirs()}))
def any_server(request: pytest.FixtureRequest) -> Iterator[PostgreSQL]:
    """Return a running server of each version there is; the oldest must be there, however it got there."""
    programs = bin_dirs().get(request.param)
    assert programs, (
        "PostgreSQL 10 is not there (get it: python -m tests.services.postgres --install), "
        "or the folder it is in is closed to the user that servers run as"
    )
    warn_once.cache_clear()
    with PostgreSQL(programs) as started, warnings.catch_warnings():
        warnings.simplefilter("ignore", OldServerWarning)
        make_templates(started)
        yield started


@pytest.fixture
def atmosphere(any_server: PostgreSQL) -> Iterator[str]:
    """Return the URL of Atmosphere's tables on that server, connected."""
    url = any_server.create_database("ours", template="empty_atmosphere")
    connection.connect({"atmosphere": url}, application_name="tests")
    yield url
    connection.connect({}, application_name="tests")
    any_server.drop_database("ours")


def test_rows_of_every_type_survive(atmosphere: str) -> None:
    """Numbers, documents, dates and uuids come back as they were written, on every server."""
    moment = datetime(2020, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    source = AllocationSource.objects.create(name="TG-1", compute_allowed=-1, start_date=moment)
    AllocationSourceSnapshot.objects.create(
        allocation_source=source, compute_used=Decimal("1234.567"), global_burn_rate=Decimal(0)
    )
    EventTable.objects.create(name="test", payload={"hours": [1, None, "ü"]}, timestamp=moment)
    event = EventTable.objects.get(payload__hours__2="ü", timestamp=moment)
    snapshot = AllocationSourceSnapshot.objects.select_related("allocation_source").get()
    assert (snapshot.compute_used, snapshot.allocation_source.uuid) == (Decimal("1234.567"), source.uuid)
    assert (event.payload, event.timestamp) == ({"hours": [1, None, "ü"]}, moment)


def test_locking_comparing_and_constraints_work(atmosphere: str) -> None:
    """What an apply needs: row locks, an update that counts, deferred constraints that speak when asked."""
    AtmosphereUser.objects.create(username="joetest")
    with transaction.atomic(using="atmosphere"):
        assert AtmosphereUser.objects.select_for_update().get().username == "joetest"
        assert AtmosphereUser.objects.filter(username="joetest", is_staff=False).update(is_staff=True) == 1
        Tag.objects.create(name="lost", description="", user_id=999)
        with pytest.raises(Refused, match="atmosphere tag"), translate_errors("atmosphere"):
            connections["atmosphere"].check_constraints()
        transaction.set_rollback(True, using="atmosphere")
    assert not AtmosphereUser.objects.get().is_staff


def test_drift_is_found(any_server: PostgreSQL, atmosphere: str) -> None:
    """The comparison with the models needs nothing that an old server lacks, also while writes are refused."""
    with refuse_writes():
        assert drift.report_differences("atmosphere") == ()
    any_server.execute("ALTER TABLE tag DROP COLUMN description", database="ours")
    with pytest.raises(SchemaDrift, match=r"has no tag\.description"), translate_errors("atmosphere"):
        list(Tag.objects.all())


def test_a_role_without_rights_is_told_the_table(any_server: PostgreSQL, atmosphere: str) -> None:
    """The words of the server changed between the versions; the table is found in all of them."""
    url = any_server.create_role("reader", database="ours", writes=False)
    connection.connect({"atmosphere": url}, application_name="tests")
    with (
        pytest.raises(Refused, match="the role reader has no permission for this action on atmosphere tag"),
        translate_errors("atmosphere"),
    ):
        Tag.objects.create(name="x", description="")
    any_server.execute("DROP OWNED BY reader", database="ours")
    any_server.execute("DROP ROLE reader")


def test_an_old_server_is_warned_about_once(any_server: PostgreSQL, atmosphere: str) -> None:
    """The first connection to a server that Django does not support warns, the others don't."""
    warn_once.cache_clear()
    major = int(any_server.version.split(".")[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            connection.reconnect("atmosphere")
            AtmosphereUser.objects.count()
    expected = [OldServerWarning] if (major,) < DJANGO_SUPPORTS else []
    assert [warning.category for warning in caught] == expected
    assert all(any_server.version in str(warning.message) for warning in caught)


class Versioned(DatabaseWrapper):
    """A connection to a server that says it is of another version: only the number is made up."""

    pg_version = 0


@pytest.mark.parametrize(
    ("number", "version"), [(90600, (9, 6)), (90624, (9, 6)), (100020, (10, 20)), (150018, (15, 18))]
)
def test_servers_from_9_6_on_are_accepted(number: int, version: tuple[int, int]) -> None:
    """A server number before 10 has three parts; those that Django does not support are warned about."""
    warn_once.cache_clear()
    server = versioned(number)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        server.check_database_version_supported()
    assert server.get_database_version() == version
    assert len(caught) == (version < DJANGO_SUPPORTS)


@pytest.mark.parametrize("number", [90424, 90526])
def test_older_servers_are_refused(number: int) -> None:
    """Before 9.6 there are things we need that the server does not have."""
    with pytest.raises(NotSupportedError, match=r"9\.6 or later"):
        versioned(number).check_database_version_supported()


def versioned(number: int) -> Versioned:
    """Return a connection to a server with this number."""
    server = Versioned(connections["atmosphere"].settings_dict, "atmosphere")
    server.pg_version = number
    return server
