"""The files of rules: they are complete, their pages exist, and an error names the file and the rule."""

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
    """Return the pages of the site: one per procedure, and the hand-written ones."""
    handwritten = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    return {procedure.page for procedure in procedures.every()} | handwritten


def test_page_of_every_rule_exists() -> None:
    """The link of a diagnosis leads to a page."""

    def check(rule: rules.MessageRule) -> None:
        assert rule.page in pages()

    check_each(rules.every(), check, label=lambda rule: rule.id)


def test_list_of_pages_is_complete_and_exact() -> None:
    """The list contains a real page, and not an invented one."""
    assert "tools/logs.html" in pages()
    assert "tools/nowhere.html" not in pages()


def test_rule_consists_of_sentences() -> None:
    """Meaning and next step end with a period; the source is not empty."""

    def check(rule: rules.MessageRule) -> None:
        assert (True, True, True) == (rule.meaning.endswith("."), rule.next_step.endswith("."), bool(rule.source))

    check_each(rules.every(), check, label=lambda rule: rule.id)


def test_defaults_apply_to_every_rule_of_a_file() -> None:
    """A rule inherits the keys of ``[defaults]`` of its file."""
    assert ("sample", "site", "user") == tuple(
        getattr(rules.read(RULE, name="x.toml")[0], key) for key in ("id", "area", "severity")
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('id = "sample"', "", "missing .*id"),
        ('meaning = "m"', 'meaning = " "', "sample: .*missing .*meaning"),
        ('next_step = "n"', 'next = "n"', "sample: unknown .*next.*missing .*next_step"),
        ('kind = "cause"', 'kind = "guess"', "sample: kind must be one of cause"),
        ('severity = "user"', 'severity = "high"', "sample: severity must be one of"),
        ('area = "site"', 'area = "moon"', "sample: area must be one of"),
        ('any = ["abc {word}"]', "", "sample: requires 'any' or 'exact'"),
        ('any = ["abc {word}"]', 'any = "abc"', "sample: any is not a list of texts"),
        ('any = ["abc {word}"]', 'any = ["{word} abc"]', "does not begin with"),
        ('area = "site"', 'area = "site"\ntopics = ["moon"]', "sample: unknown topics"),
        ('area = "site"', 'area = "site"\ngeneric = true', "sample: a generic rule requires 'topics'"),
        ("[[rule]]", "[rule", "x.toml"),
        ("[[rule]]", "[[rul]]", "x.toml: 'rule'"),
    ],
)
def test_error_in_a_file_is_reported_with_its_name(old: str, new: str, text: str) -> None:
    """An incomplete or invalid rule raises an error with the name of the file."""
    with pytest.raises(ValueError, match=rf"x\.toml.*{text}|{text}"):
        rules.read(RULE.replace(old, new), name="x.toml")
