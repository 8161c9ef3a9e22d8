"""List the open points of a new procedure: texts to fill in, the link on the home page, the changelog's line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authoring import skeleton

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def problems(name: str, root: Path = skeleton.ROOT) -> list[str]:
    """Return the open points of a procedure, one line each. Writes nothing."""
    return [*_unfilled(name, root), *_unmentioned(name, root)]


def _unfilled(name: str, root: Path) -> Iterator[str]:
    """Yield each ``FILL IN`` of a procedure's files with its position."""
    for path in skeleton.files(name, root):
        if not path.exists():
            yield f"{path.relative_to(root)}: there is no such file"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if skeleton.MARK in line:
                yield f"{path.relative_to(root)}:{number}: {line[line.index(skeleton.MARK) :].strip()}"


def _unmentioned(name: str, root: Path) -> Iterator[str]:
    """Yield the texts for readers that do not link the procedure."""
    page = f"runbooks/{name.replace('_', '-')}.md"
    if not re.search(rf"\({page}[)#]", (root / "docs" / "index.md").read_text(encoding="utf-8")):
        yield f"docs/index.md: no line links to {page}"
    if f"`{name}`" not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        yield f"CHANGELOG.md: no line names `{name}`"
