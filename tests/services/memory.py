"""The folder whose files are in memory: writing, synchronizing and removing them takes a fraction of the time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

FOLDER = Path("/dev/shm")


def folder(*, room: int, runs_programs: bool = False) -> Path | None:
    """Return the folder; None where it is missing or too small, or programs must run from it and can't.

    Args:
        room: Free bytes that it must have.
        runs_programs: Whether programs in it are started; a container often forbids that.
    """
    if not FOLDER.is_dir() or shutil.disk_usage(FOLDER).free < room:
        return None
    return None if runs_programs and os.statvfs(FOLDER).f_flag & os.ST_NOEXEC else FOLDER
