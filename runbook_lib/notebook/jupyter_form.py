"""Rewrite a notebook's Markdown from the form of the site's pages to one that Jupyter and nbconvert show well.

Pages have admonitions and links between Markdown files. Other viewers show an admonition as literal text, and such a
link leads nowhere from an executed notebook.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

_ADMONITION = re.compile(
    r'^!!! (?P<kind>\w+)(?: "(?P<title>[^"\n]*)")?\n(?P<body>(?:\n|    [^\n]*(?:\n|\Z))*)', re.MULTILINE
)
_ANCHOR = re.compile(r'<span id="[^"]*"></span>')
_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?:\.\./)?(?P<target>[\w./-]+?)(?P<kind>\.md|\.py)(?P<anchor>#[\w-]+)?\)")
_UNUSED = "repl"  # the lines for the Django shell, which the run does not need


def convert(notebook: NotebookNode, *, pages_url: str) -> None:
    """Change a notebook, as the site's pages need it, to the form for Jupyter.

    Args:
        notebook: The notebook, changed in place. Cells with the lines for the Django shell are left out.
        pages_url: The root of the site's pages; empty if unknown. Then a link becomes its text.
    """
    notebook.cells = [cell for cell in notebook.cells if _UNUSED not in cell.metadata.get("tags", ())]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = to_jupyter(cell.source, pages_url=pages_url)


def to_jupyter(text: str, *, pages_url: str) -> str:
    """Return the Markdown of a page as Markdown for Jupyter; arguments as for `convert`."""
    text = _ADMONITION.sub(lambda match: _quote(match) + "\n\n", _ANCHOR.sub("", text)).strip()
    return _LINK.sub(lambda match: _link(match, pages_url), text)


def _quote(match: re.Match[str]) -> str:
    """Return an admonition as a quotation that begins with its kind and title."""
    title = f"{match['kind'].capitalize()}: {match['title']}" if match["title"] else match["kind"].capitalize()
    body = textwrap.dedent(match["body"]).strip()
    return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *body.split("\n")])


def _link(match: re.Match[str], pages_url: str) -> str:
    """Return a link to the page on the site, or the text alone."""
    if not pages_url:
        return match["text"]
    target = match["target"]
    page = f"runbooks/{target.replace('_', '-')}" if match["kind"] == ".py" else target
    return f"[{match['text']}]({pages_url}/{page}.html{match['anchor'] or ''})"
