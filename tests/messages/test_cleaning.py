"""A text as it may be repeated, and as it is searched."""

from __future__ import annotations

import pytest

from runbook_lib.messages.cleaning import clean, fold


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("a\r\nb\r\r\nc", "a\nb\nc"),
        ("a\rb\x0bc\x85d\u2028e", "a b c d e"),
        ("zero\u200bwidth\u202e \x00\ufeff\udcff", "zerowidth "),
        ("u\\'name\\'", "u'name'"),
    ],
)
def test_what_an_editor_does_not_show_is_removed(text: str, cleaned: str) -> None:
    """Escapes, invisible characters, and the backslashes of a text inside ``repr()``; lines stay lines."""
    assert cleaned == clean(text)


def test_likely_secrets_are_masked() -> None:
    """Also one that was hidden by an invisible character."""
    assert "hunter2" not in clean("pass\u200bword=hunter2-and-more")


def test_a_folded_text_keeps_every_character_in_its_place() -> None:
    """Upper case, round quotes, long dashes and other blanks are found as plain ones."""
    text = "\u2018None\u2019 \u2014 \u201cX\u201d\u00a0\t\u0130"

    assert "'none' - \"x\"  i" == fold(text)
    assert len(text) == len(fold(text))
