"""PostgreSQL of every available version: the oldest is 10, because 9.6, which Atmosphere ran on, is not available."""

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
from runbook_lib.systems.db.access.postgresql.base import DJANGO_MINIMUM, DatabaseWrapper, OldServerWarning, warn_once
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
    """Return a running server of each available version; the oldest version is required."""
    programs = bin_dirs().get(request.param)
    assert programs, (
        "PostgreSQL 10 is not installed, or the user that runs the servers can't read its folder; "
        "to install it: python -m tests.services.postgres --install"
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
    """Numbers, documents, dates and uuids are read as they were written, on every server."""
    timestamp = datetime(2020, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    source = AllocationSource.objects.create(name="TG-1", compute_allowed=-1, start_date=timestamp)
    AllocationSourceSnapshot.objects.create(
        allocation_source=source, compute_used=Decimal("1234.567"), global_burn_rate=Decimal(0)
    )
    EventTable.objects.create(name="test", payload={"hours": [1, None, "ü"]}, timestamp=timestamp)
    event = EventTable.objects.get(payload__hours__2="ü", timestamp=timestamp)
    snapshot = AllocationSourceSnapshot.objects.select_related("allocation_source").get()
    assert (snapshot.compute_used, snapshot.allocation_source.uuid) == (Decimal("1234.567"), source.uuid)
    assert (event.payload, event.timestamp) == ({"hours": [1, None, "ü"]}, timestamp)


def test_locks_updates_and_constraints_work(atmosphere: str) -> None:
    """An apply needs row locks, an update that returns a count, and deferred constraints that can be checked early."""
    AtmosphereUser.objects.create(username="joetest")
    with transaction.atomic(using="atmosphere"):
        assert AtmosphereUser.objects.select_for_update().get().username == "joetest"
        assert AtmosphereUser.objects.filter(username="joetest", is_staff=False).update(is_staff=True) == 1
        Tag.objects.create(name="lost", description="", user_id=999)
        with pytest.raises(Refused, match="atmosphere tag"), translate_errors("atmosphere"):
            connections["atmosphere"].check_constraints()
        transaction.set_rollback(True, using="atmosphere")
    assert not AtmosphereUser.objects.get().is_staff


def test_drift_is_reported_on_every_server(any_server: PostgreSQL, atmosphere: str) -> None:
    """The comparison with the models works on old servers, and also while writes are refused."""
    with refuse_writes():
        assert drift.report_differences("atmosphere") == ()
    any_server.execute("ALTER TABLE tag DROP COLUMN description", database="ours")
    with pytest.raises(SchemaDrift, match=r"has no tag\.description"), translate_errors("atmosphere"):
        list(Tag.objects.all())


def test_missing_permission_names_the_table_on_every_server(any_server: PostgreSQL, atmosphere: str) -> None:
    """The server's message differs between versions; the table is named for all of them."""
    url = any_server.create_role("reader", database="ours", writes=False)
    connection.connect({"atmosphere": url}, application_name="tests")
    with (
        pytest.raises(Refused, match="the role reader has no permission for this action on atmosphere tag"),
        translate_errors("atmosphere"),
    ):
        Tag.objects.create(name="x", description="")
    any_server.execute("DROP OWNED BY reader", database="ours")
    any_server.execute("DROP ROLE reader")


def test_old_server_causes_one_warning(any_server: PostgreSQL, atmosphere: str) -> None:
    """The first connection to a server that Django does not support warns; the next ones do not."""
    warn_once.cache_clear()
    major = int(any_server.version.split(".")[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            connection.reconnect("atmosphere")
            AtmosphereUser.objects.count()
    expected = [OldServerWarning] if (major,) < DJANGO_MINIMUM else []
    assert [warning.category for warning in caught] == expected
    assert all(any_server.version in str(warning.message) for warning in caught)


class Versioned(DatabaseWrapper):
    """A connection to a server that reports another version; only the number is invented."""

    pg_version = 0


@pytest.mark.parametrize(
    ("number", "version"), [(90600, (9, 6)), (90624, (9, 6)), (100020, (10, 20)), (150018, (15, 18))]
)
def test_servers_from_9_6_are_accepted(number: int, version: tuple[int, int]) -> None:
    """A server number before 10 has three parts; versions that Django does not support cause a warning."""
    warn_once.cache_clear()
    server = versioned(number)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        server.check_database_version_supported()
    assert server.get_database_version() == version
    assert len(caught) == (version < DJANGO_MINIMUM)


@pytest.mark.parametrize("number", [90424, 90526])
def test_servers_before_9_6_are_refused(number: int) -> None:
    """Servers before 9.6 lack required features."""
    with pytest.raises(NotSupportedError, match=r"9\.6 or later"):
        versioned(number).check_database_version_supported()


def versioned(number: int) -> Versioned:
    """Return a connection to a server with this number."""
    server = Versioned(connections["atmosphere"].settings_dict, "atmosphere")
    server.pg_version = number
    return server
