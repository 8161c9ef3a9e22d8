"""The doctor's examination of a database: version, tables, and which of them this account may read and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, WRONG, Finding
from runbook_lib.systems.db.access import drift, rights
from runbook_lib.systems.db.access.guard import translate_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.model import Database
    from runbook_lib.world.world import World

_NAMED = 8  # so many tables are named, the others counted


def examine(world: World, name: Database) -> Finding:
    """Return the finding for one database.

    Raises:
        NotConnected, Refused: It can't be reached, or refuses.
    """
    with translate_errors(name):
        held, differences = rights.read_rights(name), drift.report_differences(name)
    if differences:
        what = "its tables differ: " + "; ".join(differences)
        step = "check which release it is: this runbook knows Atmosphere v37 and Troposphere v36"
        return Finding(name, WRONG, version=held.version, may=_may(held), what=what, next_step=step)
    what = f"{world.targets().get(name, name)}, tables as expected"
    return Finding(name, OK, version=held.version, may=_may(held), what=what)


def _may(held: rights.TableRights) -> str:
    """Return the rights in words."""
    if held.read_only:
        return f"read only: {held.read_only}; {_some('read', held.readable, held.tables)}"
    return f"{_some('read', held.readable, held.tables)}; {_some('change', held.writable, held.tables)}"


def _some(verb: str, allowed: Sequence[str], tables: Sequence[str]) -> str:
    lacks = [table for table in tables if table not in allowed]
    if not lacks:
        return f"{verb} all {len(tables)} tables"
    if not allowed:
        return f"{verb} no table"
    named = ", ".join(lacks[:_NAMED]) + (f" and {len(lacks) - _NAMED} more" if len(lacks) > _NAMED else "")
    return f"{verb} {len(allowed)} of {len(tables)} tables, not {named}"
