"""Giving staff access: what is planned, what is refused, and what becomes of it when the second database fails."""

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
    "the password works only where AUTHENTICATION_BACKENDS has django.contrib.auth.backends.ModelBackend; on a site "
    "that logs in through CAS, LDAP or OpenStack alone it is of no use"
)
STAFF_ONLY = "staff without superuser may not emulate other users, and sees no table in the admin pages"
FLAGS = "is_staff: false → true, is_superuser: false → true"
TOUCHED = 'modified_date: "2026-01-14T12:00:00+00:00" → "2026-01-15T12:00:00+00:00"'


def test_who_has_both_flags_on_both_sites_needs_nothing(world: World) -> None:
    """The plan is empty and says that the user is staff and superuser already; preferences are not touched."""
    check_nothing_to_do(
        world,
        "grant_staff",
        username="staffmember",
        because="staffmember is staff and superuser on both sites already",
    )


def test_staff_alone_is_enough_when_superuser_is_not_asked_for(world: World) -> None:
    """With superuser=False a staff member needs nothing, and a superuser's flag is never taken."""
    because = "{} is staff on both sites already"
    for username in ("staffonly", "staffmember"):
        check_nothing_to_do(world, "grant_staff", username=username, superuser=False, because=because.format(username))


@pytest.mark.parametrize(("site", "title"), [("atmosphere", "Atmosphere"), ("troposphere", "Troposphere")])
def test_an_empty_plan_names_the_one_site_that_was_asked_for(world: World, site: str, title: str) -> None:
    """The reason speaks of that site only."""
    check_nothing_to_do(
        world,
        "grant_staff",
        username="staffmember",
        site=site,
        because=f"staffmember is staff and superuser on {title} already",
    )


@pytest.mark.both_databases
def test_a_user_who_never_logged_in_to_troposphere_is_refused_with_two_ways_on(world: World, bench: Bench) -> None:
    """The missing row can't be made here: the user logs in once, or only Atmosphere is changed."""
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


def test_a_user_of_troposphere_alone_is_refused_for_both(world: World, bench: Bench) -> None:
    """No account on Atmosphere: the error says where it appears."""
    error = check_refuses(
        world, bench, "grant_staff", TargetNotFound, "no user 'troponly' in the atmosphere", username="troponly"
    )
    assert "log in to Atmosphere once" in error.next_step


@pytest.mark.parametrize("username", ["JoeTest", "joetset", "joetest3"])
def test_a_misspelt_name_is_refused_with_the_names_most_like_it(world: World, bench: Bench, username: str) -> None:
    """Upper and lower case count, and the error offers joetest."""
    error = check_refuses(world, bench, "grant_staff", TargetNotFound, f"no user {username!r}", username=username)
    assert "did you mean" in error.why
    assert "'joetest'" in error.why


@pytest.mark.both_databases
def test_doubled_preferences_are_refused_because_troposphere_itself_fails_on_them(world: World, bench: Bench) -> None:
    """The rows are named, and how to mend them; Atmosphere alone can still be granted."""
    error = check_refuses(
        world, bench, "grant_staff", Refused, "dupprefs has 2 rows in api_userpreferences", username="dupprefs"
    )
    assert "MultipleObjectsReturned" in error.why
    assert "/tropo-admin" in error.next_step

    check_round_trip(world, bench, "grant_staff", username="dupprefs", site="atmosphere")


def test_only_what_changes_is_written_and_the_preferences_are_touched_as_upstream_does(world: World) -> None:
    """One update a site, two columns each, and the row that Troposphere's own save would touch."""
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


def test_a_flag_that_is_set_already_is_left_out(world: World) -> None:
    """Staff who become superuser: one column, not the whole row."""
    check_plans(
        world,
        "grant_staff",
        [f"update atmosphere atmosphere_user:{user_id('staffonly')}  is_superuser: false → true"],
        username="staffonly",
        site="atmosphere",
    )


@pytest.mark.both_databases
def test_a_missing_profile_is_made_as_atmospheres_hook_would(world: World, bench: Bench) -> None:
    """The insertion has upstream's defaults, and undo removes exactly that row."""
    outcome = check_round_trip(world, bench, "grant_staff", username="noprofile", site="atmosphere")

    assert ["update", "insert"] == [change.describe().split()[0] for change in outcome.receipt]
    assert f"user_profile:{user_id('noprofile')}" in outcome.receipt[1].describe()


@pytest.mark.both_databases
def test_missing_preferences_are_made_and_their_key_is_in_the_receipt(world: World, bench: Bench) -> None:
    """The database gives the key; undo deletes the row by it."""
    outcome = check_round_trip(world, bench, "grant_staff", username="noprefs", site="troposphere")

    assert "insert troposphere api_userpreferences:27" in outcome.receipt[1].describe()


def test_a_disabled_account_gets_its_flags_and_a_warning_a_site(world: World) -> None:
    """The flags are of no use before the account is enabled; both sites say so."""
    warnings = plan(world, "grant_staff", username="enddated").warnings

    expected = tuple(
        f"the account is disabled on {site} (not active, or end-dated): the flags have no effect until it is enabled"
        for site in ("Atmosphere", "Troposphere")
    )
    assert expected == warnings


def test_staff_without_superuser_is_told_what_it_may_not(world: World) -> None:
    """The warning stands in the plan, and no is_superuser is written."""
    planned = plan(world, "grant_staff", username="joetest", superuser=False, site="atmosphere")

    assert (STAFF_ONLY,) == planned.warnings
    assert ["is_staff: false → true"] == [change.describe().split("  ")[1] for change in planned.changes]


@pytest.mark.both_databases
def test_a_password_is_hashed_verified_by_the_old_django_format_and_never_kept(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row holds a PBKDF2 hash of it; plan, journal and receipt hold its reference and a fingerprint."""
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
def test_the_same_password_again_is_no_change(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that fits already is left alone, although a new one would have another salt."""
    monkeypatch.setenv("NEW_PASSWORD", "a fixture secret, long enough")
    given = {"username": "joetest", "password": "env:NEW_PASSWORD", "site": "troposphere"}
    apply(world, bench, plan(world, "grant_staff", **given))

    check_nothing_to_do(world, "grant_staff", because="joetest is staff and superuser on Troposphere already", **given)


def test_replacing_a_usable_password_is_irreversible_and_said_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old hash is not kept, so the plan marks the change."""
    monkeypatch.setenv("NEW_PASSWORD", "a fixture secret, long enough")

    planned = plan(world, "grant_staff", username="staffmember", password="env:NEW_PASSWORD", site="atmosphere")

    assert planned.changes == planned.irreversible


def test_a_password_in_clear_is_refused_and_not_repeated(world: World, bench: Bench) -> None:
    """Only a reference is accepted."""
    error = check_refuses(
        world, bench, "grant_staff", ParamError, "must be a reference", username="joetest", password="hunter2-in-clear"
    )
    assert "hunter2" not in str(error)


@pytest.mark.both_databases
@pytest.mark.parametrize("username", [person.username for person in PEOPLE if not person.username.isalpha()])
def test_awkward_names_are_taken_literally(world: World, bench: Bench, username: str) -> None:
    """Numbers, quotes, SQL and the longest name there is are names like any other."""
    planned = plan(world, "grant_staff", username=username, site="troposphere")

    assert user_id(username, database="troposphere") in planned.changes[0].pk.values()
    assert "applied" == apply(world, bench, planned).state


@pytest.mark.both_databases
def test_a_row_changed_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """Somebody granted staff meanwhile: row, column, planned and present value are named; nothing else is changed."""
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
