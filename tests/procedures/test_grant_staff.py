"""Giving staff access: planned flags, refusals, and a second database that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import ParamError, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.rows.people import PEOPLE
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.model import RowUpdate, Sealed
from runbook_lib.systems.db.access import passwords
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
    from runbook_lib.world.world import World
    from tests.conftest import Bench

JOETEST, JOETEST_THERE = user_id("joetest"), user_id("joetest", database="troposphere")
MODEL_BACKEND = (
    "the password works only where AUTHENTICATION_BACKENDS has django.contrib.auth.backends.ModelBackend; it has no "
    "effect on a site where users log in only through CAS, LDAP or OpenStack"
)
STAFF_ONLY = "staff without superuser cannot emulate other users, and sees no table in the admin pages"
FLAGS = "is_staff: false → true, is_superuser: false → true"
TOUCHED = 'modified_date: "2026-01-14T12:00:00+00:00" → "2026-01-15T12:00:00+00:00"'


def test_user_with_both_flags_needs_no_change(world: World) -> None:
    """The empty plan says so; preferences are not touched."""
    check_nothing_to_do(
        world,
        "grant_staff",
        username="staffmember",
        because="staffmember is already staff and superuser on both sites",
    )


def test_staff_needs_no_change_without_superuser(world: World) -> None:
    """With superuser=False, a staff member needs no change, and a superuser keeps the flag."""
    because = "{} is already staff on both sites"
    for username in ("staffonly", "staffmember"):
        check_nothing_to_do(world, "grant_staff", username=username, superuser=False, because=because.format(username))


@pytest.mark.parametrize(("site", "title"), [("atmosphere", "Atmosphere"), ("troposphere", "Troposphere")])
def test_empty_plan_names_the_chosen_site(world: World, site: str, title: str) -> None:
    """The reason names only that site."""
    check_nothing_to_do(
        world,
        "grant_staff",
        username="staffmember",
        site=site,
        because=f"staffmember is already staff and superuser on {title}",
    )


@pytest.mark.both_databases
def test_user_without_a_login_to_troposphere_is_refused(world: World, bench: Bench) -> None:
    """The plan cannot create the row: the user logs in once, or only Atmosphere changes."""
    error = check_refuses(
        world, bench, "grant_staff", TargetNotFound, "no user 'newcomer' in the troposphere", username="newcomer"
    )
    assert "first login to Troposphere" in error.next_step
    assert "site=atmosphere" in error.next_step

    check_plans(
        world,
        "grant_staff",
        [f"update atmosphere atmosphere_user:{user_id('newcomer')}  {FLAGS}"],
        username="newcomer",
        site="atmosphere",
    )


def test_user_without_an_account_on_atmosphere_is_refused(world: World, bench: Bench) -> None:
    """The error says how to create the account."""
    error = check_refuses(
        world, bench, "grant_staff", TargetNotFound, "no user 'troponly' in the atmosphere", username="troponly"
    )
    assert "log in to Atmosphere once" in error.next_step


@pytest.mark.parametrize("username", ["JoeTest", "joetset", "joetest3"])
def test_misspelled_name_is_refused_with_similar_names(world: World, bench: Bench, username: str) -> None:
    """Upper and lower case matter, and the error suggests joetest."""
    error = check_refuses(world, bench, "grant_staff", TargetNotFound, f"no user {username!r}", username=username)
    assert "did you mean" in error.why
    assert "'joetest'" in error.why


@pytest.mark.both_databases
def test_duplicate_preferences_are_refused(world: World, bench: Bench) -> None:
    """Troposphere itself fails on them; the refusal names the rows and the fix, and Atmosphere alone still works."""
    error = check_refuses(
        world, bench, "grant_staff", Refused, "dupprefs has 2 rows in api_userpreferences", username="dupprefs"
    )
    assert "MultipleObjectsReturned" in error.why
    assert "/tropo-admin" in error.next_step

    check_round_trip(world, bench, "grant_staff", username="dupprefs", site="atmosphere")


def test_only_changed_columns_are_written(world: World) -> None:
    """One update per site with two columns, and the row that Troposphere's own save would touch."""
    check_plans(
        world,
        "grant_staff",
        [
            f"update atmosphere atmosphere_user:{JOETEST}  {FLAGS}",
            f"update troposphere troposphere_user:{JOETEST_THERE}  {FLAGS}",
            f"update troposphere api_userpreferences:27000  {TOUCHED}",
        ],
        username="joetest",
    )


def test_flag_that_is_already_set_is_left_out(world: World) -> None:
    """Staff who become superuser: one column, not the entire row."""
    check_plans(
        world,
        "grant_staff",
        [f"update atmosphere atmosphere_user:{user_id('staffonly')}  is_superuser: false → true"],
        username="staffonly",
        site="atmosphere",
    )


