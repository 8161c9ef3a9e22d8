"""A connection that can't be opened: queries can be built, as for SQLite, but fail when they run."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db.backends.sqlite3 import base

from runbook_lib.config.variables import VARIABLES
from runbook_lib.errors import NotConnected


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that never opens."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return no parameters, because there is no address."""
        return {}

    def get_new_connection(self, conn_params: Any) -> NoReturn:
        """Report the variable that is not set.

        Raises:
            NotConnected: On every call.
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
