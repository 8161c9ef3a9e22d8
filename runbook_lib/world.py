"""The systems a procedure may read: one field each, opened lazily, closed together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from runbook_lib.changes import DATABASES, Database
from runbook_lib.errors import Refused
from runbook_lib.secrets import SecretReference, Vault
from runbook_lib.settings import API_TOKEN, Settings, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from runbook_lib.argo.gateway import Argo
    from runbook_lib.atmosphere_api import AtmosphereApi
    from runbook_lib.cloud.connection import Clouds
    from runbook_lib.cloud.glance import Glance
    from runbook_lib.cloud.keystone import Keystone
    from runbook_lib.cloud.nova import Nova
    from runbook_lib.flower.http import Flower
    from runbook_lib.flower.queues import Inspector, Queues
    from runbook_lib.hosts.command import Host
    from runbook_lib.hosts.workers import Workers
    from runbook_lib.systems import Outside, RowStore


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Sites:
    """Which systems a world is made of.

    Attributes:
        databases: Database → URL; one that is missing is not configured.
        clouds: Provider id → name of a cloud in ``clouds.yaml``.
        targets: What plans and the journal call these systems, without credentials.
        clouds_file: The ``clouds.yaml``; None leaves it to openstacksdk's search.
        api_url: Root of Atmosphere's REST API; empty when it is not configured. So are the others.
        api_token: Where the API's token is; None when nothing was said.
        flower_url: Root of Flower.
        broker_url: Celery's broker.
        argo_url: Root of the Kubernetes API that Argo's workflows live in.
        argo_config: The kubeconfig with the account for it; None is kubectl's own.
        host_exec: The words that stand before a command on Atmosphere's host.
        celery: Looks at Celery in place of the broker; the fixture's.
        clock: Returns the present time, UTC.
    """

    databases: Mapping[Database, str]
    clouds: Mapping[int, str]
    targets: Mapping[str, str]
    clouds_file: Path | None = None
    api_url: str = ""
    api_token: SecretReference | None = None
    flower_url: str = ""
    broker_url: str = ""
    argo_url: str = ""
    argo_config: Path | None = None
    host_exec: tuple[str, ...] = ()
    celery: Inspector | None = None
    clock: Callable[[], datetime] = _utc


@dataclass
class World:
    """The systems of one `Sites`; satisfies `runbook_lib.systems.Systems`. Use it in a ``with`` statement."""

    sites: Sites
    application_name: str = "runbook"
    vault: Vault = field(default_factory=Vault)
    progress: Callable[[str], None] = lambda _: None  # told, line by line, what long work is doing
    _reading: int = 0

    def __enter__(self) -> Self:
        """Point the database aliases at these sites; nothing is opened yet."""
        from runbook_lib.db import connection  # noqa: PLC0415 - Django is slow to import; 'runbook --help' needs none

        connection.connect(self.sites.databases, application_name=self.application_name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection that was opened."""
        from runbook_lib.db import connection  # noqa: PLC0415 - as above

        connection.close()
        if "clouds" in self.__dict__:
            self.clouds.close()
        if "queues" in self.__dict__:
            self.queues.close()
        if "api" in self.__dict__:
            self.api.close()
        if "workflows" in self.__dict__:
            self.workflows.close()

    def now(self) -> datetime:
        """Return the present time, UTC; the fixture's stands still."""
        return self.sites.clock()

    def targets(self) -> Mapping[str, str]:
        """Return which databases and clouds these are, without credentials."""
        return self.sites.targets

    def rows(self, database: Database) -> RowStore:
        """Return one database's rows, for the engine."""
        from runbook_lib.db.rows import Rows  # noqa: PLC0415 - as above

        return Rows(database, resolve=lambda source: self.vault.resolve(SecretReference(source)))

    @cached_property
    def clouds(self) -> Clouds:
        """The clouds of all providers."""
        from runbook_lib.cloud.connection import Clouds  # noqa: PLC0415 - as above

        return Clouds(self.sites.clouds, config_file=self.sites.clouds_file, may_write=self.may_write)

    @cached_property
    def host(self) -> Host:
        """Atmosphere's host; what its commands write goes to `progress`."""
        from runbook_lib.hosts.command import Host  # noqa: PLC0415 - as above

        return Host(
            self.sites.host_exec,
            may_write=self.may_write,
            on_line=lambda line: self.progress(line),  # noqa: PLW0108 - it may be set later
            redact=self.vault.redact,
        )

    @cached_property
    def workers(self) -> Workers:
        """The Celery workers on Atmosphere's host."""
        from runbook_lib.hosts.workers import Workers  # noqa: PLC0415 - as above

        return Workers(self.host, self.queues.states)

    @cached_property
    def queues(self) -> Queues:
        """Celery's queues."""
        from runbook_lib.flower.queues import Queues  # noqa: PLC0415 - as above

        return Queues(self.sites.broker_url, inspector=self.sites.celery)

    @cached_property
    def api(self) -> AtmosphereApi:
        """Atmosphere's REST API; any use of one that is not configured is refused."""
        from runbook_lib.atmosphere_api import AtmosphereApi  # noqa: PLC0415 - as above

        return AtmosphereApi(self.sites.api_url, token=self._api_token, may_write=self.may_write)

    @cached_property
    def workflows(self) -> Argo:
        """Argo's workflows; any use of a cluster that is not configured is refused."""
        from runbook_lib.argo.gateway import Argo  # noqa: PLC0415 - as above

        return Argo(self.sites.argo_url, config_file=self.sites.argo_config, may_write=self.may_write)

    def _api_token(self) -> str:
        return self.vault.resolve(self.sites.api_token or SecretReference(API_TOKEN))

    @cached_property
    def flower(self) -> Flower:
        """Flower."""
        from runbook_lib.flower.http import Flower  # noqa: PLC0415 - as above

        return Flower(self.sites.flower_url)

    def may_write(self) -> bool:
        """Tell whether systems may be changed now: not while a plan is made. Every gateway asks before it writes."""
        return not self._reading

    def glance(self, provider_id: int) -> Glance:
        """Return Glance of one provider, for reading.

        Raises:
            Refused: The provider has no cloud configured.
        """
        return self.clouds.glance(provider_id)

    def keystone(self, provider_id: int) -> Keystone:
        """Return Keystone of one provider, for reading.

        Raises:
            Refused: The provider has no cloud configured.
        """
        return self.clouds.keystone(provider_id)

    def nova(self, provider_id: int) -> Nova:
        """Return Nova of one provider, for reading.

        Raises:
            Refused: The provider has no cloud configured.
        """
        return self.clouds.nova(provider_id)

    def outside(self, system: str) -> Outside:
        """Return the system that a `Call` names: ``glance:4`` is Glance of provider 4.

        Raises:
            Refused: It is not configured, or there is no such kind of system.
        """
        kind, _, _ = system.partition(":")
        if kind == "glance":
            return self.clouds.outside(system)
        if system == "host":
            return self.host
        if system == "workers":
            return self.workers
        if kind == "copy":
            from runbook_lib.replication.copies import Copies  # noqa: PLC0415 - as above

            return Copies(self)
        if system == "api":
            return self.api
        if system == "argo":
            return self.workflows
        raise Refused(what=f"there is no system {system}", next_step="plan again with this release of the runbook")

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Refuse every write to databases and clouds until left, and tell database errors in our words."""
        from runbook_lib.db import guard  # noqa: PLC0415 - as above

        self._reading += 1
        try:
            with guard.refuse_writes(), guard.translated():
                yield
        finally:
            self._reading -= 1


def real_sites(settings: Settings) -> Sites:
    """Return the sites that the settings name; what is not named is not configured."""
    databases: dict[Database, str] = {
        name: settings.database_url(name) for name in DATABASES if settings.database_url(name)
    }
    targets: dict[str, str] = {name: without_credentials(url) for name, url in databases.items()}
    targets |= {f"glance:{provider_id}": cloud for provider_id, cloud in settings.clouds.items()}
    addresses = {"api": settings.api_url, "flower": settings.flower_url, "argo": settings.argo_url}
    targets |= {name: without_credentials(url) for name, url in addresses.items() if url}
    if settings.broker_url:
        targets["broker"] = without_credentials(settings.broker_url)
    if settings.host_exec:
        targets["host"] = " ".join(settings.host_exec)
    return Sites(
        databases=databases,
        clouds=settings.clouds,
        targets=targets,
        api_url=settings.api_url,
        api_token=SecretReference(API_TOKEN) if settings.api_url else None,
        flower_url=settings.flower_url,
        broker_url=settings.broker_url,
        argo_url=settings.argo_url,
        host_exec=settings.host_exec,
    )
