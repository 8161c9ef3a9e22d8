"""The sessions that block a statement, while it waits."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connections, transaction

from runbook_lib.model import Database
from runbook_lib.systems.db.access import blockers, connection
from runbook_lib.systems.db.models.atmosphere.models import Tag

Urls = dict[Database, str]


def test_statement_without_a_wait_has_no_blockers(postgresql: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that is refused at once, and a statement outside a transaction, name nobody."""
    monkeypatch.setattr(connection, "LOCK_SECONDS", 60)
    Tag.objects.create(name="x", description="")
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE tag SET name = 'y'")
        with connections["atmosphere"].cursor() as ours:
            ours.execute("SET lock_timeout = '50ms'")
        with pytest.raises(OperationalError) as caught, transaction.atomic(using="atmosphere"):
            Tag.objects.update(name="z")
        assert () == blockers.sessions(caught.value)
        with pytest.raises(OperationalError) as caught:
            Tag.objects.update(name="z")
        assert () == blockers.sessions(caught.value)
