"""A practice site whose PostgreSQL databases are reached through a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

import pytest

from runbook_lib import connect
from runbook_lib.fixture import practice
from runbook_lib.systems.db.access.postgresql import deadline
from tests.conftest import Bench
from tests.faults.proxy import proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.fixture.postgres import FixtureServer
    from runbook_lib.world.world import World
    from tests.faults.proxy import Proxy


@pytest.fixture
def site(
    fixture_server: FixtureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, Bench, Proxy]]:
    """Yield a world behind a proxy. The bench's own URLs lead past the proxy. The client's limit is one second."""
    monkeypatch.setattr(deadline, "RESPONSE_SECONDS", 1.0)
    direct = fixture_server.copy("faults")
    folder = parse_qs(direct["atmosphere"].partition("?")[2])["host"][0]
    with proxy(folder) as running:
        ours, theirs = quote(str(running.folder), safe=""), quote(folder, safe="")
        through = {name: url.replace(theirs, ours) for name, url in direct.items()}
        home = tmp_path / "home"
        bench = Bench(
            home=home, databases=direct, backend="postgresql", practice=practice.prepare(home, databases=through)
        )
        with connect.open_world(bench.settings, operator="tester@host") as world:
            yield world, bench, running
    fixture_server.drop("faults")
