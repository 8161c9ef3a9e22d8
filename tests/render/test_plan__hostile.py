"""Untrusted text is shown without effect: no Markdown, HTML, line break or escape sequence in it works."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import markdown as renderer
import pytest

from runbook_lib import render
from runbook_lib.model import RowUpdate
from tests.model.changes import CALL, DELETE, INSERT, UPDATE
from tests.model.test_plan import PLAN
from tests.render.test_plan import RUN

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan

HOSTILE = [
    "# Approved",
    "x\n# Approved",
    "x\n\n**Nothing to do:** all is well",
    "x\n\n```\nrm -rf /\n```",
    "- a list",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='http://example.org'>here</a>",
    "[here](http://example.org)",
    "![seen](http://example.org/seen.png)",
    "<http://example.org>",
    "a | b | c",
    "a\n| 2 | atmosphere | quota:1 | cpu | 1 | 99 |",
    "`code` ``more`` `",
    "**bold** and {: onclick=alert(1) }",
    "\x1b[2K\x1b[1A\x1b[31mApproved\x1b[0m",
    "\x1b]8;;http://example.org\x07here\x1b]8;;\x07",
    "\x9b2J",
    "\u202egnidaer drawkcab",
    "over\rwritten\b\b",
    "a\u2028line\x0bof\x0cits own\x85",
]


class _Tags(HTMLParser):
    """Collects the tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a tag."""
        self.tags.append((tag, tuple(attrs)))


def _tags(text: str) -> list[object]:
    return list(_Tags(renderer.markdown(text, extensions=["tables", "attr_list", "md_in_html"])).tags)


def _plan(text: str) -> Plan:
    """Return a plan with a user's text everywhere possible."""
    row = {"name": text}
    update = RowUpdate(UPDATE.database, UPDATE.table, pk=UPDATE.pk, before=row, after={"name": "harmless"})
    call = dataclasses.replace(CALL, target=text, before=text, reversible=False)
    rows = [dataclasses.replace(change, database=update.database, row=row) for change in (INSERT, DELETE)]
    changes = (update, *rows, call, call)
    return dataclasses.replace(PLAN, params={"reason": text}, changes=changes, warnings=(f"asks for: {text}", text))


@pytest.mark.parametrize("text", HOSTILE)
def test_untrusted_text_in_a_notebook_has_no_effect(text: str) -> None:
    """A plan has the same tags with any text in its rows, targets and messages."""
    harmless = render.plan_markdown(_plan("harmless"))

    assert _tags(harmless) == _tags(render.plan_markdown(_plan(text)))
    empty, shown = (dataclasses.replace(PLAN, changes=(), because=reason) for reason in ("harmless", text))
    assert _tags(render.plan_markdown(empty)) == _tags(render.plan_markdown(shown))


@pytest.mark.parametrize("text", HOSTILE)
def test_untrusted_text_on_a_terminal_has_no_effect(text: str) -> None:
    """The text starts no new line, and the terminal receives no command from it."""
    harmless, shown = render.plan_text(_plan("harmless")), render.plan_text(_plan(text))
    run = dataclasses.replace(RUN, plan=_plan(text), reason=text)

    assert len(harmless.split("\n")) == len(shown.split("\n")) == len(shown.splitlines())
    assert all(line.isprintable() for line in shown.split("\n"))
    assert all(line.isprintable() for line in render.run_text(run).split("\n"))


def test_unescaped_text_has_an_effect() -> None:
    """Without escaping, the same texts become headings, links, scripts and rows."""
    assert [("h1", ())] == _tags("# Approved")
    assert ("script", ()) in _tags("<script>alert(1)</script>")
    assert any(tag == ("a", (("href", "http://example.org"),)) for tag in _tags("[here](http://example.org)"))
