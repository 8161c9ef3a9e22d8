"""Every procedure there is ends, after its undo, where it began; on both kinds of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from tests import sessions
from tests.checks import check_round_trip
from tests.registry.postgresql_releases import newer

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("name", procedures.changing())
def test_the_example_of_every_procedure_is_applied_verified_and_taken_back(
    world: World, bench: Bench, name: str
) -> None:
    """The dump after the undo equals the dump before, the one in between does not; PostgreSQL 9.6 would understand."""
    with sessions.statements() as statements:
        check_round_trip(world, bench, name, **procedures.find(name).example)

    assert [] == [construct for sql in statements for construct in newer(sql)]
