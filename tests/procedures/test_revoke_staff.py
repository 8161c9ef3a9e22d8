"""Revoking staff access: the last superuser stays, also with changes at the same time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.errors import Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.model import RowDelete
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, CloudAdministrator
from tests import sessions
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
    from runbook_lib.model import Database
    from runbook_lib.world.world import World
    from tests.conftest import Bench

KEEPS_PASSWORD = "the account keeps a usable password on {}; it opens no admin page without the flag"
STAFFMEMBER, STAFFMEMBER_THERE = user_id("staffmember"), user_id("staffmember", database="troposphere")
FLAGS = "is_staff: true → false, is_superuser: true → false"
TOUCHED = 'modified_date: "2026-01-14T12:00:00+00:00" → "2026-01-15T12:00:00+00:00"'


def test_user_without_flags_needs_no_change(world: World) -> None:
    """The empty plan names both sites; preferences are not touched."""
    check_nothing_to_do(
        world,
        "revoke_staff",
        username="joetest",
        because="joetest is neither staff, superuser nor cloud administrator on Atmosphere and Troposphere",
    )


@pytest.mark.parametrize(
    ("username", "existing", "absent"),
    [("newcomer", "Atmosphere", "troposphere"), ("troponly", "Troposphere", "atmosphere")],
)
def test_site_without_the_account_is_skipped_and_reported(
    world: World, username: str, existing: str, absent: str
) -> None:
    """There is nothing to revoke without an account; the other site is still checked."""
    because = f"{username} is neither staff, superuser nor cloud administrator on {existing}"
    planned = check_nothing_to_do(world, "revoke_staff", username=username, because=because)

    expected = f"{username} has no account in the {absent} database: there is nothing to revoke there"
    assert (expected,) == planned.warnings


def test_unknown_user_is_not_found(world: World, bench: Bench) -> None:
    """The error suggests the most similar name."""
    error = check_refuses(world, bench, "revoke_staff", TargetNotFound, "no user 'staffmembr'", username="staffmembr")

    assert "'staffmember'" in error.why


def test_user_of_the_other_site_is_refused_for_one_site(world: World, bench: Bench) -> None:
    """site=troposphere checks only Troposphere."""
    check_refuses(
        world,
        bench,
        "revoke_staff",
        TargetNotFound,
        "no user 'newcomer' in the troposphere database",
        username="newcomer",
        site="troposphere",
    )


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("site", "first", "last"),
    [("atmosphere", "atmoadmin", "staffmember"), ("troposphere", "tropoadmin", "staffmember")],
)
def test_last_superuser_of_a_site_stays(world: World, bench: Bench, site: Database, first: str, last: str) -> None:
    """After one of the two is revoked, the other is refused, with the step to do first."""
    apply(world, bench, plan(world, "revoke_staff", username=first, site=site))

    text = f"{last} is the last superuser of {site.title()}"
    for asked in (site, "both"):
        error = check_refuses(world, bench, "revoke_staff", Refused, text, username=last, site=asked)
        assert "grant_staff" in error.next_step


@pytest.mark.both_databases
@pytest.mark.parametrize("column", ["is_active", "end_date"])
def test_inactive_superuser_does_not_count(world: World, bench: Bench, column: str) -> None:
    """An inactive or end-dated account could not help."""
    value = {"is_active": "FALSE", "end_date": "'2026-01-01 00:00:00'"}[column]
    sessions.execute(bench, "atmosphere", f"UPDATE atmosphere_user SET {column} = {value} WHERE username = 'atmoadmin'")

    check_refuses(
        world,
        bench,
        "revoke_staff",
        Refused,
        "staffmember is the last superuser of Atmosphere",
        username="staffmember",
    )
    revoked = plan(world, "revoke_staff", username="atmoadmin", site="atmosphere")
    assert () == revoked.expects  # this account is not active, so no other superuser must stay


def test_both_flags_are_cleared_if_another_superuser_stays(world: World) -> None:
    """The plan names the rows it relies on, and says that the passwords stay."""
    planned = check_plans(
        world,
        "revoke_staff",
        [
            f"update atmosphere atmosphere_user:{STAFFMEMBER}  {FLAGS}",
            f"update troposphere troposphere_user:{STAFFMEMBER_THERE}  {FLAGS}",
            f"update troposphere api_userpreferences:27001  {TOUCHED}",
        ],
        username="staffmember",
    )

    others = [("atmosphere", user_id("atmoadmin")), ("troposphere", user_id("tropoadmin", database="troposphere"))]
    assert others == [(expect.database, expect.pk["id"]) for expect in planned.expects]
    assert tuple(KEEPS_PASSWORD.format(site) for site in ("Atmosphere", "Troposphere")) == planned.warnings


@pytest.mark.both_databases
def test_rows_of_a_cloud_administrator_are_deleted_and_restored(world: World, bench: Bench) -> None:
    """Such a row alone passes Atmosphere's ``CloudAdminRequired``, with which the user could set both flags again.

    Source: api/permissions.py:221-234 and api/v2/views/user.py:82-89 of Atmosphere v37-5.
    """
    rows = list(CloudAdministrator.objects.filter(user__username="atmoadmin").order_by("pk"))
    providers = ", ".join(row.provider.location for row in rows)

    planned = plan(world, "revoke_staff", username="atmoadmin", site="atmosphere")

    deleted = [change.describe() for change in planned.changes if isinstance(change, RowDelete)]
    assert rows
    assert [f"delete atmosphere cloud_administrator:{row.pk}" for row in rows] == [
        line.partition("  ")[0] for line in deleted
    ]
    assert f"the user is a cloud administrator of {providers}. " in "".join(planned.warnings)
    check_round_trip(world, bench, "revoke_staff", username="atmoadmin", site="atmosphere")


def test_cloud_administrator_without_flags_is_revoked_too(world: World, bench: Bench) -> None:
    """The rows alone give the rights; no other superuser is required."""
    row = CloudAdministrator.objects.create(
        provider=CloudAdministrator.objects.all()[0].provider, user=AtmosphereUser.objects.get(username="joetest")
    )

    planned = plan(world, "revoke_staff", username="joetest")

    assert [{"id": row.pk}] == [change.pk for change in planned.changes if isinstance(change, RowDelete)]
    assert ((), 1) == (planned.expects, len(planned.changes))
    apply(world, bench, planned)
    assert not CloudAdministrator.objects.filter(user__username="joetest").exists()


def test_superuser_whose_end_date_is_in_the_future_counts(world: World) -> None:
    """The account is enabled until that date: core/models/user.py:129-138 of Atmosphere v37-5."""
    AtmosphereUser.objects.filter(username="atmoadmin").update(end_date=world.now() + timedelta(days=1))
    assert plan(world, "revoke_staff", username="staffmember", site="atmosphere").changes

    AtmosphereUser.objects.filter(username="atmoadmin").update(end_date=world.now())
    with pytest.raises(Refused, match="is the last superuser of Atmosphere"):
        plan(world, "revoke_staff", username="staffmember", site="atmosphere")


def test_flag_that_is_not_set_is_left_out(world: World) -> None:
    """Staff without superuser lose one column, and no other superuser is required."""
    planned = check_plans(
        world,
        "revoke_staff",
        [f"update atmosphere atmosphere_user:{user_id('staffonly')}  is_staff: true → false"],
        username="staffonly",
        site="atmosphere",
    )

    assert () == planned.expects


@pytest.mark.both_databases
@pytest.mark.parametrize(("username", "site"), [("staffonly", "both"), ("tropoadmin", "both"), ("atmoadmin", "both")])
def test_every_kind_of_staff_is_revoked_and_restored(world: World, bench: Bench, username: str, site: str) -> None:
    """Undo restores exactly the cleared flags."""
    check_round_trip(world, bench, "revoke_staff", username=username, site=site)


@pytest.mark.both_databases
def test_other_superuser_leaving_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The row that the plan relies on is locked and compared too."""
    planned = plan(world, "revoke_staff", username="staffmember")
    sessions.execute(
        bench, "atmosphere", "UPDATE atmosphere_user SET is_superuser = FALSE WHERE username = 'atmoadmin'"
    )
    before = everything(bench)

    with pytest.raises(StalePlan) as caught:
        apply(world, bench, planned)

    key = user_id("atmoadmin")
    expected = f"atmosphere atmosphere_user:{key}: is_superuser was True when the plan was made and is False now"
    assert expected == caught.value.what
    assert before == everything(bench)


