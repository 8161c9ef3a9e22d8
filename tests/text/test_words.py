"""Counts, ages and listings read as a person would write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runbook_lib.text.words import age, count, listing


@pytest.mark.parametrize(
    ("expected", "number", "words"),
    [
        ("0 changes", 0, ("change",)),
        ("1 change", 1, ("change",)),
        ("2 changes", 2, ("change",)),
        ("1 identity", 1, ("identity", "identities")),
        ("3 identities", 3, ("identity", "identities")),
        ("1 request is", 1, ("request is", "requests are")),
        ("0 requests are", 0, ("request is", "requests are")),
    ],
)
def test_count_uses_singular_for_one_only(expected: str, number: int, words: tuple[str, ...]) -> None:
    """One thing takes the singular, any other number the plural."""
    assert expected == count(number, *words)


@pytest.mark.parametrize(
    ("expected", "span"),
    [
        ("0 minutes", timedelta(seconds=59)),
        ("1 minute", timedelta(seconds=61)),
        ("119 minutes", timedelta(hours=2, seconds=-1)),
        ("2 hours", timedelta(hours=2)),
        ("47 hours", timedelta(days=2, seconds=-1)),
        ("2 days", timedelta(days=2)),
        ("400 days", timedelta(days=400, hours=23)),
    ],
)
def test_age_changes_unit_at_two_hours_and_two_days(expected: str, span: timedelta) -> None:
    """The unit changes only where two of the next one are complete."""
    assert expected == age(span)


@pytest.mark.parametrize(
    ("expected", "words", "last"),
    [("a", ["a"], "and"), ("a and b", ["a", "b"], "and"), ("a, b or c", ["a", "b", "c"], "or")],
)
def test_listing_joins_with_one_word_before_the_last(expected: str, words: list[str], last: str) -> None:
    """Commas stand between all but the last two."""
    assert expected == listing(words, last)
