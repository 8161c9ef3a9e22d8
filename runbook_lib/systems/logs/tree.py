"""Find the log files below one folder, the time range that each can cover, and the unreadable files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.systems.logs import catalog, forms
from runbook_lib.systems.logs.reading import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from runbook_lib.systems.logs.catalog import LogFile

_ROTATED = re.compile(r"(?P<name>.+\.log)(?:-(?P<day>[0-9]{8}))?(?P<packed>\.gz)?", re.DOTALL)
_DEPLOYED = re.compile(r"(?P<stamp>[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{6}).*", re.DOTALL)
# A rotated file has the date of the host, whose zone can differ from Atmosphere's.
MARGIN = timedelta(hours=14)
# Atmosphere follows a workflow for slightly more than 24 hours, and names its folder after a time in this range.
_LONGEST_DEPLOYMENT = timedelta(hours=25)


@dataclass(frozen=True)
class SearchableFile:
    """One file that can be searched.

    Attributes:
        path: Its real path.
        name: Its path below the folder, for display.
        entry: Its entry in the catalog.
        begins: The earliest time that it can contain, UTC; None without a bound.
        ends: The time before which all its entries are, UTC; None for the current file.
        packed: Whether it is gzip.
    """

    path: Path
    name: str
    entry: LogFile
    begins: datetime | None
    ends: datetime | None
    packed: bool

    def covers(self, since: datetime | None, until: datetime | None) -> bool:
        """Return whether it can contain an entry between two times."""
        late = until is not None and self.begins is not None and self.begins > until
        early = since is not None and self.ends is not None and self.ends <= since
        return not (late or early)


@dataclass(frozen=True)
class LogProblem:
    """A file, folder or kind of file that was not read completely.

    Attributes:
        name: Its path below the folder.
        why: The reason.
        is_gone: Whether rotation has deleted it.
    """

    name: str
    why: str
    is_gone: bool = False


@dataclass
class Inventory:
    """The log files below the folder.

    Attributes:
        sources: The files that can be searched.
        problems: The files that can't be searched.
        trees: Tree → its path below the folder; None when not found.
    """

    sources: list[SearchableFile] = field(default_factory=list)
    problems: list[LogProblem] = field(default_factory=list)
    trees: dict[str, str | None] = field(default_factory=dict)


class Walk:
    """One walk through the folder."""

    def __init__(self, folder: Path, zone: ZoneInfo, check: Callable[[], None]) -> None:
        """Keep the arguments; `check` is called at each step and can raise to stop."""
        self._folder = folder
        self._root = Path(os.path.realpath(folder))
        self._zone = zone
        self._check = check
        self.inventory = Inventory()

    def trees(self) -> Inventory:
        """Return the files of the three trees, without the saved logs of Argo's workflows."""
        for tree in catalog.PLACES:
            self.inventory.trees[tree] = place = self._place(tree)
            if place is not None:
                self._read_tree(tree, self._folder / place, mixed=place == ".")
        return self.inventory

    def deployments(self, since: datetime | None, until: datetime | None) -> Iterator[SearchableFile]:
        """Yield the saved files of the deployments that can cover a time range, the newest first."""
        place = self.inventory.trees.get(catalog.ATMOSPHERE)
        if place is None:
            return
        top = self._folder / place / catalog.DEPLOY_FOLDER
        if self._inside(top) is None:
            return
        entry = next(file for file in catalog.FILES if file.tree == catalog.ARGO)
        stamped = [
            (stamp.group("stamp"), folder)
            for user in self._folders(top)
            for instance in self._folders(user)
            for folder in self._folders(instance)
            if (stamp := _DEPLOYED.fullmatch(folder.name))
        ]
        for stamp_text, folder in sorted(stamped, key=lambda pair: pair[0], reverse=True):
            begins, ends = self._deployment(stamp_text)
            bounds = SearchableFile(folder, "", entry, begins, ends, packed=False)
            if bounds.covers(since, until):
                for item in self._entries(folder):
                    if item.name.endswith(".log") and (path := self._inside(Path(item.path))):
                        yield SearchableFile(path, self._name(Path(item.path)), entry, begins, ends, packed=False)

    def _place(self, tree: str) -> str | None:
        for place in catalog.PLACES[tree]:
            folder = self._folder / place
            named = [file.name for file in catalog.FILES if file.tree == tree and file.name != "*.log"]
            if place != "." and folder.is_dir() and (self._holds(folder, named) or not self._is_code(folder)):
                return place
            if place == "." and self._holds(folder, named):
                return place
        return None

    @staticmethod
    def _holds(folder: Path, patterns: list[str]) -> bool:
        return any(next(folder.glob(pattern), None) is not None for pattern in patterns)

    @staticmethod
    def _is_code(folder: Path) -> bool:
        return (folder / "manage.py").exists()

    def _read_tree(self, tree: str, folder: Path, *, mixed: bool) -> None:
        """Add a tree's files; in a `mixed` folder, a file without an entry in the catalog belongs to others."""
        groups: dict[str, dict[tuple[str, bool], Path]] = {}
        for item in self._entries(folder):
            shape = _ROTATED.fullmatch(item.name)
            entry = catalog.entry_for(tree, shape["name"]) if shape else None
            if shape is None or entry is None or (mixed and entry.name == "*.log"):
                if ".log" in item.name and item.name != catalog.DEPLOY_FOLDER and not mixed:
                    self._problem(Path(item.path), "it is not in the catalog and was not searched")
                continue
            if path := self._inside(Path(item.path)):
                groups.setdefault(shape["name"], {})[shape["day"] or "", bool(shape["packed"])] = path
        for name, files in sorted(groups.items()):
            self._add_rotated(tree, folder, name, files)

    def _add_rotated(self, tree: str, folder: Path, name: str, files: dict[tuple[str, bool], Path]) -> None:
        """Add the file `name` and its rotated files, each with the days that it can cover."""
        entry = catalog.entry_for(tree, name)
        begins: datetime | None = None
        for day, packed in sorted(files, key=lambda key: (key[0] or "9", key[1])):
            written = f"{name}{'-' + day if day else ''}{'.gz' if packed else ''}"
            if packed and (day, False) in files:
                self._problem(folder / written, "it also exists uncompressed; that file was searched")
                continue
            try:
                ends = self._midnight(_day(day) + timedelta(days=1)) + MARGIN if day else None
                next_begins = self._midnight(_day(day)) - MARGIN if day else None
            except (ValueError, OverflowError):
                self._problem(folder / written, "its name does not end in a valid date")
                continue
            if entry:
                name_shown = self._name(folder / written)
                self.inventory.sources.append(
                    SearchableFile(files[day, packed], name_shown, entry, begins, ends, packed)
                )
            begins = next_begins

    def _midnight(self, day: date) -> datetime:
        return forms.utc_times(datetime(day.year, day.month, day.day), self._zone)[0]  # noqa: DTZ001 - becomes UTC

    def _deployment(self, stamp: str) -> tuple[datetime | None, datetime | None]:
        try:
            time = datetime.strptime(stamp, "%Y-%m-%d_%H%M%S")  # noqa: DTZ007 - the zone comes next
            first, second = forms.utc_times(time, self._zone)
            return first - _LONGEST_DEPLOYMENT, (second or first) + _LONGEST_DEPLOYMENT
        except (ValueError, OverflowError):
            return None, None

    def _folders(self, folder: Path) -> Iterator[Path]:
        for item in self._entries(folder):
            if item.is_symlink():
                self._problem(Path(item.path), "it is a link; links to folders of deployments are not followed")
            elif item.is_dir(follow_symlinks=False):
                yield Path(item.path)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        self._check()
        try:
            with os.scandir(folder) as items:
                return sorted(items, key=lambda item: item.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._problem(folder, f"the folder can't be read: {error.strerror}")
            return []

    def _inside(self, path: Path) -> Path | None:
        """Return a file's real path; None, with a recorded problem, when it is outside of the folder."""
        real = Path(os.path.realpath(path))
        if real.is_relative_to(self._root):
            return real
        self._problem(path, "it is a link out of the folder and was not followed")
        return None

    def _name(self, path: Path) -> str:
        return visible(str(path.relative_to(self._folder)).encode("utf-8", "backslashreplace").decode())

    def _problem(self, path: Path, why: str) -> None:
        self.inventory.problems.append(LogProblem(self._name(path), why))


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
