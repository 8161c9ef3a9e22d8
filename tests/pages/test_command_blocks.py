"""The code element of a command's block carries the command's name, which scripts and readers' tools look for."""

from __future__ import annotations

import markdown

from runbook_lib.pages.command_form import command_fence

_EXTENSIONS = [
    *("attr_list", "pymdownx.superfences", "pymdownx.highlight", "pymdownx.tabbed"),
    "runbook_lib.pages.command_blocks",
]


def _html(text: str) -> str:
    return markdown.markdown(text, extensions=_EXTENSIONS)


def test_name_is_on_code_element() -> None:
    """And nowhere else."""
    html = _html(command_fence("plan", "runbook plan grant_staff"))

    assert '<code data-command="plan">runbook' in html
    assert 1 == html.count("data-command")


def test_other_blocks_stay() -> None:
    """A block without a name, and a text that looks like the attribute."""
    html = _html("```sh\necho 'data-command=\"plan\"'\n```\n")

    assert "<code>" in html
    assert "<code data-command" not in html
