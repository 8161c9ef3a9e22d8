"""The endpoints of the settings; nothing is opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from runbook_lib.config.secrets import SecretReference
from runbook_lib.config.settings import Settings
from runbook_lib.world.endpoints import configured_endpoints

HOME = Path("/nowhere")


def test_empty_settings_configure_nothing() -> None:
    """There is no database, cloud, address or target."""
    endpoints = configured_endpoints(Settings(home=HOME))

    assert ({}, {}, {}) == (endpoints.databases, endpoints.clouds, endpoints.targets)
    assert ("", "", "", "", None, None, ()) == (
        endpoints.api_url,
        endpoints.flower_url,
        endpoints.broker_url,
        endpoints.argo_url,
        endpoints.api_token,
        endpoints.log_dir,
        endpoints.host_exec,
    )


def test_targets_name_every_system_without_credentials() -> None:
    """Targets are a database, a cloud, addresses, the broker, the logs with their zone, and the host's command."""
    endpoints = configured_endpoints(
        Settings(
            home=HOME,
            atmosphere_db="postgresql://ops:hunter2@db.example.org/atmo",
            clouds={4: "tacc"},
            api_url="https://ops:hunter2@cloud.example.org/api",
            broker_url="redis://:hunter2@broker.example.org/0",
            log_dir=Path("/var/log"),
            log_zone="America/Phoenix",
            host_exec=("ssh", "atmo-prod", "sudo"),
        )
    )

    assert {"atmosphere", "glance:4", "api", "broker", "logs", "host"} == endpoints.targets.keys()
    assert "hunter2" not in str(endpoints.targets)
    assert "tacc" == endpoints.targets["glance:4"]
    assert "/var/log (America/Phoenix)" == endpoints.targets["logs"]
    assert "ssh atmo-prod" == endpoints.targets["host"]
    assert endpoints.databases["atmosphere"].startswith("postgresql://ops:hunter2@")


def test_configured_api_has_a_token_reference() -> None:
    """The token's value is read at its use."""
    endpoints = configured_endpoints(Settings(home=HOME, api_url="https://cloud.example.org/api"))

    assert SecretReference("env:RUNBOOK_API_TOKEN") == endpoints.api_token


def test_clock_of_real_systems_returns_the_current_time() -> None:
    """The time is UTC. The fixture's time is constant."""
    now = configured_endpoints(Settings(home=HOME)).clock()

    assert timedelta(0) <= datetime.now(UTC) - now < timedelta(minutes=1)
