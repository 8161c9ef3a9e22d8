"""The pages of the site, and one of each kind for what is too slow to try on all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KINDS = (
    "index.html",
    "runbooks/grant-staff.html",  # a procedure with lines for the sites' shells
    "runbooks/change-quota.html",  # one with long values
    "runbooks/find-celery-tasks.html",  # one that only inspects
    "tools/logs.html",
    "tools/stuck-instance.html",  # a picture
    "concepts/how-a-procedure-works.html",
    "reference/errors.html",
    "reference/code-blocks.html",
)


def pages(site: Path) -> list[str]:
    """Return every page of a built site, as a path below it."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def sample(site: Path) -> list[str]:
    """Return one page of each kind, and one in eight of the others; 'make soak' tries them all."""
    return [*KINDS, *[name for name in pages(site) if name not in KINDS][::8]]
