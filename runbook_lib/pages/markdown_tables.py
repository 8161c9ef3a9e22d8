"""Name the columns in the cells of wide tables, so that a phone, which stacks a row's cells, shows what each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from markdown import Markdown

STACKED = "rb-stack"  # the class of the element around a table whose cells a phone stacks
_AFTER_INLINE = 15  # inline has 20: the words of the head are final by then
_PLAIN = 2  # a table of two columns explains itself


class _Labels(Treeprocessor):
    """Labels the cells."""

    def run(self, root: Element) -> None:
        """Give each cell but a row's first its column's word, unless it has one."""
        for block in root.iter("div"):
            if STACKED in block.get("class", "").split():
                for table in block.iter("table"):
                    _label(table)


def _label(table: Element) -> None:
    words = [" ".join("".join(head.itertext()).split()) for head in table.iter("th")]
    if len(words) <= _PLAIN:
        return
    for row in table.iter("tr"):
        for word, cell in list(zip(words, row.findall("td"), strict=False))[1:]:
            if word and (cell.text or len(cell)) and "data-label" not in cell.attrib:
                cell.set("data-label", word)


class TablesExtension(Extension):
    """The extension that ``mkdocs.yml`` names."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Take part in reading every page."""
        md.treeprocessors.register(_Labels(md), "runbook-tables", _AFTER_INLINE)


def makeExtension() -> TablesExtension:  # noqa: N802 - Markdown's name
    """Return the extension, as Markdown asks for it by the module's name."""
    return TablesExtension()
