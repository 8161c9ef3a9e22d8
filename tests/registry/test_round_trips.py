"""The example of every procedure is applied and undone, and leaves both kinds of database as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from tests import sessions
from tests.checks import check_round_trip
from tests.registry import rights_recording
from tests.registry.postgresql_releases import newer

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("name", procedures.changing())
def test_example_of_every_procedure_is_applied_verified_and_undone(
    world: World, bench: Bench, name: str, request: pytest.FixtureRequest
) -> None:
    """The dump after the undo equals the dump before, the one in between differs; PostgreSQL 9.6 would parse it all."""
    with sessions.statements() as statements, rights_recording.checked(request.config):
        check_round_trip(world, bench, name, **procedures.find(name).practice_example)

    assert [] == [construct for sql in statements for construct in newer(sql)]
