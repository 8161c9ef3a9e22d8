"""Each module has its tests under its name, or stands below with the tests that hold it."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PACKAGE = TESTS.parent / "runbook_lib"

# Modules, as patterns → the tests that hold them.
ELSEWHERE = {
    "__main__ pages/code_blocks/__main__ cli/[iprs]*": "cli/test_main.py",
    "diagnosis/account/* diagnosis/instance/* diagnosis/imaging_request diagnosis/replication/*": "procedures",
    "doctor/clouds doctor/databases": "doctor/test_examination.py",
    "engine/execution": "engine/test_partial_failure.py",
    "engine/readback": "engine/test_lost_answer.py",
    "engine/read_only": "registry/test_read_only_plan.py",
    "errors/*": "errors/test_errors.py",
    "fixture/clock fixture/folder fixture/stand_ins/*state*": "fixture/test_practice.py",
    "fixture/rows/*": "fixture/rows/test_rows.py",
    "fixture/stand_ins/*/*": "fixture/stand_ins",
    "journal/run": "journal/test_journal.py",
    "messages/entry": "messages/test_diagnosis.py",
    "model/*": "model",
    "notebook/*": "notebook",
    "pages/diagrams/*": "pages/diagrams/test_diagrams.py",
    "pages/code_blocks/shell": "pages/code_blocks/test_blocks.py",
    "pages/executed pages/site_check pages/write": "site/test_built_site.py",
    "procedures/_registry": "registry/test_registry.py",
    "systems/argo/* systems/atmosphere_api/* systems/celery/* systems/host/* systems/logs/*": "systems",
    "systems/db/access/* systems/db/typing_settings": "systems/db/access",
    "systems/db/models/*": "systems/db/models/test_models.py",
    "systems/db/queries/*": "procedures",
    "systems/openstack/*": "systems/openstack/test_nova.py",
    "world/image_copies": "procedures/test_repair_replica_image.py",
}
MOST = 24  # rows: a new module gets tests of its own


def modules() -> list[str]:
    """Return every module, without ending."""
    return [
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__init__.py"
    ]


def has_own(module: str) -> bool:
    """Return whether a module has ``test_NAME.py`` or ``test_NAME__TOPIC.py`` in its folder of the tests."""
    folder, name = (TESTS / module).parent, Path(module).name.lstrip("_")
    return any(path.stem.partition("__")[0] == f"test_{name}" for path in folder.glob(f"test_{name}*.py"))


def rows(module: str) -> list[str]:
    """Return the rows that a module stands in."""
    return [row for row in ELSEWHERE if any(fnmatch(module, pattern) for pattern in row.split())]


def test_each_module_has_its_tests() -> None:
    """Under its name, or in a row of the list."""
    assert [] == [module for module in modules() if not has_own(module) and not rows(module)]


@pytest.mark.parametrize("row", ELSEWHERE)
def test_each_row_is_needed_and_names_tests_that_are_there(row: str) -> None:
    """A row goes when its modules have tests of their own; a folder has tests in it."""
    without = [module for module in modules() if not has_own(module)]
    place = TESTS / ELSEWHERE[row]

    assert [] == [pattern for pattern in row.split() if not any(fnmatch(module, pattern) for module in without)]
    assert place.is_file() or any(place.rglob("test_*.py"))


def test_the_list_does_not_grow() -> None:
    """A new module comes with its own tests."""
    assert MOST >= len(ELSEWHERE)
