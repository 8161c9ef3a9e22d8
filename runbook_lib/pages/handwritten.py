"""List the handwritten pages, with their paths and titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDERS: Mapping[str, str] = {"tools": "Tools", "concepts": "Concepts", "contributing": "Contributing"}
"""Folder below ``docs`` → its title in the navigation."""
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def pages(docs: Path) -> Mapping[str, str]:
    """Return path below `docs` → title of every page in `FOLDERS`, each folder sorted by title. Writes nothing.

    Raises:
        ValueError: A page has no title.
    """
    pages: dict[str, str] = {}
    for folder in FOLDERS:
        titles = {path.relative_to(docs).as_posix(): title(path) for path in (docs / folder).glob("*.md")}
        pages |= dict(sorted(titles.items(), key=lambda item: item[1].lower()))
    return pages


def title(path: Path) -> str:
    """Return a page's title.

    Raises:
        ValueError: The page has no title.
    """
    if match := _TITLE.search(path.read_text(encoding="utf-8")):
        return match[1].strip()
    raise ValueError(f"{path}: the page does not have a '# Title'")
