"""The real target of a URL after every redirection, and the database's own identity."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.db import connections

from runbook_lib.errors import ParamError
from runbook_lib.systems.db.access import connection, identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model import Database
    from tests.services.postgres import PostgreSQL

Urls = dict["Database", str]


def reached() -> tuple[str, str]:
    """Return the database and the first schema that Atmosphere's connection reached."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute("SELECT current_database(), current_schema()")
        database, schema = cursor.fetchone()
    return database, schema


def parts(url: str) -> tuple[str, str]:
    """Return the name and the socket's folder in the URL of a test database."""
    place, _, query = url.partition("?")
    return place.rpartition("/")[2], re.findall(r"host=([^&]*)", query)[0]


REDIRECTS = {
    "dbname": ("postgresql://postgres@/atmo_staging?host={host}&dbname={name}", {}),
    "only parameters": ("postgresql://?user=postgres&host={host}&port=5432&dbname={name}", {}),
    "PGHOST and PGPORT": ("postgresql://postgres@/{name}", {"PGHOST": "{host}", "PGPORT": "5432"}),
    "PGSERVICE": ("postgresql://postgres@/{name}", {"PGSERVICE": "prod", "PGSERVICEFILE": "{file}"}),
}


@pytest.mark.parametrize("redirect", REDIRECTS)
def test_address_is_where_the_connection_leads(
    redirect: str, postgresql: Urls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Parameters of the query, variables and a service file are shown as what they do."""
    name, host = parts(postgresql["atmosphere"])
    file = tmp_path / "service.conf"
    file.write_text(f"[prod]\nhost={host}\nport=5432\n", encoding="utf-8")
    form, variables = REDIRECTS[redirect]
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value.format(host=host, file=file))

    connection.connect({"atmosphere": form.format(host=quote(host, safe=""), name=name)}, application_name="tests")

    assert f"postgresql://{host}:5432/{name}" == connection.address("atmosphere")
    assert name == reached()[0]


@pytest.mark.parametrize(
    ("url", "variables", "shown"),
    [
        (
            "postgresql://ops@staging.example.org:5499/d3_a?hostaddr=127.0.0.1",
            {},
            "postgresql://127.0.0.1:5499/d3_a (host name staging.example.org)",
        ),
        ("postgresql://ops@db/d3_a", {"PGHOSTADDR": "127.0.0.2"}, "postgresql://127.0.0.2:5432/d3_a (host name db)"),
        ("postgresql://ops@db/d3_a", {"PGHOST": "other", "PGPORT": "6"}, "postgresql://db:6/d3_a"),
        (
            "postgresql://ops@db:1/d3_a?options=-csearch_path%3Dold,public",
            {},
            "postgresql://db:1/d3_a (search path old,public)",
        ),
        ("postgresql://ops@db:1/d3_a", {"PGOPTIONS": "-csearch_path=old"}, "postgresql://db:1/d3_a"),
        ("postgresql://ops@db:1/d3_a", {"PGDATABASE": "other"}, "postgresql://db:1/d3_a"),
    ],
)
def test_address_without_a_connection(
    url: str, variables: dict[str, str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libpq connects to ``hostaddr``; the URL wins over variables; ``PGOPTIONS`` has no effect beside our options."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)

    assert shown == connection.address_of("atmosphere", url)


def test_service_in_a_url_is_refused() -> None:
    """A service can name any host and database, so the URL would not say where it leads."""
    with pytest.raises(ParamError, match="it names a service"):
        connection.address_of("atmosphere", "postgresql:///d3_a?service=prod")


def test_postgresql_reports_its_system_and_database(postgresql: Urls, server: PostgreSQL) -> None:
    """Two databases of one server have the same system identifier and different numbers."""
    texts = [identity.read(database) for database in ("atmosphere", "troposphere")]

    matches = [re.fullmatch(r"postgresql://.* \(system (\d{19}), database OID (\d+)\)", text) for text in texts]

    assert all(matches), texts
    assert 1 == len({match[1] for match in matches if match})
    assert 2 == len({match[2] for match in matches if match})


def test_search_path_of_a_role_or_option_is_shown(postgresql: Urls, shell: Callable[[str], None]) -> None:
    """The tables of another schema are other tables."""
    shell("CREATE SCHEMA old")
    name, _ = parts(postgresql["atmosphere"])
    by_option = f"{postgresql['atmosphere']}&options=-csearch_path%3Dold,public"
    connection.connect({"atmosphere": by_option}, application_name="tests")
    assert (name, "old") == reached()
    assert " (search path old,public, system " in identity.read("atmosphere")

    shell(f"ALTER DATABASE {name} SET search_path = old, public")
    connection.connect(postgresql, application_name="tests")
    assert " (search path old,public, system " in identity.read("atmosphere")


def test_unreadable_system_identifier_is_unknown(
    postgresql: Urls, become: Callable[[str], str], shell: Callable[[str], None]
) -> None:
    """Some hosted servers let only administrators read it; the database's number is still compared."""
    shell("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    become("writer")

    assert re.search(r" \(system unknown, database OID \d+\)$", identity.read("atmosphere"))


def test_sqlite_is_its_real_file(sqlite: Urls, tmp_path: Path) -> None:
    """A symbolic link is shown as the file that it names, and a copy is another file."""
    file = Path(sqlite["atmosphere"].removeprefix("sqlite:///"))
    link, copy = tmp_path / "link.sqlite3", tmp_path / "copy.sqlite3"
    link.symlink_to(file)
    copy.write_bytes(file.read_bytes())
    texts = []
    for path in (file, link, copy):
        connection.connect({"atmosphere": connection.sqlite_url(path)}, application_name="tests")
        texts.append(identity.read("atmosphere"))

    assert texts[0] == texts[1] == f"sqlite:///{file} (inode {file.stat().st_ino})"
    assert f"sqlite:///{copy} (inode {copy.stat().st_ino})" == texts[2]
