"""Projects by name, asked of the fixture's stand-in and of the real Keystone alike."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused
from tests.systems.openstack.glance_benches import altered, clouds_of, passwords
from tests.systems.openstack.test_glance import closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.systems.openstack import Clouds
    from tests.systems.openstack.glance_benches import Bench

PROJECT = "fixture-project"


@pytest.mark.parametrize("provider_id", [4, 5])
def test_a_project_is_found_by_its_name(bench: Bench, clouds: Clouds, provider_id: int) -> None:
    """In both regions, whether or not the catalogue has Keystone there."""
    assert bench.project_id == clouds.keystone(provider_id).project_id(PROJECT)


@pytest.mark.parametrize("name", ["", "fixture-projec", "FIXTURE-PROJECT", "fixture-project&name=admin", "zoë", "a b%"])
def test_a_project_that_is_not_there_is_none(clouds: Clouds, name: str) -> None:
    """The whole name counts, upper and lower case too, and no sign in it changes the question."""
    assert clouds.keystone(4).project_id(name) is None


def test_several_are_asked_for_over_one_connection(bench: Bench, clouds: Clouds) -> None:
    """The order is kept."""
    expected = {"nobody": None, PROJECT: bench.project_id}
    assert expected == clouds.keystone(4).project_ids(["nobody", PROJECT])


def test_a_member_may_not_ask(bench: Bench, member: Clouds) -> None:
    """The error names the policy and what to do."""
    with pytest.raises(Refused, match="refused to look for the project 'fixture-project'") as failure:
        member.keystone(4).project_id(PROJECT)
    assert "HTTP 403" in failure.value.why
    assert "identity:list_projects" in failure.value.next_step


def test_what_the_account_may_do_is_told(clouds: Clouds, member: Clouds) -> None:
    """For the doctor: no error, since most procedures never ask."""
    assert clouds.keystone(4).summary() == "its account may list projects"
    expected = "its account may not list projects (HTTP 403), which copying images needs"
    assert expected == member.keystone(4).summary()


def test_whose_account_it_is_is_told(clouds: Clouds, member: Clouds) -> None:
    """User, project, roles and how long the token holds; nothing of the token itself."""
    for one, is_admin in ((clouds, True), (member, False)):
        account = one.keystone(4).account()
        assert is_admin == ("admin" in account.roles)
        assert "member" in account.roles or is_admin
        assert account.user
        assert account.project
        assert account.expires is not None
        assert account.expires > datetime.now(UTC)


def test_a_provider_without_a_cloud_is_refused(clouds: Clouds) -> None:
    """As for Glance."""
    with pytest.raises(Refused, match="provider 9 has no cloud configured"):
        clouds.keystone(9)


def test_a_wrong_password_is_not_connected(bench: Bench, tmp_path: Path) -> None:
    """And the password is not in the message."""
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"password": "not-the-password"}))
    with pytest.raises(NotConnected, match="HTTP 401") as failure:
        clouds.keystone(4).project_id(PROJECT)
    words = {"not-the-password", *passwords(bench)}
    assert "login" == failure.value.kind
    assert [] == [word for word in words if word in str(failure.value) + str(failure.value.__cause__)]
    clouds.close()


def test_a_keystone_that_is_down_is_reported_within_seconds(bench: Bench, tmp_path: Path) -> None:
    """The operator does not wait."""
    address = f"http://127.0.0.1:{closed_port()}"
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"auth_url": f"{address}/v3"}))
    begin = time.monotonic()
    with pytest.raises(NotConnected, match=f"cannot be reached at {address}"):
        clouds.keystone(4).project_id(PROJECT)
    assert time.monotonic() - begin < 5
    clouds.close()
