"""The rules' files: complete, with pages that exist; a mistake in one is named with the file and the rule."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from runbook_lib import procedures
from runbook_lib.messages import rules
from tests.checks import check_each

DOCS = Path(__file__).resolve().parents[2] / "docs"
RULE = """
[defaults]
kind = "cause"
severity = "user"
area = "site"
page = "tools/logs.html"
source = "nowhere"

[[rule]]
id = "sample"
meaning = "m"
next_step = "n"
any = ["abc {word}"]
"""


@functools.cache
def pages() -> set[str]:
    """Return the pages of the site: one a procedure, and those written by hand."""
    written = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    return {procedure.page for procedure in procedures.every()} | written


def test_the_page_of_a_rule_exists() -> None:
    """Whoever follows a diagnosis arrives somewhere."""

    def check(rule: rules.MessageRule) -> None:
        assert rule.page in pages()

    check_each(rules.every(), check, label=lambda rule: rule.id)


def test_a_page_that_is_not_there_would_be_seen() -> None:
    """The list of pages is not empty, and does not hold just anything."""
    assert "tools/logs.html" in pages()
    assert "tools/nowhere.html" not in pages()


def test_a_rule_says_all_in_sentences() -> None:
    """Meaning and next step end as sentences do; the source names what it rests on."""

    def check(rule: rules.MessageRule) -> None:
        assert (True, True, True) == (rule.meaning.endswith("."), rule.next_step.endswith("."), bool(rule.source))

    check_each(rules.every(), check, label=lambda rule: rule.id)


def test_defaults_hold_for_every_rule_of_a_file() -> None:
    """What a file's rules share is written once."""
    assert ("sample", "site", "user") == tuple(
        getattr(rules.read(RULE, name="x.toml")[0], key) for key in ("id", "area", "severity")
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('id = "sample"', "", "missing .*id"),
        ('meaning = "m"', 'meaning = " "', "sample: .*missing .*meaning"),
        ('next_step = "n"', 'next = "n"', "sample: unknown .*next.*missing .*next_step"),
        ('kind = "cause"', 'kind = "guess"', "sample: kind is none of cause"),
        ('severity = "user"', 'severity = "high"', "sample: severity is none of"),
        ('area = "site"', 'area = "moon"', "sample: area is none of"),
        ('any = ["abc {word}"]', "", "sample: no message is given"),
        ('any = ["abc {word}"]', 'any = "abc"', "sample: any is not a list of texts"),
        ('any = ["abc {word}"]', 'any = ["{word} abc"]', "does not begin with"),
        ("[[rule]]", "[rule", "x.toml"),
        ("[[rule]]", "[[rul]]", "x.toml: 'rule'"),
    ],
)
def test_a_mistake_in_a_file_is_named(old: str, new: str, text: str) -> None:
    """A rule that is not complete, or not understood, stops everything with the file's name."""
    with pytest.raises(ValueError, match=rf"x\.toml.*{text}|{text}"):
        rules.read(RULE.replace(old, new), name="x.toml")
