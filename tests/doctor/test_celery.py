"""The findings of broker, Flower and host: not configured, ok with details, or a problem."""

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


def examine(world: World, settings: Settings) -> dict[str, doctor.Finding]:
    """Return the findings by system."""
    return {finding.system: finding for finding in doctor.examine(world, settings)}


def test_fixture_systems_are_ok_with_details(world: World, bench: Bench) -> None:
    """The findings have the workers, the account on the host, the workers' service, and Flower's counts."""
    findings = examine(world, bench.settings)

    assert "imaging@atmo-prod" in findings["broker"].what
    assert "as root: run commands, list processes" == findings["host"].may
    assert findings["host"].what.endswith(", 6 Celery workers, managed by init script")
    assert ("ok", True) == (findings["flower"].state, findings["flower"].what.endswith(", 6 workers, 6 up"))


def test_unreachable_system_is_a_problem_and_unconfigured_system_is_not(tmp_path: Path) -> None:
    """Each system is examined independently."""
    port = free_port()
    endpoints = Endpoints(
        databases={},
        clouds={},
        targets={},
        broker_url=f"redis://127.0.0.1:{port}/0",
        flower_url=f"http://127.0.0.1:{port}",
    )
    with World(endpoints) as world:
        findings = examine(world, Settings(home=tmp_path))

    assert {"broker": "not reachable", "flower": "not reachable", "host": "not configured"} == {
        name: findings[name].state for name in ("broker", "flower", "host")
    }
    assert "Celery's broker cannot be reached" in findings["broker"].what
