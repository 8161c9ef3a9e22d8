"""The instances of one provider: one statement, the latest first, and the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from runbook_lib.fixture.rows.people import IU, TACC
from runbook_lib.systems.db.models.atmosphere.models import Instance
from runbook_lib.systems.db.queries import provider_instances

if TYPE_CHECKING:
    from runbook_lib.world.world import World


@pytest.mark.both_databases
@pytest.mark.usefixtures("world")
def test_instances_of_a_provider_are_one_statement() -> None:
    """They have not ended, and the latest launch comes first."""
    with CaptureQueriesContext(connections["atmosphere"]) as queries:
        rows, is_cut = provider_instances.running(IU)

    expected = Instance.objects.filter(end_date=None, source__provider_id=IU).count()
    assert (1, expected, False) == (len(queries), len(rows), is_cut)
    assert sorted((row.started for row in rows), reverse=True) == [row.started for row in rows]


@pytest.mark.usefixtures("world")
def test_older_instances_beyond_the_limit_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest stay."""
    everything, _ = provider_instances.running(IU)
    monkeypatch.setattr(provider_instances, "MAX_INSTANCES", 2)

    assert (everything[:2], True) == provider_instances.running(IU)


@pytest.mark.both_databases
def test_status_is_that_of_the_latest_row(world: World) -> None:
    """Without a row, it is empty."""
    rows = {row.name: row for row in provider_instances.running(IU)[0]}

    assert ("active", "suspended", "") == tuple(rows[name].status for name in ("tied-rows", "late-row", "no-history"))
    assert rows["no-history"].since is None
    assert not rows["no-identity"].has_identity
    assert world.now() > rows["late-row"].started


def test_rows_of_further_servers_are_read_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A UUID that the database lacks is not in the result."""
    monkeypatch.setattr(provider_instances, "_BATCH_SIZE", 2)
    aliases = list(Instance.objects.order_by("pk").values_list("provider_alias", flat=True)[:5])

    rows = provider_instances.owners_and_ends([*aliases, "no such"])

    assert set(aliases) == set(rows)
    assert all(end is None or end < world.now() for _, end in rows.values())


@pytest.mark.usefixtures("world")
def test_latest_instances_omit_the_one_in_question() -> None:
    """It is the one whose absence is checked."""
    all_of_them = provider_instances.latest(TACC, 10, besides="")

    assert all_of_them[1:] == provider_instances.latest(TACC, 10, besides=all_of_them[0])
    assert all_of_them[:1] == provider_instances.latest(TACC, 1, besides="")
