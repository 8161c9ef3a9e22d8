"""Projects by name, tested on the fixture's stand-in and on the real Keystone."""

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
def test_project_is_found_by_its_name(bench: Bench, clouds: Clouds, provider_id: int) -> None:
    """It is found in both regions, even if the catalog has no Keystone there."""
    assert bench.project_id == clouds.keystone(provider_id).project_id(PROJECT)


@pytest.mark.parametrize("name", ["", "fixture-projec", "FIXTURE-PROJECT", "fixture-project&name=admin", "zoë", "a b%"])
def test_missing_project_returns_none(clouds: Clouds, name: str) -> None:
    """The full name must match, including upper and lower case, and no character in it changes the request."""
    assert clouds.keystone(4).project_id(name) is None


def test_several_projects_are_read_in_order(bench: Bench, clouds: Clouds) -> None:
    """The result has the order of the request."""
    expected = {"nobody": None, PROJECT: bench.project_id}
    assert expected == clouds.keystone(4).project_ids(["nobody", PROJECT])


def test_member_cannot_find_a_project(bench: Bench, member: Clouds) -> None:
    """The error names the policy and the next step."""
    with pytest.raises(Refused, match="rejected the request to find the project 'fixture-project'") as failure:
        member.keystone(4).project_id(PROJECT)
    assert "HTTP 403" in failure.value.why
    assert "identity:list_projects" in failure.value.next_step


def test_summary_shows_the_permissions_of_the_account(clouds: Clouds, member: Clouds) -> None:
    """A missing permission is not an error for the doctor, since most procedures do not need it."""
    assert clouds.keystone(4).summary() == "its account may list projects"
    expected = "its account may not list projects (HTTP 403); copying images requires it"
    assert expected == member.keystone(4).summary()


def test_account_of_the_token_is_read(clouds: Clouds, member: Clouds) -> None:
    """It has user, project, roles and expiry time, but not the token itself."""
    for connection, is_admin in ((clouds, True), (member, False)):
        account = connection.keystone(4).account()
        assert is_admin == ("admin" in account.roles)
        assert "member" in account.roles or is_admin
        assert account.user
        assert account.project
        assert account.expires is not None
        assert account.expires > datetime.now(UTC)


def test_provider_without_a_cloud_is_refused(clouds: Clouds) -> None:
    """The error is the same as for Glance."""
    with pytest.raises(Refused, match="provider 9 has no cloud configured"):
        clouds.keystone(9)


def test_wrong_password_is_not_connected(bench: Bench, tmp_path: Path) -> None:
    """The error does not contain a password."""
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"password": "not-the-password"}))
    with pytest.raises(NotConnected, match="HTTP 401") as failure:
        clouds.keystone(4).project_id(PROJECT)
    secrets = {"not-the-password", *passwords(bench)}
    assert "login" == failure.value.kind
    assert [] == [secret for secret in secrets if secret in str(failure.value) + str(failure.value.__cause__)]
    clouds.close()


def test_keystone_that_is_down_is_reported_within_seconds(bench: Bench, tmp_path: Path) -> None:
    """The error names the address."""
    address = f"http://127.0.0.1:{closed_port()}"
    clouds = clouds_of(bench, config_file=altered(bench, tmp_path, auth={"auth_url": f"{address}/v3"}))
    begin = time.monotonic()
    with pytest.raises(NotConnected, match=f"cannot be reached at {address}"):
        clouds.keystone(4).project_id(PROJECT)
    assert time.monotonic() - begin < 5
    clouds.close()
