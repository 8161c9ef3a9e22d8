"""The tables and columns that each procedure really uses, from the statements that the engine sends for it."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps

from runbook_lib.procedures import _rights
from runbook_lib.systems.db.access import guard
from runbook_lib.systems.db.access.columns import SECRET_COLUMNS, model_of_table
from tests import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from runbook_lib.model.database_rights import DatabaseRights, TablePrivileges

_FROM = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE) "(\w+)"(?: ([A-Z]\d+)\b)?')
_COLUMN = re.compile(r'"?\b(\w+)"?\."(\w+)"')
_INSERT = re.compile(r'INSERT INTO "\w+" \(([^)]*)\)')
_SET = re.compile(r'(?:SET |, )"(\w+)" = ')
_NAME = re.compile(r'"(\w+)"')


@dataclass
class Used:
    """The use of one table: the columns by privilege, and whether rows were deleted or locked."""

    select: set[str] = field(default_factory=set)
    insert: set[str] = field(default_factory=set)
    update: set[str] = field(default_factory=set)
    delete: bool = False
    lock: bool = False


Key = tuple[str, str, str]  # procedure, or empty for what is read while planning; database; table


@contextlib.contextmanager
def recorded() -> Iterator[dict[Key, Used]]:
    """Collect what the engine uses, also in the threads that query several data sources."""
    uses: dict[Key, Used] = {}

    def record(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        procedure, is_planning = _procedure(sys._getframe()), bool(guard._refusing)
        if procedure:
            alias = context["connection"].alias
            for table, used in parse(sql, alias).items():
                _add(uses, "" if is_planning else procedure, alias, table, used)
                secret = {column for column in used.select if (table, column) in SECRET_COLUMNS}
                if is_planning and secret:
                    _add(uses, procedure, alias, table, Used(select=secret))
        return execute(sql, values, many, context)

    with sessions.wrapped(record):
        yield uses


def _add(uses: dict[Key, Used], procedure: str, database: str, table: str, used: Used) -> None:
    total = uses.setdefault((procedure, database, table), Used())
    total.select |= used.select
    total.insert |= used.insert
    total.update |= used.update
    total.delete |= used.delete
    total.lock |= used.lock


def _procedure(frame: FrameType | None) -> str:
    """Return the procedure that the engine works for; empty outside the engine, as in tests and fake services."""
    while frame:
        module, values = frame.f_globals.get("__name__", ""), frame.f_locals
        if module.startswith("runbook_lib.engine"):
            plan = values.get("plan") or getattr(values.get("self") or values.get("execution"), "plan", None)
            name = getattr(values.get("procedure"), "name", "") or getattr(plan, "procedure", "")
            if isinstance(name, str) and name:
                return name
        if module == "runbook_lib.world.ask" and frame.f_code.co_name == "put":  # a thread that queries one source
            frame = sys._current_frames().get(threading.main_thread().ident or 0)
        else:
            frame = frame.f_back
    return ""


@functools.lru_cache(maxsize=4096)
def parse(sql: str, database: str) -> dict[str, Used]:
    """Return table → what one statement uses of it. Django quotes every table and column, and no alias."""
    models = {model._meta.db_table: model for model in apps.get_app_config(database).get_models()}
    names = {alias or table: table for table, alias in _FROM.findall(sql)}
    names |= {table: table for table, _ in _FROM.findall(sql)}
    uses = {table: Used() for table in names.values() if table in models}
    for name, column in _COLUMN.findall(sql):
        if (table := names.get(name)) in uses:
            uses[str(table)].select.add(column)
    if not uses:
        return {}
    target = uses[next(iter(uses))]
    if insert := _INSERT.match(sql):
        target.insert |= set(_NAME.findall(insert[1]))
    elif sql.startswith("UPDATE "):
        target.update |= set(_SET.findall(sql.partition(" WHERE ")[0]))
    elif sql.startswith("DELETE "):
        target.delete = True
    elif " FOR UPDATE" in sql:
        target.lock = True
    for table, used in uses.items():
        if not (used.insert or used.select):  # such as a count of all rows
            used.select.add(str(models[table]._meta.pk.column))
    return uses


def missing(uses: dict[Key, Used]) -> list[str]:
    """Return what was used without the right to, as ``procedure: database table: what``."""
    committed = _rights.read()
    lines = []
    for (procedure, database, table), used in uses.items():
        given = committed.including_reading(procedure, database)
        if not procedure:
            used.select -= {column for name, column in SECRET_COLUMNS if name == table}
        lines += [f"{procedure or 'read'}: {database} {table}: {what}" for what in _beyond(used, given.get(table))]
    return sorted(lines)


def _beyond(used: Used, given: TablePrivileges | None) -> Iterator[str]:
    if given is None:
        yield "every right"
        return
    for privilege in ("select", "insert", "update"):
        for column in sorted(getattr(used, privilege) - set(getattr(given, privilege))):
            yield f"{privilege} ({column})"
    if used.delete and not given.delete:
        yield "delete"
    if used.lock and not (given.lock or given.update):
        yield "lock"


def merged(committed: DatabaseRights, uses: dict[Key, Used]) -> dict[str, Any]:
    """Return the content of the file of rights with these uses added. The read role gets no secret column."""
    content = committed.as_json()
    for (procedure, database, table), used in sorted(uses.items()):
        key = model_of_table(database, table)._meta.pk.column  # type: ignore[arg-type] # it is one of ours
        content["keys"].setdefault(database, {})[table] = key
        is_read = not procedure
        place = content["read"] if is_read else content["procedures"].setdefault(procedure, {})
        tables = place.setdefault(database, {})
        if is_read:
            secret = {column for name, column in SECRET_COLUMNS if name == table}
            tables[table] = sorted({*tables.get(table, ()), *(used.select - secret)})
            continue
        facts = tables.setdefault(table, {})
        for privilege in ("select", "insert", "update"):
            if columns := {*facts.get(privilege, ()), *getattr(used, privilege)}:
                facts[privilege] = sorted(columns)
        for action in ("delete", "lock"):
            if getattr(used, action) or facts.get(action):
                facts[action] = True
    return content
