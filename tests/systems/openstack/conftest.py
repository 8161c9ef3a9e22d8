"""The two benches of the contract tests. The real one starts once per session; a failed start fails the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.fixture.rows.nova_records import StoredMachine, StoredQuota
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.fixture.stand_ins.glance.server import serve
from runbook_lib.fixture.stand_ins.nova import server as nova_server
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from tests.services.openstack import openstack
from tests.services.openstack_nova import nova
from tests.systems.openstack.glance_benches import Real, StandIn, clouds_of
from tests.systems.openstack.nova_benches import RealNova, StandInNova

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.systems.openstack import Clouds
    from tests.services.openstack import Stack
    from tests.systems.openstack.glance_benches import Bench
    from tests.systems.openstack.nova_benches import NovaBench


@pytest.fixture(scope="session")
def real_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running Keystone with two Glances, in a folder with a space in its name.

    With pytest-xdist and ``--dist loadfile``, the tests of this folder run in one process, so it is started once
    (0.4 GB); see `tests.one_worker`.
    """
    with openstack(tmp_path_factory.mktemp("open stack")) as stack:
        yield stack


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """The fixture's stand-in with one project and no image."""
    state = tmp_path / "glance.sqlite3"
    glance_store.seed(state, [], projects=[(number, "fixture-project", "fixture-project") for number in (4, 5)])
    with serve(state) as server:
        yield StandIn(server, tmp_path)


@pytest.fixture(params=["stand-in", "real"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each bench in turn; the same tests must pass on both."""
    if request.param == "real":
        return Real(request.getfixturevalue("real_stack"))
    stand_in: StandIn = request.getfixturevalue("stand_in")
    return stand_in


@pytest.fixture
def clouds(bench: Bench) -> Iterator[Clouds]:
    """The gateway as the admin."""
    opened = clouds_of(bench)
    yield opened
    opened.close()


@pytest.fixture
def member(bench: Bench) -> Iterator[Clouds]:
    """The gateway as joetest, a member."""
    opened = clouds_of(bench, "member")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def real_nova(real_stack: Stack) -> Iterator[RealNova]:
    """A running Nova and Placement in the catalog of the real bench; takes five seconds and 0.3 GB more."""
    with nova(real_stack) as compute:
        yield RealNova(Real(real_stack), compute)


@pytest.fixture
def stand_in_nova(stand_in: StandIn) -> Iterator[StandInNova]:
    """The fixture's stand-in with one machine and no server."""
    state = stand_in.folder / "nova.sqlite3"
    machine = StoredMachine(4, "fixture-node", 1000, 800000, 600000)
    nova_store.seed(state, [machine, StoredQuota(4, "fixture-project")])
    with nova_server.serve(state, stand_in.server) as url:
        yield StandInNova(stand_in, url)


@pytest.fixture(params=["stand-in", "real"])
def nova_bench(request: pytest.FixtureRequest) -> NovaBench:
    """Each Nova in turn."""
    if request.param == "real":
        real: RealNova = request.getfixturevalue("real_nova")
        return real
    stand_in: StandInNova = request.getfixturevalue("stand_in_nova")
    return stand_in


@pytest.fixture
def nova_admin(nova_bench: NovaBench) -> Iterator[Clouds]:
    """The gateway as the admin."""
    opened = clouds_of(nova_bench.cloud)
    yield opened
    opened.close()


@pytest.fixture
def nova_member(nova_bench: NovaBench) -> Iterator[Clouds]:
    """The gateway as joetest, a member."""
    opened = clouds_of(nova_bench.cloud, "member")
    yield opened
    opened.close()
