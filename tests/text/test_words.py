"""Counts, ages and lists as text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runbook_lib.text.words import age, count, listing


@pytest.mark.parametrize(
    ("expected", "number", "nouns"),
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
def test_count_uses_singular_for_one_only(expected: str, number: int, nouns: tuple[str, ...]) -> None:
    """Any other number takes the plural."""
    assert expected == count(number, *nouns)


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
    """A larger unit appears from two complete units on."""
    assert expected == age(span)


@pytest.mark.parametrize(
    ("expected", "items", "conjunction"),
    [("a", ["a"], "and"), ("a and b", ["a", "b"], "and"), ("a, b or c", ["a", "b", "c"], "or")],
)
def test_listing_has_the_conjunction_before_the_last_item(expected: str, items: list[str], conjunction: str) -> None:
    """Commas separate all others."""
    assert expected == listing(items, conjunction)
