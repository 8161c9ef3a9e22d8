"""Changing a quota: no shared row is ever edited, through the API or without it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.config.secrets import SecretReference
from runbook_lib.errors import NotConnected, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.rows.users import identity_id
from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
from runbook_lib.model import quota
from runbook_lib.systems.db.models.atmosphere.models import Identity, MaintenanceRecord, Quota
from runbook_lib.systems.db.queries import quotas
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    undo_plan,
)

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "change_quota"
JOE = {"username": "joetest", "provider_id": 4}
LARGE = {
    "cpu": 44,
    "memory_gb": 120,
    "storage_gb": 1000,
    "instance_count": 20,
    "snapshot_count": 20,
    "volume_count": 20,
    "floating_ip_count": 20,
    "port_count": 20,
}


@pytest.fixture
def database_only(world: World) -> None:
    """Remove the API."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")


def quota_id(username: str = "joetest") -> int:
    """Return the key of a user's quota on provider 4."""
    return Identity.objects.get(pk=identity_id(username, 4)).quota_id


def test_same_limits_need_no_change(world: World) -> None:
    """Given or not, the limits are already set."""
    because = "the quota of joetest on provider 4 already has these limits"

    check_nothing_to_do(world, NAME, because=because, **JOE, cpu=16, memory_gb=128)


def test_missing_limits_are_refused(world: World, bench: Bench) -> None:
    """The refusal shows the present limits."""
    error = check_refuses(world, bench, NAME, Refused, "no limit is given", **JOE)

    assert "the quota is now: cpu 16, memory 128, storage 10" in error.why


def test_unlimited_is_shown_in_words(world: World, bench: Bench) -> None:
    """NULL is unlimited, and so are the numbers that Atmosphere treats as unlimited."""
    error = check_refuses(world, bench, NAME, Refused, "no limit is given", username="unlimited", provider_id=4)
    assert "cpu unlimited (NULL)" in error.why

    Identity.objects.filter(pk=identity_id("joetest", 4)).update(quota_id=35)
    error = check_refuses(world, bench, NAME, Refused, "no limit is given", **JOE)
    assert "cpu unlimited (-1), memory unlimited (-1), storage unlimited (0)" in error.why


def test_zero_is_a_limit_where_atmosphere_enforces_it() -> None:
    """Only for the two storage limits, 0 means no limit."""
    zero: quotas.Values = dict.fromkeys(quota.FIELDS, 0)

    assert ["storage", "storage_count"] == [name for name in quota.FIELDS if quotas.is_unlimited(name, zero[name])]


def test_unknown_user_is_not_found(world: World, bench: Bench) -> None:
    """The error suggests similar names."""
    check_refuses(world, bench, NAME, TargetNotFound, "no user 'joetst'", username="joetst", provider_id=4, cpu=1)


def test_user_without_an_identity_is_not_found(world: World, bench: Bench) -> None:
    """The error lists the providers on which the user has one."""
    error = check_refuses(
        world,
        bench,
        NAME,
        TargetNotFound,
        "no identity of joetest on provider 8",
        username="joetest",
        provider_id=8,
        cpu=1,
    )

    assert (
        "use a provider on which joetest has an identity: 4 (Jetstream - Indiana University), 5 (Jetstream - TACC)"
        in error.next_step
    )


def test_several_identities_are_refused_and_listed(world: World, bench: Bench) -> None:
    """The one in use is unknown."""
    error = check_refuses(
        world, bench, NAME, Refused, "has 2 identities on provider 4", username="twoaccounts", provider_id=4, cpu=1
    )

    for nth in (0, 1):
        assert f"identity {identity_id('twoaccounts', 4, nth=nth)}, " in error.what


@pytest.mark.both_databases
def test_api_changes_the_quota_with_one_call(world: World, bench: Bench) -> None:
    """Row 57 has equal limits and is reused; undo works the same way; no other row changes."""
    before = list(Quota.objects.order_by("pk").values())

    outcome = check_round_trip(world, bench, NAME, **JOE, **LARGE)

    assert ["api"] == [str(change.system) for change in outcome.receipt if hasattr(change, "system")]
    assert (33, before) == (quota_id(), list(Quota.objects.order_by("pk").values()))


@pytest.mark.both_databases
def test_limits_that_are_not_given_stay(world: World, bench: Bench) -> None:
    """One limit is new; Atmosphere creates its row, which undo keeps, as the plan shows."""
    planned = plan(world, NAME, **JOE, cpu=17)
    assert "undo does not delete it" in "".join(planned.warnings)

    outcome = apply(world, bench, planned)

    made = Quota.objects.get(pk=quota_id())
    assert (17, 128, 10, 10) == (made.cpu, made.memory, made.storage, made.port_count)
    apply(world, bench, undo_plan(world, bench, outcome.run_id))
    assert (33, True) == (quota_id(), Quota.objects.filter(pk=made.pk).exists())


def test_api_rejects_unlimited_storage(world: World, bench: Bench) -> None:
    """The refusal names the four required limits before anything is sent."""
    Identity.objects.filter(pk=identity_id("joetest", 4)).update(quota_id=34)

    error = check_refuses(world, bench, NAME, Refused, "rejects a quota whose memory or storage", **JOE, cpu=8)
    assert "volume_count" in error.next_step

    four = {"cpu": 8, "memory_gb": 8, "storage_gb": 8, "volume_count": 8}
    planned = plan(world, NAME, **JOE, **four)
    assert "the API will reject an undo" in "".join(planned.warnings)
    assert "quota now: cpu unlimited (NULL)" in "".join(planned.warnings)


