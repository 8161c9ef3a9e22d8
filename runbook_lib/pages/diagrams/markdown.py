"""Replace a line ``[picture: NAME]`` on a page by the drawing, in every builder that reads Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from runbook_lib.pages.diagrams.data import pictures
from runbook_lib.pages.diagrams.svg import svg

if TYPE_CHECKING:
    from markdown import Markdown

MARK = re.compile(r"\[picture: ([a-z-]+)\]\s*")
_AFTER_FENCES = 22  # superfences has 25 and has removed the content of fences by then; raw HTML has 20


class _Drawing(Preprocessor):
    """Replace the marked lines."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines, with each mark replaced by its drawing.

        Raises:
            ValueError: No picture has that name.
        """
        return [self._drawn(match[1]) if (match := MARK.fullmatch(line)) else line for line in lines]

    def _drawn(self, name: str) -> str:
        if name not in pictures():
            raise ValueError(f"unknown picture {name}; the pictures are {', '.join(pictures())}")
        return str(self.md.htmlStash.store(svg(pictures()[name])))


class PicturesExtension(Extension):
    """The extension that ``mkdocs.yml`` names."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Register the extension's processor."""
        md.preprocessors.register(_Drawing(md), "runbook-pictures", _AFTER_FENCES)


def makeExtension() -> PicturesExtension:  # noqa: N802 - Markdown's name
    """Return the extension; Markdown finds this function by the module's name."""
    return PicturesExtension()
