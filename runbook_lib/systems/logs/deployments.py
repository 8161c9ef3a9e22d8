"""Which deployments have saved logs: one folder each, named by user, instance and time; nothing in them is read."""

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
    """What one deployment left.

    Attributes:
        folder: ``<username>/<instance uuid>/<date>``, below ``atmosphere_deploy.d``.
        username: Whose instance.
        instance_id: The instance.
        written: The folder's date, as it is written there: the site's local time.
        workflow: The workflow's name, from the file that is named like it; empty when there is none.
        playbooks: The playbooks that left a file, by name.
    """

    folder: str
    username: str
    instance_id: str
    written: str
    workflow: str
    playbooks: tuple[str, ...]


def deployments(sources: Iterable[SearchableFile]) -> tuple[Saved, ...]:
    """Return the deployments that these files are of, in the order in which they come."""
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
