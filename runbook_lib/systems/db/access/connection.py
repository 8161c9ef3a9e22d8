"""Addresses of and connections to the two databases: configure Django, connect, close, create tables."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import psycopg
from django.apps import apps
from django.db import connections
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from runbook_lib.config.variables import VARIABLES
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
_NAME_BYTES = 63  # PostgreSQL truncates application_name to this length
_LIMITS = (
    f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s "
    f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_SECONDS}s"
)
_SEARCH_PATH = re.compile(r"search_path\s*=\s*(\S+)")
# Notice a server that vanished without closing the connection; libpq ignores these on a Unix socket.
_LOST_CONNECTION = {
    "tcp_user_timeout": "30000",  # milliseconds until data that was sent must be acknowledged
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
}
_addresses: dict[str, str] = {}


class Router:
    """Route each model to the database of its app; reject relations across databases."""

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
    """Set the URLs of both databases; the connections open at first use. Another call closes the old connections.

    PostgreSQL sessions have time limits: 5 s to connect, 30 s per statement, 35 s for a response, 5 s for a lock,
    10 min idle in a transaction. SQLite files must exist. They open with ``mode=rw``, or with ``mode=ro`` if the URL
    ends in ``?mode=ro``.

    Args:
        urls: Database → ``postgresql://user@host:5432/name?sslmode=…`` or ``sqlite:////path/file``. A missing or empty
            URL means *not configured*: any use of the database raises `NotConnected`.
        application_name: The name that other sessions see, such as ``runbook grant_staff (operator@host)``; truncated
            to 63 bytes.

    Raises:
        ParamError: A URL is malformed. The message does not repeat the URL, because it can hold a password.
    """
    settings = {database: _options(database, urls.get(database, ""), application_name) for database in DATABASES}
    close()
    for database, options in settings.items():
        defaults = connections.configure_settings({"default": {}, database: options})
        connections.settings[database] = defaults[database]
        _addresses[database] = _address(options)
        del connections[database]  # Django creates one from the new settings at the next use


def close() -> None:
    """Close both connections; the next use opens new ones."""
    for database in DATABASES:
        reconnect(database)


def reconnect(database: Database) -> None:
    """Close one connection; the next use opens a new one."""
    connections[database].close()


@contextlib.contextmanager
def separate_connection(database: Database) -> Iterator[BaseDatabaseWrapper]:
    """Open a second connection next to the one in use. It sees only committed data, also during a transaction."""
    connection = connections.create_connection(database)
    try:
        yield connection
    finally:
        connection.close()


def address(database: str) -> str:
    """Return the address of a database without credentials; empty if it is not configured."""
    return _addresses.get(database, "")


def address_of(database: Database, url: str) -> str:
    """Return where a URL leads, without credentials. Opens nothing.

    Raises:
        ParamError: The URL is malformed, or names a service.
    """
    return _address(_options(database, url, ""))


def configured_databases() -> tuple[Database, ...]:
    """Return the databases that have a URL."""
    return tuple(database for database in DATABASES if address(database))


def sqlite_url(path: Path) -> str:
    """Return the database URL of an SQLite file, with spaces and other special characters escaped."""
    return f"sqlite:///{quote(str(path.absolute()))}"


def create_tables(database: Database) -> None:
    """Create every table of one database from the models, with keys and constraints; for fixtures and tests.

    Raises:
        Refused: Some of the tables already exist.
    """
    connection = connections[database]
    models = list(apps.get_app_config(database).get_models())
    existing = set(connection.introspection.table_names())
    present = [model._meta.db_table for model in models if model._meta.db_table in existing]
    if present:
        raise Refused(
            what=f"can't create the tables of {database} in {address(database)}",
            why=f"the database already has {present[0]} and {len(present) - 1} more of these tables",
            next_step="use an empty database",
        )
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)


def _options(database: Database, url: str, application_name: str) -> dict[str, Any]:
    """Return Django's settings for one database."""
    if not url:
        return {"ENGINE": "runbook_lib.systems.db.access.unconfigured"}
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return _sqlite(database, url)
    if scheme in {"postgresql", "postgres"}:
        return _postgresql(database, url, application_name)
    raise _malformed_url(database, "it starts with neither postgresql:// nor sqlite:///")


