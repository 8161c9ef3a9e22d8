"""The command ``config roles``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import procedures, render

if TYPE_CHECKING:
    from runbook_lib.cli.io import Output
    from runbook_lib.cli.requests import RolesRequest

_ABOUT = """\
-- The roles of the runbook in {database}'s database. Run this as the owner of its tables, again after each upgrade.
-- Then make the account of an operator a member of the roles of the operator's procedures:
--   GRANT {member} TO operator;"""


def print_roles(request: RolesRequest, output: Output) -> None:
    """Print the SQL of the roles of one database. Connects to nothing."""
    rights, database = procedures.database_rights(), request.database
    own = {name: tables for name in request.procedures if (tables := rights.own(name, database))}
    sql = render.roles_sql(rights.including_reading("", database), own, keys=rights.keys[database])
    names = [render.role_name("read"), *map(render.role_name, own)]
    about = _ABOUT.format(database=database.capitalize(), member=names[-1])
    output.result(f"{about}\n{sql}", {"database": database, "roles": names, "sql": sql})