@pytest.mark.both_databases
def test_identity_without_credentials_is_reported(world: World) -> None:
    """Atmosphere sends nothing to the cloud for it."""
    four = {"cpu": 8, "memory_gb": 8, "storage_gb": 8, "volume_count": 8}

    planned = plan(world, NAME, username="unlimited", provider_id=4, **four)

    assert "Atmosphere sends nothing to a cloud" in "".join(planned.warnings)


def test_api_of_another_site_is_refused(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API and the database show different limits."""
    call: Any = world.api.current
    monkeypatch.setattr(world.api, "current", lambda wanted: {**call(wanted), "cpu": 1})

    check_refuses(world, bench, NAME, Refused, "show different quotas for identity", **JOE, cpu=8)


def test_maintenance_stops_the_plan(world: World, bench: Bench, tmp_path: Path) -> None:
    """It stops staff too; the fixture's own token is that of an exempt user."""
    assert MaintenanceRecord.objects.filter(end_date=None, provider=None).exists()
    with api_server.serve() as server:
        (tmp_path / "token").write_text(server.token("staffonly") + "\n")
        token = SecretReference(f"file:{tmp_path / 'token'}")
        world.endpoints = dataclasses.replace(world.endpoints, api_url=server.url, api_token=token)

        error = check_refuses(world, bench, NAME, NotConnected, "closed for maintenance", **JOE, cpu=8)

    assert "MAINTENANCE_EXEMPT_USERNAMES" in error.next_step


@pytest.mark.both_databases
def test_change_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """Nothing is changed."""
    planned = plan(world, NAME, **JOE, cpu=8)
    Identity.objects.filter(pk=identity_id("joetest", 4)).update(quota_id=57)
    before = everything(bench)

    with pytest.raises(StalePlan, match="quota was"):
        apply(world, bench, planned)

    assert before == everything(bench)


@pytest.mark.both_databases
@pytest.mark.usefixtures("database_only")
def test_equal_row_is_reused_without_the_api(world: World, bench: Bench) -> None:
    """Only the identity changes, and the plan shows that the cloud keeps its limits."""
    planned = check_plans(
        world,
        NAME,
        [f"update atmosphere identity:{identity_id('joetest', 4)}  quota_id: 33 → 57"],
        **JOE,
        **LARGE,
    )

    assert "OpenStack keeps and enforces the old limits" in planned.warnings[-1]
    check_round_trip(world, bench, NAME, **JOE, **LARGE)


@pytest.mark.usefixtures("database_only")
def test_lowest_of_several_equal_rows_is_reused(world: World) -> None:
    """As Atmosphere does: 33 and 58 are equal."""
    Identity.objects.filter(pk=identity_id("joetest", 4)).update(quota_id=57)
    values = {"storage_gb": 10, "memory_gb": 128, "cpu": 16}
    counts = dict.fromkeys(("instance_count", "snapshot_count", "volume_count", "floating_ip_count", "port_count"), 10)

    expected = [f"update atmosphere identity:{identity_id('joetest', 4)}  quota_id: 57 → 33"]
    check_plans(world, NAME, expected, **JOE, **values, **counts)


@pytest.mark.both_databases
@pytest.mark.usefixtures("database_only")
def test_new_row_is_inserted_without_the_api_and_deleted_by_undo(world: World, bench: Bench) -> None:
    """The plan is the same each time; the identity gets the database's key; undo deletes the row again."""
    first, second = plan(world, NAME, **JOE, cpu=17), plan(world, NAME, **JOE, cpu=17)
    assert first.changes == second.changes
    assert ["insert", "update"] == [change.describe().split()[0] for change in first.changes]
    assert "quota_id: 33 → (the key of the new quota)" in first.changes[1].describe()

    outcome = check_round_trip(world, bench, NAME, **JOE, cpu=17)

    assert "applied" == outcome.state
    assert 33 == quota_id()


@pytest.mark.both_databases
@pytest.mark.usefixtures("database_only")
def test_new_row_that_was_edited_does_not_block_the_next_plan(world: World, bench: Bench) -> None:
    """Its UUID is taken then; the next one is used."""
    apply(world, bench, plan(world, NAME, **JOE, cpu=17))
    Quota.objects.filter(pk=quota_id()).update(cpu=1)

    apply(world, bench, plan(world, NAME, username="imageauthor", provider_id=4, cpu=17))

    assert 17 == Quota.objects.get(pk=quota_id("imageauthor")).cpu


@pytest.mark.both_databases
@pytest.mark.usefixtures("database_only")
def test_quota_row_that_was_edited_makes_the_plan_stale(world: World, bench: Bench) -> None:
    """The plan relies on both the old row and the reused row."""
    planned = plan(world, NAME, **JOE, **LARGE)
    Quota.objects.filter(pk=57).update(cpu=45)

    with pytest.raises(StalePlan, match="quota:57: cpu was 44"):
        apply(world, bench, planned)

    assert 33 == quota_id()
