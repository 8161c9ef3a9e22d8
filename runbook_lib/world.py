"""The systems a procedure may read: one field each, opened lazily, closed together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from runbook_lib.changes import DATABASES, Database
from runbook_lib.secrets import SecretReference, Vault
from runbook_lib.settings import Settings, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from runbook_lib.cloud.connection import Clouds
    from runbook_lib.cloud.glance import Glance
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
        clock: Returns the present time, UTC.
    """

    databases: Mapping[Database, str]
    clouds: Mapping[int, str]
    targets: Mapping[str, str]
    clouds_file: Path | None = None
    clock: Callable[[], datetime] = _utc


@dataclass
class World:
    """The systems of one `Sites`; satisfies `runbook_lib.systems.Systems`. Use it in a ``with`` statement."""

    sites: Sites
    application_name: str = "runbook"
    vault: Vault = field(default_factory=Vault)

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

        return Clouds(self.sites.clouds, config_file=self.sites.clouds_file)

    def glance(self, provider_id: int) -> Glance:
        """Return Glance of one provider, for reading.

        Raises:
            Refused: The provider has no cloud configured.
        """
        return self.clouds.glance(provider_id)

    def outside(self, system: str) -> Outside:
        """Return the system that a `Call` names: ``glance:4`` is Glance of provider 4.

        Raises:
            Refused: No cloud is configured for it, or there is no such kind of system.
        """
        return self.clouds.outside(system)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Refuse every write to databases and clouds until left, and tell database errors in our words."""
        from runbook_lib.db import guard  # noqa: PLC0415 - as above

        with self.clouds.reading(), guard.refuse_writes(), guard.translated():
            yield


def real_sites(settings: Settings) -> Sites:
    """Return the sites that the settings name; what is not named is not configured."""
    databases: dict[Database, str] = {
        name: settings.database_url(name) for name in DATABASES if settings.database_url(name)
    }
    targets: dict[str, str] = {name: without_credentials(url) for name, url in databases.items()}
    targets |= {f"glance:{provider_id}": cloud for provider_id, cloud in settings.clouds.items()}
    return Sites(databases=databases, clouds=settings.clouds, targets=targets)
