"""Which tests run in the same process of pytest-xdist: those of a file, and those of a folder with a costly service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    import pytest

# A real Keystone, two Glances, a Placement and a Nova are started once for the whole folder, not once per process.
FOLDERS = ("tests/systems/openstack/",)


class Scheduling(LoadFileScheduling):
    """The scheduling of ``--dist loadfile``, with the files of some folders as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what the test is scheduled with: its folder, or its file."""
        return next((folder for folder in FOLDERS if nodeid.startswith(folder)), nodeid.partition("::")[0])


def scheduling(config: pytest.Config, log: Any) -> Scheduling | None:
    """Return the scheduling of a run by files, and None for any other run."""
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None
