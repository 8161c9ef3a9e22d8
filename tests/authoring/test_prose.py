"""The words and numbers of the pages are bound to facts, and a swapped one is noticed."""

from __future__ import annotations

import importlib
import itertools
import re
from datetime import timedelta
from pathlib import Path

import pytest

from authoring.prose import mentions, resolve, vocabulary
from tests.authoring.prose_mutations import mutations

ROOT = Path(__file__).parents[2]
GOAL = 0.95


def test_every_word_of_the_pages_has_a_fact() -> None:
    """A word or a number without a fact is reported with its page and line."""
    assert [] == resolve.problems(ROOT)


@pytest.mark.parametrize(
    ("page", "text", "other", "problem"),
    [
        (
            "docs/concepts/instance-states.md",
            "`service/monitoring.py`",
            "`service/monitor.py`",
            "service/monitoring.py",
        ),
        ("docs/concepts/instance-states.md", "| *build* | Nova", "| *networking* | Nova", "statements.toml has build"),
        ("docs/concepts/instance-states.md", "*paused*", "*pausing*", "no fact supports emphasis 'pausing'"),
        ("docs/concepts/instance-states.md", "32 minutes", "23 minutes", "23 minutes, active"),
        ("docs/concepts/quota-and-allocation.md", "`identity.quota_id`", "`identity.quotas`", "identity.quotas"),
        (
            "docs/concepts/databases.md",
            "`machine_request`",
            "`machine_requests`",
            "nearest known word is machine_request",
        ),
        ("docs/tools/imaging-queue.md", "Admin > Imaging Requests", "Admin > Imaging", "no fact supports menu"),
        ("notebooks/change_quota.py", "`RUNBOOK_API_URL`", "`RUNBOOK_LOG_DIR`", "no fact supports code"),
        ("notebooks/reboot_instance.py", "`hard=True`", "`graceful=True`", "no fact supports code"),
        ("notebooks/reboot_instance.py", "`POST /api/v2/", "`PATCH /api/v2/", "no fact supports code"),
        ("notebooks/grant_staff.py", "`has 2 rows in", "`has no rows in", "no fact supports code"),
    ],
)
def test_wrong_word_is_reported(page: str, text: str, other: str, problem: str) -> None:
    """Each kind of word is resolved against its own facts."""
    original = (ROOT / page).read_text(encoding="utf-8")
    assert text in original
    problems = resolve.Page(page, mentions.of_text(original.replace(text, other), page)).problems()

    assert any(problem in line for line in problems)


def test_lines_and_places_of_mentions_are_those_of_the_page() -> None:
    """A paragraph over several lines is one context; a code block and a comment have no mentions."""
    text = "# Title\n\nIt is `a` for\n5 minutes.\n\n<!-- `b` -->\n\n```text\n`c`\n```\n\n## Part\n\n- *d*\n"
    places = [
        (word.line, word.section, word.markup, word.text, word.context) for word in mentions.of_text(text, "x.md")
    ]

    assert [
        (3, "Title", "code", "a", "It is `a` for 5 minutes."),
        (4, "Title", "number", "5 minutes", "It is `a` for 5 minutes."),
        (14, "Part", "emphasis", "d", "- *d*"),
    ] == places


def test_every_stated_number_has_a_source() -> None:
    """The source is a constant with that value, or lines of upstream whose text is in the data."""
    for page, statements in vocabulary.statements().items():
        for statement in statements:
            numbers = [
                fact for fact in statement.facts if [mention.text for mention in mentions.of_text(fact, "")] == [fact]
            ]
            assert bool(numbers) <= bool(statement.sources), (page, statement)
            for source in statement.sources:
                if source.startswith("runbook_lib"):
                    assert any(_constant(source) in number.replace(",", "").split() for number in numbers), source
                elif re.search(r":\d", source):
                    assert vocabulary.document("statements.toml")["sources"][source]


def _constant(source: str) -> str:
    module, _, name = source.partition(":")
    value = getattr(importlib.import_module(module), name)
    return f"{value.days if isinstance(value, timedelta) else value:g}"


def test_every_reference_to_lines_has_their_text() -> None:
    """The entry of a file with lines begins at the first one and holds its text."""
    entries = [entry for file in vocabulary.document("upstream.toml")["files"] for entry in file["words"]]
    references = [entry for entry in entries if entry[1] == "file" and re.search(r":\d", entry[2])]

    assert references
    assert all(entry[2].split(":")[1].startswith(str(entry[0])) and entry[4] for entry in references)


def _missed(number: int, seed: int) -> list[str]:
    """Return the mutations that no problem shows."""
    tried = itertools.islice(mutations(ROOT, seed), number)
    return [str(mutation) for mutation in tried if not mutation.is_noticed(ROOT)]


def test_changed_words_are_noticed() -> None:
    """At least 95 % of a sample of swapped words and numbers."""
    assert len(missed := _missed(45, seed=12)) <= 45 * (1 - GOAL), missed


@pytest.mark.soak
def test_300_changed_words_are_noticed() -> None:
    """At least 95 % of 300 swapped words and numbers."""
    assert len(missed := _missed(300, seed=2026)) <= 300 * (1 - GOAL), missed
