"""The finding of Atmosphere's API: not configured, the token's user, or the problem; never the token."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib import doctor
from runbook_lib.config.secrets import SecretReference
from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
from runbook_lib.systems.db.models.atmosphere.models import MaintenanceRecord

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench


def api_finding(world: World, bench: Bench) -> doctor.Finding:
    """Return the finding for the API."""
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "api")


def test_finding_names_the_user_of_the_token(world: World, bench: Bench) -> None:
    """The fixture's token belongs to a staff user whom no maintenance blocks."""
    finding = api_finding(world, bench)

    assert "ok" == finding.state
    assert world.endpoints.api_url == finding.what
    may = "as staffmember: staff and superuser, can emulate users; no maintenance blocks it"
    assert may == finding.may


def test_unconfigured_api_is_not_a_problem(world: World, bench: Bench) -> None:
    """The finding names both variables."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")

    finding = api_finding(world, bench)

    expected = ("not configured", "set RUNBOOK_API_URL and RUNBOOK_API_TOKEN to use it")
    assert expected == (finding.state, finding.next_step)


def test_problem_of_a_token_is_reported_without_the_token(world: World, bench: Bench, tmp_path: Path) -> None:
    """The user is not staff, a maintenance blocks the user, or the token is unknown."""
    with api_server.serve() as server:
        for username, state, text in (
            ("joetest", "not reachable", "closed for maintenance"),
            ("", "refused", "rejected the token"),
        ):
            token = server.token(username) if username else "nobody gave this out"
            _use(world, server.url, token, tmp_path)
            finding = api_finding(world, bench)
            assert (state, True, False) == (finding.state, text in finding.what, token in str(finding))

        MaintenanceRecord.objects.all().update(end_date=world.now())
        _use(world, server.url, server.token("joetest"), tmp_path)
        finding = api_finding(world, bench)
        assert ("refused", True) == (finding.state, "belongs to joetest, who is not staff" in finding.what)


def test_unavailable_api_is_a_problem(world: World, bench: Bench, tmp_path: Path) -> None:
    """The stand-in has stopped."""
    with api_server.serve() as server:
        pass
    _use(world, server.url, "a token of some length", tmp_path)

    finding = api_finding(world, bench)

    assert ("not reachable", True) == (finding.state, "no service responds there" in finding.what)


def _use(world: World, url: str, token: str, folder: Path) -> None:
    """Point the world at another API with another token."""
    world.__dict__.pop("api", None)
    file = folder / token.replace("/", "")[:40]
    file.write_text(token + "\n")
    world.endpoints = dataclasses.replace(world.endpoints, api_url=url, api_token=SecretReference(f"file:{file}"))
