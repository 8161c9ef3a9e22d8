"""The order of the test files: the longest first, so that no process is left alone with one of them at the end.

pytest-xdist would begin with the files that have the most tests, and the longest have few.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

TESTS = Path(__file__).resolve().parent
# By their measured time, from two minutes down to twenty seconds on a busy machine; the rest keep their order.
LONGEST = (
    "systems/openstack/test_glance.py",  # the whole folder: it is one unit, see `tests.one_worker`
    "systems/host/test_workers.py",  # mostly waits
    "pages/code_blocks/test_papermill.py",
    "notebook/test_check_notebooks.py",
    "engine/test_histories.py",
    "site/test_axe.py",
    "site/test_browser.py",
    "systems/celery/test_queues.py",  # mostly waits
    "pages/code_blocks/test_commands.py",
    "registry/test_old_postgresql.py",
    "registry/test_bad_input.py",
    "site/test_built_site.py",
    "authoring/test_skeleton.py",
    "site/test_builders.py",
    "repl/test_shell_lines.py",
    "notebook/test_papermill_engine__values.py",
    "engine/test_crash.py",
    "procedures/test_restart_imaging_workers.py",
    "registry/test_round_trips.py",
)


def order(items: list[pytest.Item]) -> None:
    """Move the tests of the longest files to the front."""
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
