"""Taking staff access: the last superuser stays, whatever happens at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.errors import Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
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


def test_who_has_no_flag_loses_none(world: World) -> None:
    """The plan is empty and names both sites; preferences are not touched."""
    check_nothing_to_do(
        world,
        "revoke_staff",
        username="joetest",
        because="joetest is neither staff nor superuser on Atmosphere and Troposphere",
    )


@pytest.mark.parametrize(
    ("username", "known", "missing"),
    [("newcomer", "Atmosphere", "troposphere"), ("troponly", "Troposphere", "atmosphere")],
)
def test_a_site_without_the_account_is_passed_over_and_said(
    world: World, username: str, known: str, missing: str
) -> None:
    """Nothing can be taken where there is no account; the other site is still looked at."""
    planned = check_nothing_to_do(
        world, "revoke_staff", username=username, because=f"{username} is neither staff nor superuser on {known}"
    )

    expected = f"{username} has no account in the {missing} database; there is nothing to take there"
    assert (expected,) == planned.warnings


def test_a_name_that_no_site_knows_is_refused(world: World, bench: Bench) -> None:
    """The error offers the nearest name."""
    error = check_refuses(world, bench, "revoke_staff", TargetNotFound, "no user 'staffmembr'", username="staffmembr")

    assert "'staffmember'" in error.why


def test_a_user_of_the_other_site_is_refused_when_one_site_is_asked_for(world: World, bench: Bench) -> None:
    """site=troposphere looks at Troposphere alone."""
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
def test_the_last_superuser_of_a_site_stays(world: World, bench: Bench, site: Database, first: str, last: str) -> None:
    """After one of the two is revoked, the other is refused, with what to do first."""
    apply(world, bench, plan(world, "revoke_staff", username=first, site=site))

    text = f"{last} is the last superuser of {site.title()}"
    for asked in (site, "both"):
        error = check_refuses(world, bench, "revoke_staff", Refused, text, username=last, site=asked)
        assert "grant_staff" in error.next_step


@pytest.mark.both_databases
@pytest.mark.parametrize("column", ["is_active", "end_date"])
def test_a_superuser_who_can_not_act_does_not_count(world: World, bench: Bench, column: str) -> None:
    """An inactive or end-dated account would help nobody."""
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
    assert () == revoked.expects  # this one could not act, so nobody else has to stay


def test_both_flags_are_cleared_and_another_superuser_has_to_be_there_still(world: World) -> None:
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


def test_a_flag_that_is_not_set_is_left_out(world: World) -> None:
    """Staff without superuser lose one column, and no superuser has to be there for it."""
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
    """Undo gives back exactly the flags that were taken."""
    check_round_trip(world, bench, "revoke_staff", username=username, site=site)


@pytest.mark.both_databases
def test_the_other_superuser_leaving_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
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
def test_of_two_plans_that_take_one_superuser_each_only_one_is_applied(world: World, bench: Bench) -> None:
    """Each was right when it was made; together they would leave nobody."""
    plans = [plan(world, "revoke_staff", username=name, site="atmosphere") for name in ("staffmember", "atmoadmin")]

    apply(world, bench, plans[0])
    with pytest.raises(StalePlan, match="is_superuser was True"):
        apply(world, bench, plans[1])

    assert ["atmoadmin"] == [user.username for user in AtmosphereUser.objects.filter(is_superuser=True)]


def test_two_processes_that_revoke_the_two_last_superusers_leave_one(bench: Bench) -> None:
    """Whoever is later finds the other gone: refused or stale, never both done."""
    words = ("-p", "site=atmosphere", "--reason", "test", "--yes")
    running = [
        sessions.start("apply", "revoke_staff", "-p", f"username={name}", *words, home=str(bench.home))
        for name in ("staffmember", "atmoadmin")
    ]
    said = [process.communicate(timeout=60) for process in running]

    codes = sorted(process.returncode for process in running)
    assert codes in ([0, 3], [0, 4]), said
    left = sessions.rows(bench, "atmosphere", "SELECT count(*) FROM atmosphere_user WHERE is_superuser")
    assert [(1,)] == left


@pytest.mark.both_databases
def test_the_undo_of_a_revoke_is_refused_when_the_flag_was_given_again(world: World, bench: Bench) -> None:
    """What somebody changed since is not overwritten."""
    outcome = apply(world, bench, plan(world, "revoke_staff", username="staffmember", site="atmosphere"))
    assert all(engine.is_applied(world, change) for change in outcome.receipt)
    sessions.execute(bench, "atmosphere", "UPDATE atmosphere_user SET is_staff = TRUE WHERE username = 'staffmember'")

    with pytest.raises(StalePlan, match="is_staff was False"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_an_undo_does_not_take_away_the_last_superuser(world: World, bench: Bench) -> None:
    """The flag that a grant gave can't be undone once the other superusers are gone; nor an undone revocation."""
    granted = apply(world, bench, plan(world, "grant_staff", username="joetest", site="atmosphere"))
    for name in ("staffmember", "atmoadmin"):
        apply(world, bench, plan(world, "revoke_staff", username=name, site="atmosphere"))
    before = everything(bench)

    with pytest.raises(Refused, match="joetest is the last superuser of Atmosphere"):
        undo_plan(world, bench, granted.run_id)

    assert before == everything(bench)
