"""The doctor tells of broker, Flower and host: not configured, reached with what is there, or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import doctor
from runbook_lib.config.settings import Settings
from runbook_lib.world.endpoints import Endpoints
from runbook_lib.world.world import World
from tests.services.celery import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Bench


def found(world: World, settings: Settings) -> dict[str, doctor.Finding]:
    """Return the findings by system."""
    return {finding.system: finding for finding in doctor.examine(world, settings)}


def test_on_the_fixture_they_tell_what_is_there(world: World, bench: Bench) -> None:
    """Workers answer, the host says who we are and what keeps the workers, and Flower knows them."""
    findings = found(world, bench.settings)

    assert "imaging@atmo-prod" in findings["broker"].what
    assert "as root: run commands, list processes" == findings["host"].may
    assert findings["host"].what.endswith(", 6 Celery workers, kept by init script")
    assert ("ok", True) == (findings["flower"].state, findings["flower"].what.endswith(", 6 workers known, 6 up"))


def test_what_is_down_is_a_problem_and_what_is_not_set_is_none(tmp_path: Path) -> None:
    """Each is looked at on its own, and the rest goes on."""
    port = free_port()
    endpoints = Endpoints(
        databases={},
        clouds={},
        targets={},
        broker_url=f"redis://127.0.0.1:{port}/0",
        flower_url=f"http://127.0.0.1:{port}",
    )
    with World(endpoints) as world:
        findings = found(world, Settings(home=tmp_path))

    assert {"broker": "not reachable", "flower": "not reachable", "host": "not configured"} == {
        name: findings[name].state for name in ("broker", "flower", "host")
    }
    assert "Celery's broker cannot be reached" in findings["broker"].what