@pytest.mark.both_databases
def test_only_one_of_two_revocations_is_applied(world: World, bench: Bench) -> None:
    """Each plan was right when it was made; both together would leave no superuser."""
    plans = [plan(world, "revoke_staff", username=name, site="atmosphere") for name in ("staffmember", "atmoadmin")]

    apply(world, bench, plans[0])
    with pytest.raises(StalePlan, match="is_superuser was True"):
        apply(world, bench, plans[1])

    assert ["atmoadmin"] == [user.username for user in AtmosphereUser.objects.filter(is_superuser=True)]


def test_two_concurrent_revocations_leave_one_superuser(bench: Bench) -> None:
    """The later process finds the other superuser gone: refused or stale, never both applied."""
    arguments = ("-p", "site=atmosphere", "--reason", "test", "--yes")
    running = [
        sessions.start("apply", "revoke_staff", "-p", f"username={name}", *arguments, home=str(bench.home))
        for name in ("staffmember", "atmoadmin")
    ]
    outputs = [process.communicate(timeout=60) for process in running]

    codes = sorted(process.returncode for process in running)
    assert codes in ([0, 3], [0, 4]), outputs
    remaining = sessions.rows(bench, "atmosphere", "SELECT count(*) FROM atmosphere_user WHERE is_superuser")
    assert [(1,)] == remaining


@pytest.mark.both_databases
def test_undo_of_a_revocation_is_refused_after_a_new_grant(world: World, bench: Bench) -> None:
    """A later change is not overwritten."""
    outcome = apply(world, bench, plan(world, "revoke_staff", username="staffmember", site="atmosphere"))
    assert all(engine.is_applied(world, change) for change in outcome.receipt)
    sessions.execute(bench, "atmosphere", "UPDATE atmosphere_user SET is_staff = TRUE WHERE username = 'staffmember'")

    with pytest.raises(StalePlan, match="is_staff was False"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_undo_keeps_the_last_superuser(world: World, bench: Bench) -> None:
    """A grant cannot be undone if it gave the last superuser flag, nor can the undo of a revocation."""
    granted = apply(world, bench, plan(world, "grant_staff", username="joetest", site="atmosphere"))
    for name in ("staffmember", "atmoadmin"):
        apply(world, bench, plan(world, "revoke_staff", username=name, site="atmosphere"))
    before = everything(bench)

    with pytest.raises(Refused, match="joetest is the last superuser of Atmosphere"):
        undo_plan(world, bench, granted.run_id)

    assert before == everything(bench)
