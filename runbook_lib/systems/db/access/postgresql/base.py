"""Accept PostgreSQL from 9.6 on, and say once when the server is older than Django supports.

The oldest server this was run against is 10; 9.6 itself could not be had. What is used here (plain rows, `RETURNING`,
row locks, deferred constraints) is the same in 9.6. Django's own introspection is not, so
`runbook_lib.systems.db.access.drift` reads the catalog itself.
"""

from __future__ import annotations

import functools
import warnings

from django.db.backends.base.base import RAN_DB_VERSION_CHECK
from django.db.backends.postgresql import base, features

DJANGO_SUPPORTS = features.DatabaseFeatures.minimum_database_version or (0,)


class OldServerWarning(UserWarning):
    """The PostgreSQL server is older than Django supports."""


class DatabaseFeatures(features.DatabaseFeatures):
    """Django's features with a lower bound."""

    minimum_database_version = (9, 6)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection, with the lower bound and the warning."""

    features_class = DatabaseFeatures

    def get_database_version(self) -> tuple[int, ...]:
        """Return (10, 20) for 10.20 and (9, 6) for 9.6.24: before 10, a version had three parts."""
        major, rest = divmod(self.pg_version, 10000)
        return (major, rest) if major >= 10 else (major, rest // 100)  # noqa: PLR2004 - the release named above

    def init_connection_state(self) -> None:
        """Check every new session's server: Django checks a name once, and ours are pointed at many servers."""
        RAN_DB_VERSION_CHECK.discard(self.alias)
        super().init_connection_state()

    def check_database_version_supported(self) -> None:
        """Refuse servers before 9.6; warn once about those that Django doesn't support."""
        super().check_database_version_supported()
        if self.get_database_version() < DJANGO_SUPPORTS:
            warn_once(self.get_database_version())


@functools.cache
def warn_once(version: tuple[int, ...]) -> None:
    """Warn about one version; a second call with the same version does nothing."""
    found = ".".join(map(str, version))
    supported = ".".join(map(str, DJANGO_SUPPORTS))
    warnings.warn(
        f"PostgreSQL {found} is older than Django supports ({supported}); tested here from 10 on",
        OldServerWarning,
        stacklevel=2,
    )
