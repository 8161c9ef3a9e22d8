"""Each procedure declares exactly the systems that it requires, and a missing one is named."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect, params, procedures
from runbook_lib.config.settings import Settings
from runbook_lib.errors import RunbookError
from runbook_lib.fixture import practice
from runbook_lib.model import System, needs
from runbook_lib.world.world import World
from tests.checks import check_each

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from runbook_lib.world.endpoints import Endpoints

# The fields of `Endpoints` without a system, for each variable that names a system other than a database.
ABSENT: Mapping[str, Mapping[str, Any]] = {
    "RUNBOOK_CLOUDS": {"clouds": {}},
    "RUNBOOK_API_URL": {"api_url": ""},
    "RUNBOOK_FLOWER_URL": {"flower_url": ""},
    "RUNBOOK_BROKER_URL": {"broker_url": "", "celery": None},
    "RUNBOOK_ARGO_URL": {"argo_url": ""},
    "RUNBOOK_HOST_EXEC": {"host_exec": ()},
    "RUNBOOK_LOG_DIR": {"log_dir": None},
}


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Return the fixture's endpoints, which inspecting and planning do not change."""
    home: Path = tmp_path_factory.mktemp("home")
    practice.prepare(home)
    with connect.open_world(Settings(home=home), operator="tester@host") as world:
        yield world.endpoints


def only(endpoints: Endpoints, kept: Collection[System]) -> Endpoints:
    """Return endpoints at which only the systems `kept` are configured."""
    variables = {kind.variables[0] for kind in kept}
    gone: dict[str, Any] = {}
    for variable, values in ABSENT.items():
        gone |= {} if variable in variables else values
    databases = {name: url for name, url in endpoints.databases.items() if name in kept}
    kinds = {kind for kind in System if kind.variables and kind.variables[0] in variables}
    targets = {name: where for name, where in endpoints.targets.items() if name.partition(":")[0] in kinds}
    return dataclasses.replace(endpoints, databases=databases, targets=targets, **gone)


def run(name: str, endpoints: Endpoints) -> Any:
    """Return the plan, or the inspection, of a procedure's example."""
    procedure = procedures.find(name)
    with World(endpoints) as world, world.reading():
        asked = procedure.bind(params.check(procedure.fields, procedure.practice_example, procedure=name))
        return procedure.plan(world, asked) if procedure.plans else procedure.inspect(world, asked)


@pytest.mark.every_procedure
def test_every_procedure_declares_its_systems() -> None:
    """In the doctor's words; no system is both required and optional, and each optional one has a phrase."""

    def check(name: str) -> None:
        procedure = procedures.find(name)
        needed = [system for need in procedure.needs for system in needs.alternatives(need)]
        alone = {need for need in procedure.needs if " or " not in need}
        assert procedure.needs
        assert {*needed, *procedure.optional} <= {*needs.SYSTEMS}
        assert set() == alone & set(procedure.optional)
        assert [] == [text for text in procedure.optional.values() if not text or text.endswith(".")]

    check_each(procedures.names(), check)


@pytest.mark.every_procedure
def test_required_systems_are_enough(endpoints: Endpoints) -> None:
    """With only these, the example is planned or inspected; with alternatives, each of them is enough."""

    def check(name: str) -> None:
        for kept in itertools.product(*map(needs.alternatives, procedures.find(name).needs)):
            assert run(name, only(endpoints, kept)) is not None

    check_each(procedures.names(), check)


@pytest.mark.every_procedure
def test_missing_required_system_is_refused_with_its_setting(endpoints: Endpoints) -> None:
    """All other systems are configured."""

    def check(name: str) -> None:
        for need in procedures.find(name).needs:
            gone = {kind.variables[0] for kind in needs.alternatives(need)}
            kept = [kind for kind in needs.SYSTEMS if kind.variables[0] not in gone]
            with pytest.raises(RunbookError) as caught:
                run(name, only(endpoints, kept))
            assert [variable for variable in gone if variable in str(caught.value)]
            assert not caught.value.changed

    check_each(procedures.names(), check)
