"""Label the cells of wide tables with their columns, because a phone stacks the cells of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from markdown import Markdown

STACKED = "rb-stack"  # the class of the element around a table with stacked cells on phones
_AFTER_INLINE = 15  # inline has 20, so the text of the head is final by then
_PLAIN = 2  # a table of two columns needs no labels


class _Labels(Treeprocessor):
    """Label the cells."""

    def run(self, root: Element) -> None:
        """Label each cell, except the first of a row, with its column."""
        for block in root.iter("div"):
            if STACKED in block.get("class", "").split():
                for table in block.iter("table"):
                    _label(table)


def _label(table: Element) -> None:
    headings = [" ".join("".join(head.itertext()).split()) for head in table.iter("th")]
    if len(headings) <= _PLAIN:
        return
    for row in table.iter("tr"):
        for word, cell in list(zip(headings, row.findall("td"), strict=False))[1:]:
            if word and (cell.text or len(cell)):
                cell.set("data-label", word)


class TablesExtension(Extension):
    """The extension that ``mkdocs.yml`` names."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Register the extension's processor."""
        md.treeprocessors.register(_Labels(md), "runbook-tables", _AFTER_INLINE)


def makeExtension() -> TablesExtension:  # noqa: N802 - Markdown's name
    """Return the extension; Markdown finds this function by the module's name."""
    return TablesExtension()
