"""The doctor tells of Atmosphere's API: not configured, whose token it has, or what is wrong; never the token."""

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


def found(world: World, bench: Bench) -> doctor.Finding:
    """Return the finding for the API."""
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "api")


def test_whose_token_it_is(world: World, bench: Bench) -> None:
    """On the fixture, that of a staff user whom no maintenance keeps out."""
    finding = found(world, bench)

    assert "ok" == finding.state
    assert world.endpoints.api_url == finding.what
    may = "as staffmember: staff, a superuser too, who may emulate others; not kept out by a maintenance"
    assert may == finding.may


def test_not_configured_is_no_problem(world: World, bench: Bench) -> None:
    """The two variables are named."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")

    finding = found(world, bench)

    told = (finding.state, finding.next_step)
    assert ("not configured", "set RUNBOOK_API_URL and RUNBOOK_API_TOKEN to use it") == told


def test_what_is_wrong_with_a_token_is_told_without_it(world: World, bench: Bench, tmp_path: Path) -> None:
    """A user who is not staff, one whom a maintenance keeps out, and a token that nobody gave out."""
    with api_server.serve() as server:
        for username, state, text in (
            ("joetest", "not reachable", "closed for maintenance"),
            ("", "refused", "rejected the token"),
        ):
            token = server.token(username) if username else "nobody gave this out"
            _use(world, server.url, token, tmp_path)
            finding = found(world, bench)
            assert (state, True, False) == (finding.state, text in finding.what, token in str(finding))

        MaintenanceRecord.objects.all().update(end_date=world.now())
        _use(world, server.url, server.token("joetest"), tmp_path)
        finding = found(world, bench)
        assert ("refused", True) == (finding.state, "belongs to joetest, who is not staff" in finding.what)


def test_what_is_down_is_a_problem(world: World, bench: Bench, tmp_path: Path) -> None:
    """The stand-in has gone away."""
    with api_server.serve() as server:
        pass
    _use(world, server.url, "a token of some length", tmp_path)

    finding = found(world, bench)

    assert ("not reachable", True) == (finding.state, "no service responds there" in finding.what)


def _use(world: World, url: str, token: str, folder: Path) -> None:
    """Point the world at another API with another token."""
    world.__dict__.pop("api", None)
    file = folder / token.replace("/", "")[:40]
    file.write_text(token + "\n")
    world.endpoints = dataclasses.replace(world.endpoints, api_url=url, api_token=SecretReference(f"file:{file}"))