def _sqlite(database: Database, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    path, mode = unquote(parts.path).removeprefix("/"), parse_qs(parts.query).get("mode", ["rw"])[0]
    if parts.netloc or not Path(path).is_absolute():
        # A relative path names another file in each working directory, and tools start kernels in any directory.
        raise _malformed_url(database, "the path of the SQLite file is not absolute (write four slashes)")
    if mode not in {"rw", "ro"}:
        raise _malformed_url(database, "mode must be rw or ro")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"file:{quote(path)}?mode={mode}",
        # IMMEDIATE: a transaction takes the write lock when it begins, so no writer can come between compare and set.
        "OPTIONS": {"timeout": LOCK_SECONDS, "transaction_mode": "IMMEDIATE" if mode == "rw" else "DEFERRED"},
    }


def _postgresql(database: Database, url: str, application_name: str) -> dict[str, Any]:
    try:
        info: dict[str, Any] = conninfo_to_dict(url)
    except psycopg.Error:
        # Not chained: libpq repeats the part that it can't parse, which can be the password.
        raise _malformed_url(database, "PostgreSQL's client library can't parse it") from None
    if info.get("service"):
        raise _malformed_url(database, "it names a service, which can lead anywhere; write host, port and database")
    if not info.get("dbname"):
        raise _malformed_url(database, "it has no database name")
    if not str(info.get("port", "")).strip(","):  # of several hosts without a port, libpq returns only commas
        info.pop("port", None)
    info = {**_environment(), **info}
    if not all(port.isdecimal() for port in str(info.get("port", "")).split(",") if port):
        raise _malformed_url(database, "its port is not a number")
    options = {
        **info,
        "options": f"{info.get('options', '')} {_LIMITS}".strip(),
        "application_name": application_name.encode("ascii", "replace")[:_NAME_BYTES].decode(),
    }
    for name, value in {"connect_timeout": str(CONNECT_SECONDS), **_LOST_CONNECTION}.items():
        options.setdefault(name, value)
    return {
        "ENGINE": "runbook_lib.systems.db.access.postgresql",
        "NAME": options.pop("dbname"),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        "OPTIONS": options,
        # A server-side cursor ends with the pooler's transaction and hides its query from the write guard.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def _environment() -> dict[str, str]:
    """Return where libpq would connect without a URL: the ``PG`` variables, the service that they name, its defaults.

    A URL's own parts win over them. They are passed to libpq like those, so that the address is where it connects.
    """
    defaults = {option.keyword.decode(): (option.val or b"").decode() for option in Conninfo.get_defaults()}
    return {name: defaults[name] for name in ("host", "hostaddr", "port") if defaults.get(name)}


def _address(options: Mapping[str, Any]) -> str:
    """Return the address in a database's settings, built only from the parts without credentials.

    libpq connects to ``hostaddr`` if there is one; the host's name is then only compared with the certificate.
    """
    if not options.get("NAME"):
        return ""
    if options["ENGINE"].endswith("sqlite3"):
        path = Path(unquote(str(options["NAME"]).removeprefix("file:").partition("?")[0]))
        return f"sqlite:///{quote(str(path.resolve()))}"
    more = options["OPTIONS"]
    port = f":{options['PORT']}" if options["PORT"] else ""
    facts = [f"host name {options['HOST']}"] if more.get("hostaddr") and options["HOST"] else []
    facts += [f"search path {path.strip(chr(39))}" for path in _SEARCH_PATH.findall(more["options"])[-1:]]
    place = f"postgresql://{more.get('hostaddr') or options['HOST']}{port}/{options['NAME']}"
    return f"{place} ({', '.join(facts)})" if facts else place


def _malformed_url(database: Database, why: str) -> ParamError:
    variable = f"RUNBOOK_{database.upper()}_DB"
    return ParamError(
        problems=[f"{variable} is not a database URL: {why}"],
        next_step=f"set {variable} to {VARIABLES[variable]}",
    )
