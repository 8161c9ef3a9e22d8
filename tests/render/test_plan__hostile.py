"""What others typed is shown and does nothing: no Markdown, no HTML, no line and no escape sequence of theirs works."""

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
        self.seen: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one."""
        self.seen.append((tag, tuple(attrs)))


def _tags(text: str) -> list[object]:
    return list(_Tags(renderer.markdown(text, extensions=["tables", "attr_list", "md_in_html"])).seen)


def _plan(text: str) -> Plan:
    """Return a plan in which a user's text stands everywhere it can."""
    row = {"name": text}
    update = RowUpdate(UPDATE.database, UPDATE.table, pk=UPDATE.pk, before=row, after={"name": "harmless"})
    call = dataclasses.replace(CALL, target=text, before=text, reversible=False)
    whole = [dataclasses.replace(change, database=update.database, row=row) for change in (INSERT, DELETE)]
    changes = (update, *whole, call, call)
    return dataclasses.replace(PLAN, params={"reason": text}, changes=changes, warnings=(f"asks for: {text}", text))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_in_a_notebook_is_only_text(text: str) -> None:
    """A plan has the same tags whatever a user wrote in the rows, targets and messages that it shows."""
    harmless = render.plan_markdown(_plan("harmless"))

    assert _tags(harmless) == _tags(render.plan_markdown(_plan(text)))
    empty, shown = (dataclasses.replace(PLAN, changes=(), because=words) for words in ("harmless", text))
    assert _tags(render.plan_markdown(empty)) == _tags(render.plan_markdown(shown))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_on_a_terminal_is_only_text(text: str) -> None:
    """It begins no line of its own, and nothing of it reaches the terminal as a command."""
    harmless, shown = render.plan_text(_plan("harmless")), render.plan_text(_plan(text))
    run = dataclasses.replace(RUN, plan=_plan(text), reason=text)

    assert len(harmless.split("\n")) == len(shown.split("\n")) == len(shown.splitlines())
    assert all(line.isprintable() for line in shown.split("\n"))
    assert all(line.isprintable() for line in render.run_text(run).split("\n"))


def test_the_measure_itself_finds_what_works() -> None:
    """Unescaped, the same texts make headings, links, scripts and rows."""
    assert [("h1", ())] == _tags("# Approved")
    assert ("script", ()) in _tags("<script>alert(1)</script>")
    assert any(tag == ("a", (("href", "http://example.org"),)) for tag in _tags("[here](http://example.org)"))
