"""Where the two databases are: point Django at them, open, close, create their tables."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import psycopg
from django.apps import apps
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from runbook_lib.config.settings import VARIABLES
from runbook_lib.errors import ParamError, Refused
from runbook_lib.model import DATABASES, Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
LOCK_SECONDS = 5
IDLE_IN_TRANSACTION_SECONDS = 600
_NAME_BYTES = 63  # PostgreSQL cuts application_name there
_LIMITS = (
    f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s "
    f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_SECONDS}s"
)
_addresses: dict[str, str] = {}


class Router:
    """Sends each model to the database of its own app; a relation across databases is refused."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        """Return the alias to read `model` from."""
        return model._meta.app_label

    def db_for_write(self, model: type[Model], **_hints: Any) -> str:
        """Return the alias to write `model` to."""
        return model._meta.app_label

    def allow_relation(self, obj1: Model, obj2: Model, **_hints: Any) -> bool:
        """Allow relations within one database."""
        return obj1._meta.app_label == obj2._meta.app_label


def connect(urls: Mapping[Database, str], *, application_name: str) -> None:
    """Point both databases at their URLs; the connections open at the first use. May be called again: old ones close.

    PostgreSQL sessions get time limits: 5 s to connect, 30 s a statement, 5 s for a lock, 10 min idle in a transaction.
    SQLite files must exist; they are opened ``mode=rw``, or ``mode=ro`` when the URL ends in ``?mode=ro``.

    Args:
        urls: Database → ``postgresql://user@host:5432/name?sslmode=…`` or ``sqlite:////path/file``; missing or empty is
            *not configured*: any use raises `NotConnected`.
        application_name: What other sessions see, such as ``runbook grant_staff (alice@host)``; cut to 63 bytes.

    Raises:
        ParamError: A URL can't be read. The URL is not repeated: it may hold a password.
    """
    wanted = {database: _options(database, urls.get(database, ""), application_name) for database in DATABASES}
    close()
    for database, options in wanted.items():
        defaults = connections.configure_settings({"default": {}, database: options})
        connections.settings[database] = defaults[database]
        _addresses[database] = _address(options)
        del connections[database]  # Django makes a new one, from the new settings, at the next use


def close() -> None:
    """Close both connections; the next use opens them again."""
    for database in DATABASES:
        fresh(database)


def fresh(database: Database) -> None:
    """Close one connection, so that the next use is a new one."""
    connections[database].close()


@contextlib.contextmanager
def of_its_own(database: Database) -> Iterator[BaseDatabaseWrapper]:
    """Open a second connection beside the one in use: it sees what is committed, whatever the first is doing."""
    connection = connections.create_connection(database)
    try:
        yield connection
    finally:
        connection.close()


def address(database: str) -> str:
    """Return where a database is, without credentials; empty when it is not configured."""
    return _addresses.get(database, "")


def configured() -> tuple[Database, ...]:
    """Return the databases that have a URL."""
    return tuple(database for database in DATABASES if address(database))


def sqlite_url(path: Path) -> str:
    """Return the database URL of an SQLite file, blanks and other special characters escaped."""
    return f"sqlite:///{quote(str(path.absolute()))}"


def create_tables(database: Database) -> None:
    """Create every table of one database from the models, with keys and constraints; for fixtures and tests.

    Raises:
        Refused: Some of the tables exist already.
    """
    connection = connections[database]
    models = list(apps.get_app_config(database).get_models())
    existing = set(connection.introspection.table_names())
    present = [model._meta.db_table for model in models if model._meta.db_table in existing]
    if present:
        raise Refused(
            what=f"the tables of {database} are not created in {address(database)}",
            why=f"it has {present[0]} and {len(present) - 1} more of them already",
            next_step="name an empty database",
        )
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)


def _options(database: Database, url: str, application_name: str) -> dict[str, Any]:
    """Return Django's settings of one database."""
    if not url:
        return {"ENGINE": "runbook_lib.systems.db.access.unconfigured"}
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return _sqlite(database, url)
    if scheme in {"postgresql", "postgres"}:
        return _postgresql(database, url, application_name)
    raise _unreadable(database, "it starts with neither postgresql:// nor sqlite:///")


def _sqlite(database: Database, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    path, mode = unquote(parts.path).removeprefix("/"), parse_qs(parts.query).get("mode", ["rw"])[0]
    if parts.netloc or not Path(path).is_absolute():
        # A relative path would mean another file in each working directory, and tools start kernels where they like.
        raise _unreadable(database, "the path of the SQLite file is not absolute: write four slashes")
    if mode not in {"rw", "ro"}:
        raise _unreadable(database, "mode is rw or ro")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"file:{quote(path)}?mode={mode}",
        # IMMEDIATE: a transaction takes the write lock when it begins, so that compare and set can't be parted.
        "OPTIONS": {"timeout": LOCK_SECONDS, "transaction_mode": "IMMEDIATE" if mode == "rw" else "DEFERRED"},
    }


def _postgresql(database: Database, url: str, application_name: str) -> dict[str, Any]:
    try:
        info: dict[str, Any] = conninfo_to_dict(url)
    except psycopg.Error:
        # Not chained: libpq repeats the part it can't read, which may be the password.
        raise _unreadable(database, "PostgreSQL's client library can't read it") from None
    if not info.get("dbname"):
        raise _unreadable(database, "it names no database")
    if not all(port.isdecimal() for port in str(info.get("port", "")).split(",") if port):
        raise _unreadable(database, "its port is no number")
    options = {
        **info,
        "options": f"{info.get('options', '')} {_LIMITS}".strip(),
        "application_name": application_name.encode("ascii", "replace")[:_NAME_BYTES].decode(),
    }
    options.setdefault("connect_timeout", str(CONNECT_SECONDS))
    return {
        "ENGINE": "runbook_lib.systems.db.access.postgresql",
        "NAME": options.pop("dbname"),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        "OPTIONS": options,
        # A cursor on the server would not outlive a pooler's transaction, and hides its query from the write guard.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def _address(options: Mapping[str, Any]) -> str:
    """Return the address in a database's settings; built from the parts that are no credentials."""
    if not options.get("NAME"):
        return ""
    if options["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{str(options['NAME']).removeprefix('file:').partition('?')[0]}"
    port = f":{options['PORT']}" if options["PORT"].strip(",") else ""  # several hosts have several ports, or none
    return f"postgresql://{options['HOST']}{port}/{options['NAME']}"


def _unreadable(database: Database, why: str) -> ParamError:
    variable = f"RUNBOOK_{database.upper()}_DB"
    return ParamError(
        problems=[f"{variable} is not a database URL: {why}"],
        next_step=f"set {variable} to {VARIABLES[variable]}",
    )