@pytest.mark.both_databases
def test_missing_profile_is_inserted_as_by_atmosphere(world: World, bench: Bench) -> None:
    """The row has upstream's defaults, and undo removes exactly that row."""
    outcome = check_round_trip(world, bench, "grant_staff", username="noprofile", site="atmosphere")

    assert ["update", "insert"] == [change.describe().split()[0] for change in outcome.receipt]
    assert f"user_profile:{user_id('noprofile')}" in outcome.receipt[1].describe()


@pytest.mark.both_databases
def test_missing_preferences_are_inserted(world: World, bench: Bench) -> None:
    """The database chooses the key; undo deletes the row by it."""
    outcome = check_round_trip(world, bench, "grant_staff", username="noprefs", site="troposphere")

    assert "insert troposphere api_userpreferences:27" in outcome.receipt[1].describe()


def test_disabled_account_gets_a_warning_per_site(world: World) -> None:
    """The flags have no effect until the account is enabled."""
    warnings = plan(world, "grant_staff", username="enddated").warnings

    expected = tuple(
        f"the account is disabled on {site} (not active, or end-dated): the flags have no effect until it is enabled"
        for site in ("Atmosphere", "Troposphere")
    )
    assert expected == warnings


def test_staff_without_superuser_gets_a_warning(world: World) -> None:
    """The plan writes no is_superuser."""
    planned = plan(world, "grant_staff", username="joetest", superuser=False, site="atmosphere")

    assert (STAFF_ONLY,) == planned.warnings
    assert ["is_staff: false → true"] == [change.describe().split("  ")[1] for change in planned.changes]


@pytest.mark.both_databases
def test_password_is_hashed_and_not_stored(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row has a PBKDF2 hash; plan, journal and receipt have only its reference and a fingerprint."""
    monkeypatch.setenv("NEW_PASSWORD", "a fixture secret, long enough")
    planned = plan(world, "grant_staff", username="joetest", password="env:NEW_PASSWORD", site="atmosphere")
    assert (MODEL_BACKEND,) == planned.warnings

    outcome = apply(world, bench, planned)

    stored = AtmosphereUser.objects.get(username="joetest").password
    assert "pbkdf2_sha256" == stored.split("$")[0]
    assert passwords.matches("a fixture secret, long enough", stored)
    [change] = outcome.receipt
    assert isinstance(change, RowUpdate)
    assert isinstance(change.after["password"], Sealed)
    written = bench.journal.path.read_text()
    assert "a fixture secret" not in written
    assert stored not in written
    apply(world, bench, undo_plan(world, bench, outcome.run_id))
    assert AtmosphereUser.objects.get(username="joetest").password.startswith("!")


@pytest.mark.both_databases
def test_same_password_needs_no_change(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that already matches stays, although a new hash would have another salt."""
    monkeypatch.setenv("NEW_PASSWORD", "a fixture secret, long enough")
    given = {"username": "joetest", "password": "env:NEW_PASSWORD", "site": "troposphere"}
    apply(world, bench, plan(world, "grant_staff", **given))

    check_nothing_to_do(world, "grant_staff", because="joetest is already staff and superuser on Troposphere", **given)


def test_replacing_a_usable_password_is_irreversible(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old hash is not stored, so the plan marks the change as irreversible."""
    monkeypatch.setenv("NEW_PASSWORD", "a fixture secret, long enough")

    planned = plan(world, "grant_staff", username="staffmember", password="env:NEW_PASSWORD", site="atmosphere")

    assert planned.changes == planned.irreversible


def test_literal_password_is_refused_and_not_repeated(world: World, bench: Bench) -> None:
    """Only a reference is accepted."""
    error = check_refuses(
        world, bench, "grant_staff", ParamError, "must be a reference", username="joetest", password="hunter2-in-clear"
    )
    assert "hunter2" not in str(error)


@pytest.mark.both_databases
@pytest.mark.parametrize("username", [person.username for person in PEOPLE if not person.username.isalpha()])
def test_special_characters_in_names_are_literal(world: World, bench: Bench, username: str) -> None:
    """Numbers, quotes, SQL and the longest possible name are ordinary names."""
    planned = plan(world, "grant_staff", username=username, site="troposphere")

    assert user_id(username, database="troposphere") in planned.changes[0].pk.values()
    assert "applied" == apply(world, bench, planned).state


@pytest.mark.both_databases
def test_change_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The error names row, column, planned and present value; nothing is changed."""
    planned = plan(world, "grant_staff", username="joetest")
    sessions.execute(bench, "troposphere", "UPDATE troposphere_user SET is_staff = TRUE WHERE username = 'joetest'")
    before = everything(bench)

    with pytest.raises(StalePlan) as caught:
        apply(world, bench, planned)

    expected = (
        f"troposphere troposphere_user:{JOETEST_THERE}: is_staff was False when the plan was made and is True now"
    )
    assert expected == caught.value.what
    assert before == everything(bench)
    assert ["not-applied"] == [run.state for run in bench.journal.runs()]
