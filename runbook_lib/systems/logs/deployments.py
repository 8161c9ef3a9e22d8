"""List the deployments with saved logs: one folder each, named by user, instance and time. Reads no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.systems.logs.tree import SearchableFile

_PLAYBOOK = ".yml.log"
_PARTS = 4  # <username>/<instance uuid>/<date>/<file>


@dataclass(frozen=True)
class Saved:
    """The saved logs of one deployment.

    Attributes:
        folder: ``<username>/<instance uuid>/<date>``, below ``atmosphere_deploy.d``.
        username: The instance's owner.
        instance_id: The instance.
        written: The folder's literal date, in the site's local time.
        workflow: The workflow's name, from the file with this name; empty when there is none.
        playbooks: The playbooks with a file, by name.
    """

    folder: str
    username: str
    instance_id: str
    written: str
    workflow: str
    playbooks: tuple[str, ...]


def deployments(sources: Iterable[SearchableFile]) -> tuple[Saved, ...]:
    """Return the deployments of these files, in the order of the files."""
    folders: dict[tuple[str, str, str], list[SearchableFile]] = {}
    for source in sources:
        parts = PurePosixPath(source.name).parts
        if len(parts) >= _PARTS:
            username, instance_id, written, _ = parts[-_PARTS:]
            folders.setdefault((username, instance_id, written), []).append(source)
    return tuple(_saved(key, files) for key, files in folders.items())


def _saved(key: tuple[str, str, str], files: list[SearchableFile]) -> Saved:
    names = sorted(PurePosixPath(file.name).name for file in files)
    others = [name.removesuffix(".log") for name in names if not name.endswith(_PLAYBOOK)]
    return Saved(
        folder="/".join(key),
        username=key[0],
        instance_id=key[1],
        written=key[2],
        workflow=min(others, key=len, default=""),  # the steps' names begin with the workflow's
        playbooks=tuple(name.removesuffix(".log") for name in names if name.endswith(_PLAYBOOK)),
    )
