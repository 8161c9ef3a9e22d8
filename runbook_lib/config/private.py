"""Private folders and files: of one user, or of the group of a shared folder.

A folder with the set-group-ID bit and write permission for its group is shared: its files get mode 0660, its folders
2770. Other files get 0600, and other folders 0700, under any umask.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.text.waiting import Wait

if TYPE_CHECKING:
    from pathlib import Path

WAIT_SECONDS = 30
_PAUSE_SECONDS = 0.05
_SHARED = stat.S_ISGID | stat.S_IWGRP


def folder(path: Path) -> Path:
    """Create a folder and its missing parents, each private to its owner; return the folder.

    Raises:
        Refused: Every user of the host can write to the folder, so its records prove nothing.
        OSError: The folder can't be created.
    """
    missing = [path, *path.parents]
    missing = missing[: next(number for number, parent in enumerate(missing) if parent.is_dir() or parent.exists())]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        parent.chmod(0o2770 if _is_shared(parent.parent) else 0o700)
    if path.stat().st_mode & stat.S_IWOTH:
        raise Refused(
            what=f"the folder {path} is writable by every user of this host",
            why="another user could change or replace the records in it",
            next_step=f"chmod o-rwx {path}, then check the files in it",
        )
    return path


def open_file(path: Path, flags: int) -> int:
    """Return the descriptor of a regular file. A missing file is created private. Symbolic links are not followed.

    Raises:
        Refused: The path is not a regular file.
        OSError: The file can't be opened.
    """
    is_new = not path.exists() and not path.is_symlink()
    mode = 0o660 if _is_shared(path.parent) else 0o600
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        raise _not_a_file(path)
    if is_new:
        os.fchmod(descriptor, mode)
        sync_folder(path.parent)
    return descriptor


def require_file(path: Path) -> None:
    """Return if a path is a regular file or does not exist.

    Raises:
        Refused: The path is a symbolic link, a folder, a pipe or a device.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise _not_a_file(path)


def write(path: Path, text: str) -> None:
    """Replace a file with this text atomically: a reader gets the old or the new text, also after a power failure.

    Raises:
        OSError: The file can't be written.
    """
    require_file(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = open_file(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Wait until the entries of a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(descriptor: int, path: Path) -> None:
    """Lock an open file against other processes.

    Raises:
        Refused: Another process still holds the lock after `WAIT_SECONDS`. On Linux, the error names the process.
    """
    wait = Wait(f"the lock of {path}")
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if wait.check() > WAIT_SECONDS:
                raise Refused(
                    what=f"{path} is locked by {_holder(descriptor) or 'another process'}",
                    why=f"its lock was not released within {WAIT_SECONDS} s",
                    next_step="wait until that process ends, or find out why it still runs; then repeat the command",
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _holder(descriptor: int) -> str:
    """Return the process that holds the lock of a file, from Linux's ``/proc/locks``; empty on other systems."""
    node = os.fstat(descriptor)
    name = f"{os.major(node.st_dev):02x}:{os.minor(node.st_dev):02x}:{node.st_ino}"
    try:
        with open("/proc/locks", encoding="ascii") as stream:  # noqa: PTH123 - no file of a user
            rows = [line.split() for line in stream]
    except OSError:
        return ""
    holders = [row[4] for row in rows if row[1] == "FLOCK" and row[5] == name]
    return f"process {holders[0]}" if holders else ""


def _is_shared(path: Path) -> bool:
    return path.stat().st_mode & _SHARED == _SHARED


def _not_a_file(path: Path) -> Refused:
    return Refused(
        what=f"{path} is not a regular file",
        why="a symbolic link, a folder, a pipe or a device can't store reliable records",
        next_step=f"find out who put it there: ls -l {path}; then move it away",
    )
