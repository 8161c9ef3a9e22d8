"""Find the procedures, notebooks, rules and pages that a site adds: in installed packages and in a folder."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import pkgutil
import stat
import sys
import types
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from runbook_lib.config import settings

GROUP = "runbook.procedures"


@dataclass(frozen=True)
class Extension:
    """A folder with the modules of procedures.

    Attributes:
        source: The entry point or the setting that names it, for messages.
        package: The package that its modules belong to.
        folder: The folder of the modules.
    """

    source: str
    package: str
    folder: Path

    @property
    def notebooks(self) -> Path:
        """The folder of the procedures' notebooks."""
        return self.folder / "notebooks"

    @property
    def rules(self) -> tuple[Path, ...]:
        """The files with rules about messages, sorted."""
        return tuple(sorted((self.folder / "rules").glob("*.toml")))

    @property
    def docs(self) -> Path:
        """The folder of the pages; it can be missing."""
        return self.folder / "docs"

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the procedures' modules; names that start with an underscore are helpers."""
        modules = pkgutil.iter_modules([str(self.folder)])
        return tuple(module.name for module in modules if not module.ispkg and not module.name.startswith("_"))


@dataclass(frozen=True)
class MissingExtension:
    """An extension that can't be used.

    Attributes:
        source: The entry point or the setting that names it.
        place: The package or folder that it names.
        why: The reason.
    """

    source: str
    place: str
    why: str


def every() -> tuple[Extension | MissingExtension, ...]:
    """Return the extensions: the installed packages by name, then the folder of the setting ``procedures_dir``.

    Raises:
        ParamError, Refused: As for `settings.load`.
    """
    folder = settings.procedures_dir()
    return (*_installed(), *([_folder(folder)] if folder else []))


def usable() -> tuple[Extension, ...]:
    """Return the extensions that can be used.

    Raises:
        ParamError, Refused: As for `settings.load`.
    """
    return tuple(extension for extension in every() if isinstance(extension, Extension))


@functools.cache
def _installed() -> tuple[Extension | MissingExtension, ...]:
    """Return the extensions of the entry points. An import that fails makes only its own extension unusable."""
    points = sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(_package(point.name, point.value) for point in points)


def _package(name: str, package: str) -> Extension | MissingExtension:
    source = f"the entry point {name} of {GROUP}"
    try:
        spec = importlib.util.find_spec(package)
    except Exception as error:  # noqa: BLE001 - the import runs code of others
        return MissingExtension(source, package, f"it can't be imported: {type(error).__name__}")
    if spec is None or not spec.submodule_search_locations:
        return MissingExtension(source, package, "there is no such package")
    return Extension(source, package, Path(next(iter(spec.submodule_search_locations))))


def _folder(folder: Path) -> Extension | MissingExtension:
    """Return a folder as an extension whose modules form a package, so that they can import one another."""
    if not folder.is_dir():
        return MissingExtension("the setting procedures_dir", str(folder), "there is no such folder")
    if folder.stat().st_mode & stat.S_IWOTH:
        return MissingExtension("the setting procedures_dir", str(folder), "every user of this host can change it")
    package = f"runbook_procedures_{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    if package not in sys.modules:
        module = types.ModuleType(package, f"The procedures in {folder}.")
        module.__path__ = [str(folder)]
        sys.modules[package] = module
    return Extension("the setting procedures_dir", package, folder)
