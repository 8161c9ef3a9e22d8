"""Tests of one file, or of a folder with a costly service, run in one process; no other tests do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from xdist.remote import Producer

from tests import one_worker
from tests.checkout import ROOT


def _config(dist: str) -> pytest.Config:
    options: dict[str, Any] = {"dist": dist, "tx": ["2*popen"]}
    return cast("pytest.Config", SimpleNamespace(getoption=options.get, getvalue=options.get))


def test_tests_are_scheduled_by_file_and_by_folder() -> None:
    """Two files of a folder with a costly service are one unit; any other file is its own."""
    scheduling = one_worker.scheduling(_config("loadfile"), Producer("test"))
    assert scheduling is not None
    ids = [
        "tests/systems/openstack/test_nova.py::test_a[x::y]",
        "tests/systems/openstack/test_glance.py::test_b",
        "tests/systems/celery/test_queues.py::test_c[tests/systems/openstack/]",
        "tests/systems/celery/test_queues.py::test_d",
        "tests/systems/celery/test_flower.py::test_e",
    ]

    units = [scheduling._split_scope(each) for each in ids]

    assert [0, 0, 2, 2, 4] == [units.index(unit) for unit in units]


def test_another_distribution_is_left_alone() -> None:
    """``--dist load`` remains pytest-xdist's own."""
    assert one_worker.scheduling(_config("load"), Producer("test")) is None


@pytest.mark.parametrize("folder", one_worker.FOLDERS)
def test_folder_of_a_costly_service_exists(folder: str) -> None:
    """A folder that was renamed would start its service in every process."""
    assert (ROOT / folder).is_dir()
