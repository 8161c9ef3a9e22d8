"""Give the code element of a command's block the name of the command, which Markdown gives to the block around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

if TYPE_CHECKING:
    from markdown import Markdown

_BLOCK = re.compile(r'(<div class="[^"]*\bhighlight\b[^"]*") (data-command="[a-z-]+")(><pre>(?:<span></span>)?<code)>')
_AFTER_RAW_HTML = 29  # raw_html has 30 and puts the blocks back


class _Commands(Postprocessor):
    """Move the attribute."""

    def run(self, text: str) -> str:
        """Return the page with the attribute on the code elements."""
        return _BLOCK.sub(r"\1\3 \2>", text)


class CommandsExtension(Extension):
    """The extension that ``mkdocs.yml`` names."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Register the extension's processor."""
        md.postprocessors.register(_Commands(md), "runbook-commands", _AFTER_RAW_HTML)


def makeExtension() -> CommandsExtension:  # noqa: N802 - Markdown's name
    """Return the extension; Markdown finds this function by the module's name."""
    return CommandsExtension()
