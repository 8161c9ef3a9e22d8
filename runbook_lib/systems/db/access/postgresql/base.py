"""A database backend that accepts PostgreSQL 9.6 and later, with one warning per version that Django does not support.

The oldest tested server is PostgreSQL 10; 9.6 was not available. The features in use (plain rows, `RETURNING`, row
locks, deferred constraints) are the same in 9.6. Django's introspection does not work there, so
`runbook_lib.systems.db.access.drift` reads the catalog itself.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import RAN_DB_VERSION_CHECK
from django.db.backends.postgresql import base, features

from runbook_lib.systems.db.access.postgresql import deadline

if TYPE_CHECKING:
    import psycopg

DJANGO_MINIMUM = features.DatabaseFeatures.minimum_database_version or (0,)


class OldServerWarning(UserWarning):
    """The PostgreSQL server is older than Django supports."""


class DatabaseFeatures(features.DatabaseFeatures):
    """Django's features with an older minimum version."""

    minimum_database_version = (9, 6)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection with the older minimum version, the warning, and a limit on every wait."""

    features_class = DatabaseFeatures
    _is_committing = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Return a connection whose waits are limited."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        deadline.limit(connection, self._awaited)
        return connection

    def _awaited(self) -> str:
        return f"the commit of {self.alias}" if self._is_committing else f"the {self.alias} database"

    def _commit(self) -> None:
        self._is_committing = True
        try:
            super()._commit()  # type: ignore[misc]  # not in the stubs
        finally:
            self._is_committing = False

    def get_database_version(self) -> tuple[int, ...]:
        """Return (10, 20) for 10.20 and (9, 6) for 9.6.24; versions before 10 have three parts."""
        major, rest = divmod(self.pg_version, 10000)
        return (major, rest) if major >= 10 else (major, rest // 100)  # noqa: PLR2004 - the release named above

    def init_connection_state(self) -> None:
        """Check the server of every new session. Django checks each alias once, but an alias can change its server."""
        RAN_DB_VERSION_CHECK.discard(self.alias)
        super().init_connection_state()

    def check_database_version_supported(self) -> None:
        """Reject servers before 9.6; warn once about servers that Django does not support."""
        super().check_database_version_supported()
        if self.get_database_version() < DJANGO_MINIMUM:
            warn_once(self.get_database_version())


@functools.cache
def warn_once(version: tuple[int, ...]) -> None:
    """Warn about a version; a second call with the same version does nothing."""
    server = ".".join(map(str, version))
    supported = ".".join(map(str, DJANGO_MINIMUM))
    warnings.warn(
        f"PostgreSQL {server} is older than the oldest version that Django supports ({supported}); "
        "the runbook is tested with PostgreSQL 10 and later",
        OldServerWarning,
        stacklevel=2,
    )
