"""Examine a database: version, tables, and this account's rights on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, WRONG, Finding
from runbook_lib.systems.db.access import drift, rights
from runbook_lib.systems.db.access.guard import translate_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.model import Database
    from runbook_lib.world.world import World

_MAX_NAMED = 8  # tables; the others are counted


def examine(world: World, name: Database) -> Finding:
    """Return the finding for one database.

    Raises:
        NotConnected, Refused: The database is unreachable, or rejects this account.
    """
    with translate_errors(name):
        held, differences = rights.read_rights(name), drift.report_differences(name)
        triggers = drift.list_triggers(name)
    if differences:
        what = "its tables differ: " + "; ".join(differences)
        step = "check the site's release: this runbook supports Atmosphere v37 and Troposphere v36"
        return Finding(name, WRONG, version=held.version, may=_may(held), what=what, next_step=step)
    what = f"{world.targets().get(name, name)}, tables as expected"
    if triggers:
        what += f"; procedures that write these tables refuse, because of triggers: {', '.join(triggers)}"
    return Finding(name, OK, version=held.version, may=_may(held), what=what)


def _may(held: rights.TableRights) -> str:
    if held.read_only_reason:
        return f"read only: {held.read_only_reason}; {_table_count('read', held.readable, held.tables)}"
    return f"{_table_count('read', held.readable, held.tables)}; {_table_count('change', held.writable, held.tables)}"


def _table_count(verb: str, allowed: Sequence[str], tables: Sequence[str]) -> str:
    missing = [table for table in tables if table not in allowed]
    if not missing:
        return f"{verb} all {len(tables)} tables"
    if not allowed:
        return f"{verb} no table"
    rest = f" and {len(missing) - _MAX_NAMED} more" if len(missing) > _MAX_NAMED else ""
    named = ", ".join(missing[:_MAX_NAMED]) + rest
    return f"{verb} {len(allowed)} of {len(tables)} tables, not {named}"
