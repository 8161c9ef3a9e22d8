"""The real site: that of ``make site``, or one made here and kept in ``.cache``, until one of its sources changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "site"
BUILT = ROOT / "build" / "executed"
GENERATED = ("runbooks", "reference")
_NOTEBOOKS = ("runbook_lib/**/*.py", "notebooks/*.py")  # what the executed notebooks and the generated pages come from
_PAGES = ("docs/**/*", "mkdocs.yml", "constraints.txt")


@dataclass(frozen=True)
class Made:
    """A project that was built.

    Attributes:
        folder: The destination of the copies of ``mkdocs.yml`` and ``docs``.
        executed: The executed notebooks.
    """

    folder: Path
    executed: Path

    @property
    def docs(self) -> Path:
        """The sources, those that were generated among them."""
        return self.folder / "docs"

    @property
    def html(self) -> Path:
        """The site."""
        return self.folder / "site"


_OUTCOME: list[Made | str] = []


def made() -> Made:
    """Return the site of the checkout as it is now; make it, if it is not there yet, which takes minutes.

    Raises:
        RuntimeError: It can't be made. That is tried once a process: every test that needs it fails with the same text.
    """
    if not _OUTCOME:
        try:
            _OUTCOME.append(_made())
        except RuntimeError as error:
            _OUTCOME.append(str(error))
    outcome = _OUTCOME[0]
    if isinstance(outcome, str):
        raise RuntimeError(outcome)
    return outcome


def _made() -> Made:
    built = [ROOT / "site", *(ROOT / "docs" / name for name in GENERATED)]
    if _is_newer(BUILT, *_NOTEBOOKS) and all(_is_newer(folder, *_NOTEBOOKS, *_PAGES) for folder in built):
        return Made(ROOT, BUILT)
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE.parent / "site.lock"):
        executed = _executed()
        folder = CACHE / f"project-{_digest(*_NOTEBOOKS, *_PAGES)}"
        if not (folder / "complete").exists():
            _only(folder)
            lay_out(folder, executed)
            _run([Path(sys.executable).parent / "mkdocs", "build"], cwd=folder)
            (folder / "complete").touch()
    return Made(folder, executed)


def lay_out(folder: Path, executed: Path) -> None:
    """Copy the configuration and the pages written by hand, and write the generated ones beside them."""
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns(*GENERATED))
    shutil.copy(ROOT / "mkdocs.yml", folder)
    arguments = ["--executed", executed, "--docs", folder / "docs", "--nav", folder / "build" / "nav.yml"]
    _run([sys.executable, "-m", "runbook_lib", "pages", *arguments], cwd=ROOT)


def _executed() -> Path:
    """Return a folder with every notebook's verified run: that of ``make site`` if it is newer than its sources."""
    if _is_newer(BUILT, *_NOTEBOOKS):
        return BUILT
    folder = CACHE / f"executed-{_digest(*_NOTEBOOKS)}"
    if not (folder / "stamps.json").exists():
        _only(folder)
        _run([sys.executable, "-m", "runbook_lib", "check-notebooks", "--executed", folder], cwd=ROOT)
    return folder


def _is_newer(folder: Path, *sources: str) -> bool:
    """Return whether the folder has files, and each is newer than every source."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    newest = max(path.stat().st_mtime for path in _files(*sources))
    return bool(files) and min(path.stat().st_mtime for path in files) > newest


def _files(*patterns: str) -> list[Path]:
    sources = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in sources if path.relative_to(ROOT).parts[:2] not in {("docs", g) for g in GENERATED})


def _digest(*patterns: str) -> str:
    """Return a digest of these files' names and contents."""
    total = hashlib.sha256()
    for path in _files(*patterns):
        total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _only(folder: Path) -> None:
    """Remove this folder and the older ones of its kind."""
    for old in CACHE.glob(f"{folder.name.partition('-')[0]}-*"):
        shutil.rmtree(old)


def _run(command: list[str | Path], *, cwd: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")}
    environment = {**kept, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        raise RuntimeError(f"the site was not made: {command[1:4]}\n{done.stdout}\n{done.stderr}")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Let one process at a time make it."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
