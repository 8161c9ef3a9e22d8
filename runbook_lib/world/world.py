"""The systems that a procedure can use: one property each, opened lazily and closed together."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from runbook_lib.config.secrets import SecretReference, Vault
from runbook_lib.config.settings import API_TOKEN
from runbook_lib.errors import Refused
from runbook_lib.model.practice import is_practice
from runbook_lib.model.system_id import System, SystemId
from runbook_lib.world.ask import SECONDS, Answers, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from runbook_lib.model import Change, Database
    from runbook_lib.model.protocols import Outside, RowStore
    from runbook_lib.systems.argo.gateway import Argo
    from runbook_lib.systems.atmosphere_api import AtmosphereApi
    from runbook_lib.systems.celery.flower import Flower
    from runbook_lib.systems.celery.queues import Queues
    from runbook_lib.systems.host.command import Host
    from runbook_lib.systems.host.workers import Workers
    from runbook_lib.systems.logs.gateway import Logs
    from runbook_lib.systems.openstack.connection import Clouds
    from runbook_lib.systems.openstack.glance import Glance
    from runbook_lib.systems.openstack.keystone import Keystone
    from runbook_lib.systems.openstack.nova import Nova
    from runbook_lib.world.endpoints import Endpoints
    from runbook_lib.world.image_copies import ImageCopies


T = TypeVar("T")
# Kind of system → the system that makes its calls.
_CALLABLE: Mapping[System, Callable[[World, SystemId], Outside]] = {
    System.API: lambda world, _: world.api,
    System.GLANCE: lambda world, system: world.glance(system.provider),
    System.ARGO: lambda world, _: world.workflows,
    System.WORKERS: lambda world, _: world.workers,
    System.HOST: lambda world, _: world.host,
    System.COPY: lambda world, _: world.image_copies,
}


@dataclass
class World:
    """The systems at given endpoints, for a ``with`` statement; satisfies `runbook_lib.model.protocols.Systems`."""

    endpoints: Endpoints
    application_name: str = "runbook"
    vault: Vault = field(default_factory=Vault)
    progress: Callable[[str], None] = lambda _: None  # receives the progress of long work, line by line
    pending: Callable[[Sequence[str]], None] = lambda _: None  # receives the sources that have not responded yet
    _reading: int = 0
    _read_at: datetime | None = None
    _opened: dict[str, Any] = field(default_factory=dict)
    _opening: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        """Point the database aliases at these endpoints. Opens nothing."""
        from runbook_lib.systems.db.access import connection  # noqa: PLC0415 - Django is slow to import; 'runbook --help' does not need it

        connection.connect(self.endpoints.databases, application_name=self.application_name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every opened connection."""
        from runbook_lib.systems.db.access import connection  # noqa: PLC0415 - as above

        connection.close()
        for gateway in self._opened.values():
            if hasattr(gateway, "close"):
                gateway.close()

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """Return a gateway, created at its first use and shared by all threads."""
        with self._opening:
            if name not in self._opened:
                self._opened[name] = make()
            opened: T = self._opened[name]
            return opened

    def now(self) -> datetime:
        """Return the time, UTC: constant while `reading` is open, and always in the fixture."""
        return self._read_at or self.endpoints.clock()

    def targets(self, identified: Collection[str] = ()) -> Mapping[str, str]:
        """Return system → address, without credentials.

        Args:
            identified: Systems whose address is followed by what they report of themselves. This connects to them.
                Practice mode has no real systems, so it identifies none.

        Raises:
            NotConnected: One of these systems does not respond.
            Refused: The entry of a cloud in ``clouds.yaml`` is missing or wrong.
        """
        targets = dict(self.endpoints.targets)
        if not is_practice(targets):
            targets |= {name: self._identity(name) for name in targets if name in identified}
        return targets

    def read_systems(self) -> frozenset[str]:
        """Return the systems with an identity of their own that were read while `reading` was open last.

        Of clouds and of the API, those that were used since the world was opened.
        """
        from runbook_lib.systems.db.access import guard  # noqa: PLC0415 - as above

        names: set[str] = set(guard.databases_read())
        if "clouds" in self._opened:
            names |= {str(SystemId(System.GLANCE, provider)) for provider in self.clouds.used}
        if "api" in self._opened and self.api.is_used:
            names.add(System.API.value)
        return frozenset(names)

    def _identity(self, name: str) -> str:
        """Return the address of a system, and its identity if it has one."""
        system, address = SystemId.parse(name), self.endpoints.targets[name]
        if system.kind is System.GLANCE:
            return f"{address} ({self.clouds.scope(system.provider)})"
        if system.kind is System.API:
            return f"{address} (user {self.api.account().username})"
        if name not in self.endpoints.databases:
            return address
        from runbook_lib.systems.db.access import identity  # noqa: PLC0415 - as above

        return identity.read(cast("Database", name))

    def rows(self, database: Database) -> RowStore:
        """Return the rows of one database, for the engine."""
        from runbook_lib.systems.db.access.rows import Rows  # noqa: PLC0415 - as above

        return Rows(database, resolve=lambda source: self.vault.resolve(SecretReference(source)))

    @property
    def clouds(self) -> Clouds:
        """OpenStack of all providers."""
        from runbook_lib.systems.openstack.connection import Clouds  # noqa: PLC0415 - as above

        return self._once(
            "clouds",
            lambda: Clouds(self.endpoints.clouds, config_file=self.endpoints.clouds_file, may_write=self.may_write),
        )

    @property
    def host(self) -> Host:
        """Atmosphere's host. The output of its commands goes to `progress`."""
        from runbook_lib.systems.host.command import Host  # noqa: PLC0415 - as above

        return self._once(
            "host",
            lambda: Host(
                self.endpoints.host_exec,
                may_write=self.may_write,
                on_line=lambda line: self.progress(line),  # noqa: PLW0108 - `progress` can be replaced later
                redact=self.vault.redact,
            ),
        )

    @property
    def workers(self) -> Workers:
        """The Celery workers on Atmosphere's host."""
        from runbook_lib.systems.host.workers import Workers  # noqa: PLC0415 - as above

        return self._once("workers", lambda: Workers(self.host, self.queues.states))

    @property
    def queues(self) -> Queues:
        """Celery's queues."""
        from runbook_lib.systems.celery.queues import Queues  # noqa: PLC0415 - as above

        return self._once("queues", lambda: Queues(self.endpoints.broker_url, inspector=self.endpoints.celery))

    @property
    def api(self) -> AtmosphereApi:
        """Atmosphere's REST API. Any use raises `Refused` if it is not configured."""
        from runbook_lib.systems.atmosphere_api import AtmosphereApi  # noqa: PLC0415 - as above

        return self._once(
            "api", lambda: AtmosphereApi(self.endpoints.api_url, token=self._api_token, may_write=self.may_write)
        )

    @property
    def workflows(self) -> Argo:
        """Argo's workflows. Any use raises `Refused` if the cluster is not configured."""
        from runbook_lib.systems.argo.gateway import Argo  # noqa: PLC0415 - as above

        return self._once(
            "workflows",
            lambda: Argo(self.endpoints.argo_url, config_file=self.endpoints.argo_config, may_write=self.may_write),
        )

    def _api_token(self) -> str:
        return self.vault.resolve(self.endpoints.api_token or SecretReference(API_TOKEN))

    @property
    def flower(self) -> Flower:
        """Flower."""
        from runbook_lib.systems.celery.flower import Flower  # noqa: PLC0415 - as above

        reference = self.endpoints.flower_login
        login = (lambda: self.vault.resolve(reference)) if reference else None
        return self._once("flower", lambda: Flower(self.endpoints.flower_url, login=login))

    @property
    def logs(self) -> Logs:
        """The log files. Any use raises `Refused` if the folder is not configured."""
        from runbook_lib.systems.logs.gateway import Logs  # noqa: PLC0415 - as above

        return self._once("logs", lambda: Logs(self.endpoints.log_dir, zone=self.endpoints.log_zone))

    def may_write(self) -> bool:
        """Return whether systems can be changed now: false during planning. Gateways check it before each write."""
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

    def outside(self, system: SystemId) -> Outside:
        """Return the system that a `Call` names.

        Raises:
            Refused: It is not configured, or the runbook does not call such systems.
        """
        if system.kind not in _CALLABLE:
            raise Refused(
                what=f"the runbook does not call {system}", next_step="plan again with this release of the runbook"
            )
        return _CALLABLE[system.kind](self, system)

    @property
    def image_copies(self) -> ImageCopies:
        """The copies of images, in Glance and in the database."""
        from runbook_lib.world.image_copies import ImageCopies  # noqa: PLC0415 - as above

        return self._once("image copies", lambda: ImageCopies(self))

    @contextlib.contextmanager
    def own_connections(self) -> Iterator[None]:
        """Translate database errors, and close this thread's connections on exit."""
        from runbook_lib.systems.db.access import connection, guard  # noqa: PLC0415 - as above

        try:
            with guard.translate_errors():
                yield
        finally:
            connection.close()

    def ask(self, sources: Mapping[Any, Callable[[], Any]], *, seconds: float = SECONDS) -> Answers:
        """Query several sources at once, as `runbook_lib.world.ask.ask`. Each has its own database connections."""
        return ask(sources, seconds=seconds, around=self.own_connections, pending=self.pending)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Reject every write to databases and clouds until exit, and translate database errors."""
        from runbook_lib.systems.db.access import guard  # noqa: PLC0415 - as above

        self._reading += 1
        self._read_at = self._read_at or self.endpoints.clock()
        try:
            with guard.refuse_writes(), guard.translate_errors():
                yield
        finally:
            self._reading -= 1
            if not self._reading:
                self._read_at = None

    @contextlib.contextmanager
    def exclusively(self, changes: Sequence[Change]) -> Iterator[None]:
        """Let no other runbook change the same tables and systems until left; anything else is not kept out.

        The lock of a table lies in its database, that of another system in Atmosphere's. Without a database there is
        none.

        Raises:
            Refused: Another run holds one of the locks; nothing was changed.
        """
        from runbook_lib.systems.db.access import locks  # noqa: PLC0415 - as above

        with locks.held(changes, within=tuple(self.endpoints.databases)):
            yield
