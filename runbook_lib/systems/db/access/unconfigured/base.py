"""The connection that can't be opened; queries can be built, as on SQLite, and fail when they are run."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db.backends.sqlite3 import base

from runbook_lib.config.settings import VARIABLES
from runbook_lib.errors import NotConnected


class DatabaseWrapper(base.DatabaseWrapper):
    """Refuses to connect."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return nothing: there is no address."""
        return {}

    def get_new_connection(self, conn_params: Any) -> NoReturn:
        """Say which variable is not set.

        Raises:
            NotConnected: Always.
        """
        del conn_params
        variable = f"RUNBOOK_{self.alias.upper()}_DB"
        raise NotConnected(
            kind="unreachable",
            system=f"the {self.alias} database",
            address=f"{variable}, which is not set",
            reason="",
            next_step=f"set {variable} to {VARIABLES[variable]}",
        )
