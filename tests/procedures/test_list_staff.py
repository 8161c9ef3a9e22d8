"""list_staff: both sites side by side, their differences, and no hash read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect, engine, procedures
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, CloudAdministrator, Provider
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from tests import sessions
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def rows(inspection: Any) -> dict[str, tuple[Any, ...]]:
    """Return the mapping from username to its other cells."""
    return {row[0]: row[1:] for row in inspection.parts[0].rows}


def test_each_account_with_rights_is_listed_once(world: World, bench: Bench) -> None:
    """Staff and superusers of either site, and nobody else."""
    inspection = check_inspection(world, bench, "list_staff")

    assert ["atmoadmin", "staffmember", "staffonly", "tropoadmin"] == list(rows(inspection))
    assert inspection.answer.startswith("4 accounts have rights; 2 differ between the sites; 1 can log in")


def test_next_step_names_a_user_with_accounts_on_both_sites(world: World, bench: Bench) -> None:
    """The first account that differs has no row on Troposphere, so grant_staff rejects it; revoke_staff accepts it."""
    grant, revoke = check_inspection(world, bench, "list_staff").steps

    assert "runbook plan grant_staff -p username=tropoadmin" == grant.command
    assert "runbook plan revoke_staff -p username=atmoadmin" == revoke.command


@pytest.mark.parametrize(
    ("username", "differs"),
    [
        ("staffmember", ""),
        ("staffonly", ""),
        ("tropoadmin", "staff, superuser"),
        ("atmoadmin", "no account on Troposphere"),
    ],
)
def test_differences_between_the_sites_are_named(world: World, bench: Bench, username: str, differs: str) -> None:
    """Each flag that differs, or the site without an account."""
    assert differs == rows(check_inspection(world, bench, "list_staff"))[username][-1]


def test_account_that_ended_on_one_site_differs(world: World, bench: Bench) -> None:
    """Its flags are the same, but it is not active: the cell and the difference show it."""
    AtmosphereUser.objects.filter(username="staffonly").update(is_active=False, end_date=world.now())

    row = rows(check_inspection(world, bench, "list_staff"))["staffonly"]

    assert "staff, inactive, ended 2026-01-15" == row[0]
    assert "active" == row[-1]


def test_end_date_in_the_future_disables_nothing(world: World, bench: Bench) -> None:
    """The account is enabled until that date: core/models/user.py:129-138 of Atmosphere v37-5."""
    AtmosphereUser.objects.filter(username="staffonly").update(end_date=datetime(2030, 1, 1, tzinfo=UTC))

    row = rows(check_inspection(world, bench, "list_staff"))["staffonly"]

    assert ("staff, ends 2030-01-01", "") == (row[0], row[-1])


def test_cloud_administrators_are_listed_without_flags_too(world: World, bench: Bench) -> None:
    """They pass CloudAdminRequired in api/permissions.py:221-234 of Atmosphere v37-5 without being staff."""
    provider = Provider.objects.get(pk=4)
    CloudAdministrator.objects.create(provider=provider, user=AtmosphereUser.objects.get(username="joetest"))

    inspection = check_inspection(world, bench, "list_staff")

    assert ("joetest", provider.location) in inspection.parts[1].rows
    assert {"atmoadmin", "joetest"} == {username for username, _ in inspection.parts[1].rows}
    assert "no rights" == rows(inspection)["joetest"][0]


def test_usable_passwords_have_no_exclamation_mark(world: World, bench: Bench) -> None:
    """An exclamation mark or an empty text is not a password; any other text is."""
    TroposphereUser.objects.filter(username="joetest").update(password="sha1$x$y")
    AtmosphereUser.objects.filter(username="staffmember").update(password="")

    inspection = check_inspection(world, bench, "list_staff")

    assert (("troposphere", "joetest"), ("troposphere", "staffmember")) == inspection.parts[2].rows


def test_hash_is_never_selected(world: World) -> None:
    """The password column is only compared."""
    with sessions.statements() as statements:
        engine.inspect(procedures.find("list_staff"), world, {})

    selected = [sql.partition(" FROM ")[0] for sql in statements if "_user" in sql]
    assert selected
    assert [] == [columns for columns in selected if "password" in columns]


def test_one_site_gives_a_partial_list(bench: Bench) -> None:
    """Without Troposphere the rest is shown, the missing source names the setting, and nothing differs."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, "list_staff")

    assert ["atmoadmin", "staffmember", "staffonly"] == list(rows(inspection))
    assert {""} == {row[-1] for row in rows(inspection).values()}
    assert ["troposphere"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_TROPOSPHERE_DB" in inspection.gaps[0].how


def test_two_missing_sites_are_refused(bench: Bench) -> None:
    """Two databases that are not configured give an error, not an empty list."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, "list_staff")
