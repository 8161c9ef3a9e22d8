"""The page of messages: every rule once, every link to a page that exists, nothing that Markdown could take apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from runbook_lib import procedures
from runbook_lib.messages import rules, upstream_texts, vectors
from runbook_lib.messages.vectors import Vector
from runbook_lib.pages.reference.messages import messages_page

DOCS = Path(__file__).resolve().parents[3] / "docs"


def page_of_rules() -> str:
    """Return the page of all rules."""
    return messages_page(rules.every(), vectors.every(), vectors.releases(), upstream_texts.every())


def rows(page: str) -> list[str]:
    """Return the rows of all tables, without their heads."""
    return [line for line in page.splitlines() if line.startswith("| ") and not line.startswith(("| Message", "| ---"))]


def pages_of_rows(page: str) -> list[str]:
    """Return the page that the title above each row links."""
    linked, title = [], ""
    for line in page.splitlines():
        if line.startswith("### "):
            (title,) = re.findall(r"\]\(\.\./([^)]*)\.md\)", line)
        elif line in rows(line):
            linked.append(f"{title}.html")
    return linked


def test_every_rule_is_on_page() -> None:
    """Each rule is one row, with its first message."""
    page = page_of_rules()

    assert len(rules.every()) == len(rows(page.partition("## Sources of the messages")[0]))
    assert "`Build Scheduling Failed: No host could be found`" in page
    assert "`Error: All /dev/nbd* devices are in use`" in page


def test_every_link_leads_to_page() -> None:
    """Links are relative to the page, and name a procedure's page or one written by hand."""
    targets = re.findall(r"\]\(\.\./([^)]*)\)", page_of_rules())
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    pages = {procedure.page.replace(".html", ".md") for procedure in procedures.every()} | written

    assert set() == set(targets) - pages


def test_every_rule_stands_under_its_page() -> None:
    """The title above its row links the page with the details."""
    messages = page_of_rules().partition("## Sources of the messages")[0]

    assert sorted(rule.page for rule in rules.every()) == sorted(pages_of_rows(messages))


def test_traceback_of_message_is_cut() -> None:
    """Every error of an imaging request ends with the same words, so the page leaves them out."""
    message = "(pending) - ERROR - Exception('x',) Exception:'Traceback (most recent call last):"
    page = messages_page([rules.every()[0]], [Vector(rules.every()[0].id, message, "atmosphere", "", 0)], {}, [])

    assert "| `(pending) - ERROR - Exception('x',)…` |" in page


def test_messages_are_counted_by_source() -> None:
    """Each product is one row, with its release and the number of messages that have a file and a line."""
    messages = [Vector("a", "x", "atmosphere", "a.py", 1), Vector("a", "y", "atmosphere", "", 0)]
    page = messages_page([], messages, {"atmosphere": "v37-5", "nova": "recorded"}, [])

    assert "| Atmosphere | v37-5 | 2 | 1 |" in page
    assert "| Nova | recorded | 0 | 0 |" in page


def test_texts_of_the_source_are_counted() -> None:
    """Each task and each reason is one row; the numbers are those of the list."""
    texts = upstream_texts.every()
    quota = [text for text in texts if text.task == "quota"]
    explained = sum(bool(text.rule) for text in quota)
    section = page_of_rules().partition("## Texts of the source")[2]
    numbers = [[int(cell) for cell in re.findall(r" (\d+) (?=\|)", line)] for line in section.splitlines()]

    assert f"| Quota | {len(quota)} | {explained} | {len(quota) - explained} |" in section
    assert len(texts) == sum(row[0] for row in numbers if len(row) == 3)
    assert len([text for text in texts if text.reason]) == sum(row[0] for row in numbers if len(row) == 1)


def test_marks_in_meaning_stay_text() -> None:
    """A file's name with underscores, or a bracket, is not taken for Markdown."""
    rule = replace(rules.every()[0], meaning="in a_b_c [x] | <y>.")
    page = messages_page([rule], [Vector(rule.id, f"sample {'x' * 300}", "python", "", 0)], {}, [])

    assert r"in a\_b\_c \[x\] \| \<y\>." in page
    assert f"`sample {'x' * 133}…`" in page


def test_rule_without_message_stops_the_build() -> None:
    """A rule without a message raises an error."""
    with pytest.raises(KeyError):
        messages_page(rules.every(), [], {}, [])
