"""The addresses of the systems, from the settings or a fixture. Plain values; nothing is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook_lib.config.secrets import SecretReference
from runbook_lib.config.settings import LOG_ZONE, Settings, without_credentials
from runbook_lib.model import DATABASES, Database, System, SystemId
from runbook_lib.systems.host.prefix import prefix_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runbook_lib.systems.celery.queues import Inspector


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Endpoints:
    """The addresses of a world's systems.

    Attributes:
        databases: Database → URL. An absent database is not configured.
        clouds: Provider id → name of a cloud in ``clouds.yaml``.
        targets: System → its address in plans and in the journal, without credentials.
        clouds_file: The ``clouds.yaml``; None: openstacksdk searches for it.
        api_url: Root of Atmosphere's REST API. This and the other addresses are empty if not configured.
        api_token: The source of the API's token; None if not configured.
        flower_url: Root of Flower.
        flower_login: The source of its login, ``NAME:WORD``; None: ``~/.netrc``.
        broker_url: Celery's broker.
        argo_url: Root of the Kubernetes API of Argo's cluster.
        argo_config: The kubeconfig with its account; None: kubectl's default.
        log_dir: The folder above the logs' folders; None if not configured.
        log_zone: The time zone of Atmosphere's logs.
        host_exec: The arguments before a command on Atmosphere's host, such as ``ssh``.
        celery: Replaces the broker; for the fixture.
        clock: Returns the current time, UTC.
    """

    databases: Mapping[Database, str]
    clouds: Mapping[int, str]
    targets: Mapping[str, str]
    clouds_file: Path | None = None
    api_url: str = ""
    api_token: SecretReference | None = None
    flower_url: str = ""
    flower_login: SecretReference | None = None
    broker_url: str = ""
    argo_url: str = ""
    argo_config: Path | None = None
    log_dir: Path | None = None
    log_zone: str = LOG_ZONE
    host_exec: tuple[str, ...] = ()
    celery: Inspector | None = None
    clock: Callable[[], datetime] = _utc

    @property
    def configured(self) -> frozenset[System]:
        """The kinds of system that are configured."""
        addresses: dict[System, object] = {
            **{System(name): url for name, url in self.databases.items()},
            **dict.fromkeys((System.KEYSTONE, System.GLANCE, System.NOVA), self.clouds),
            System.API: self.api_url,
            System.BROKER: self.broker_url or self.celery,
            System.FLOWER: self.flower_url,
            System.ARGO: self.argo_url,
            System.HOST: self.host_exec,
            System.LOGS: self.log_dir,
        }
        return frozenset(kind for kind, address in addresses.items() if address)


def configured_endpoints(settings: Settings) -> Endpoints:
    """Return the endpoints of the settings. Systems without a setting are not configured.

    Raises:
        ParamError: The URL of a database is malformed.
    """
    from runbook_lib.systems.db.access import connection  # noqa: PLC0415 - Django is slow to import; the doctor's help does not need it

    databases: dict[Database, str] = {
        name: settings.database_url(name) for name in DATABASES if settings.database_url(name)
    }
    targets: dict[str, str] = {name: connection.address_of(name, url) for name, url in databases.items()}
    targets |= {str(SystemId(System.GLANCE, provider)): cloud for provider, cloud in settings.clouds.items()}
    addresses = {
        System.API: settings.api_url,
        System.FLOWER: settings.flower_url,
        System.ARGO: settings.argo_url,
        System.BROKER: settings.broker_url,
    }
    targets |= {kind.value: without_credentials(url) for kind, url in addresses.items() if url}
    if settings.log_dir:
        targets[System.LOGS.value] = f"{settings.log_dir} ({settings.log_zone})"
    if settings.host_exec:
        targets[System.HOST.value] = prefix_name(settings.host_exec)
    return Endpoints(
        databases=databases,
        clouds=settings.clouds,
        targets=targets,
        api_url=settings.api_url,
        api_token=SecretReference(settings.api_token) if settings.api_url else None,
        flower_url=settings.flower_url,
        broker_url=settings.broker_url,
        argo_url=settings.argo_url,
        log_dir=settings.log_dir,
        log_zone=settings.log_zone,
        host_exec=settings.host_exec,
    )
