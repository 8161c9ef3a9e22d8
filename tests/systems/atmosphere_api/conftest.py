"""The gateway on a server with scripted responses, and on the fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
from runbook_lib.systems.atmosphere_api import AtmosphereApi
from runbook_lib.systems.db.models.atmosphere.models import MaintenanceRecord
from runbook_lib.systems.limited_http import Limits
from tests.systems.atmosphere_api.raw_http_server import raw_server
from tests.systems.atmosphere_api.stand import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.world.world import World
    from tests.systems.atmosphere_api.raw_http_server import RawHttpServer

TOKEN = "a token that nobody may see"


@pytest.fixture
def server() -> Iterator[RawHttpServer]:
    """A server without a script."""
    with raw_server() as running:
        yield running


@pytest.fixture
def api(server: RawHttpServer) -> Iterator[AtmosphereApi]:
    """The gateway on that server, with limits of half a second."""
    opened = AtmosphereApi(server.url, token=lambda: TOKEN, limits=Limits(connect=0.5, read=0.5, total=1.0))
    yield opened
    opened.close()


@pytest.fixture
def stand_in(world: World) -> Iterator[StandIn]:
    """A stand-in for each test."""
    with api_server.serve() as server:
        yield StandIn(server, server.token("staffmember"))


@pytest.fixture
def open_site(world: World) -> None:
    """End every maintenance."""
    MaintenanceRecord.objects.filter(end_date=None).update(end_date=world.now())
    MaintenanceRecord.objects.filter(end_date__gt=world.now()).update(end_date=world.now())
