"""Find the log files below one folder: which there are, which hour each can hold, and what was not to be read."""

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
# A rotated file's date is that of the host, whose zone may be another one than Atmosphere's.
MARGIN = timedelta(hours=14)
# Atmosphere follows a workflow for 24 hours and a bit; its folder is named after a moment in that time.
_LONGEST_DEPLOYMENT = timedelta(hours=25)


@dataclass(frozen=True)
class SearchableFile:
    """One file that can be searched.

    Attributes:
        path: Where it really is.
        name: Its path below the folder, as it is shown.
        entry: What the catalog says of it.
        begins: The earliest moment it can hold, UTC; None when nothing bounds it.
        ends: The moment that what it holds comes before, UTC; None for a file that is being written.
        packed: Whether it is gzip.
    """

    path: Path
    name: str
    entry: LogFile
    begins: datetime | None
    ends: datetime | None
    packed: bool

    def covers(self, since: datetime | None, until: datetime | None) -> bool:
        """Tell whether it can hold anything between two moments."""
        late = until is not None and self.begins is not None and self.begins > until
        early = since is not None and self.ends is not None and self.ends <= since
        return not (late or early)


@dataclass(frozen=True)
class LogProblem:
    """A file, a folder or a kind of file that was not read, or not wholly.

    Attributes:
        name: Which, below the folder.
        why: Why, in words.
        is_gone: Whether the host no longer keeps it, because rotation removed it.
    """

    name: str
    why: str
    is_gone: bool = False


@dataclass
class Inventory:
    """What is below the folder.

    Attributes:
        sources: The files that can be searched.
        problems: What can't be.
        trees: Tree → where it was found below the folder; None when it was not.
    """

    sources: list[SearchableFile] = field(default_factory=list)
    problems: list[LogProblem] = field(default_factory=list)
    trees: dict[str, str | None] = field(default_factory=dict)


class Walk:
    """One walk through the folder."""

    def __init__(self, folder: Path, zone: ZoneInfo, check: Callable[[], None]) -> None:
        """Keep what the walk needs; `check` is called at each step, and may raise to end it."""
        self._folder = folder
        self._root = Path(os.path.realpath(folder))
        self._zone = zone
        self._check = check
        self.found = Inventory()

    def trees(self) -> Inventory:
        """Return the files of the three trees, without those that Argo's workflows left."""
        for tree in catalog.PLACES:
            self.found.trees[tree] = place = self._place(tree)
            if place is not None:
                self._read_tree(tree, self._folder / place, mixed=place == ".")
        return self.found

    def deployments(self, since: datetime | None, until: datetime | None) -> Iterator[SearchableFile]:
        """Yield the saved files of the deployments that may hold something between two moments, the newest first."""
        place = self.found.trees.get(catalog.ATMOSPHERE)
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
        """Add a tree's files; in a `mixed` folder, those that the catalog does not name are others'."""
        groups: dict[str, dict[tuple[str, bool], Path]] = {}
        for item in self._entries(folder):
            shape = _ROTATED.fullmatch(item.name)
            entry = catalog.entry_for(tree, shape["name"]) if shape else None
            if shape is None or entry is None or (mixed and entry.name == "*.log"):
                if ".log" in item.name and item.name != catalog.DEPLOY_FOLDER and not mixed:
                    self._problem(Path(item.path), "the catalog does not know it: it was not searched")
                continue
            if path := self._inside(Path(item.path)):
                groups.setdefault(shape["name"], {})[shape["day"] or "", bool(shape["packed"])] = path
        for name, files in sorted(groups.items()):
            self._add_rotated(tree, folder, name, files)

    def _add_rotated(self, tree: str, folder: Path, name: str, files: dict[tuple[str, bool], Path]) -> None:
        """Add the file `name` and the files it was rotated into, each with the days it can hold."""
        entry = catalog.entry_for(tree, name)
        begins: datetime | None = None
        for day, packed in sorted(files, key=lambda key: (key[0] or "9", key[1])):
            written = f"{name}{'-' + day if day else ''}{'.gz' if packed else ''}"
            if packed and (day, False) in files:
                self._problem(folder / written, "it is also there unpacked, and that one was searched")
                continue
            try:
                ends = self._midnight(_day(day) + timedelta(days=1)) + MARGIN if day else None
                next_begins = self._midnight(_day(day)) - MARGIN if day else None
            except (ValueError, OverflowError):
                self._problem(folder / written, "its name ends in no date")
                continue
            if entry:
                name_shown = self._name(folder / written)
                self.found.sources.append(SearchableFile(files[day, packed], name_shown, entry, begins, ends, packed))
            begins = next_begins

    def _midnight(self, day: date) -> datetime:
        return forms.moments(datetime(day.year, day.month, day.day), self._zone)[0]  # noqa: DTZ001 - becomes UTC

    def _deployment(self, stamp: str) -> tuple[datetime | None, datetime | None]:
        try:
            moment = datetime.strptime(stamp, "%Y-%m-%d_%H%M%S")  # noqa: DTZ007 - the zone comes next
            first, second = forms.moments(moment, self._zone)
            return first - _LONGEST_DEPLOYMENT, (second or first) + _LONGEST_DEPLOYMENT
        except (ValueError, OverflowError):
            return None, None

    def _folders(self, folder: Path) -> Iterator[Path]:
        for item in self._entries(folder):
            if item.is_symlink():
                self._problem(Path(item.path), "it is a link: folders of deployments are not reached through links")
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
        """Return where a file really is; None, with the problem told, when that is outside the folder."""
        real = Path(os.path.realpath(path))
        if real.is_relative_to(self._root):
            return real
        self._problem(path, "it is a link out of the folder: it was not followed")
        return None

    def _name(self, path: Path) -> str:
        return visible(str(path.relative_to(self._folder)).encode("utf-8", "backslashreplace").decode())

    def _problem(self, path: Path, why: str) -> None:
        self.found.problems.append(LogProblem(self._name(path), why))


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
