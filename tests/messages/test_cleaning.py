"""The cleaned and the folded form of a text."""

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
        ("> first\n>> second\n> > third\na > b", "first\nsecond\nthird\na > b"),
        ("&gt; a &lt;b&gt; &quot;c&quot; &#39;d&#39; &amp;lt;", "a <b> \"c\" 'd' &lt;"),
    ],
)
def test_invisible_characters_are_removed(text: str, cleaned: str) -> None:
    """Escapes, invisible characters and the backslashes of a ``repr()`` are removed; line numbers do not change."""
    assert cleaned == clean(text)


def test_likely_secrets_are_masked() -> None:
    """A secret is masked even if an invisible character splits its label."""
    assert "hunter2" not in clean("pass\u200bword=hunter2-and-more")


def test_folded_text_keeps_positions() -> None:
    """Upper case, typographic quotes, long dashes and other blanks become plain characters."""
    text = "\u2018None\u2019 \u2014 \u201cX\u201d\u00a0\t\u0130"

    assert "'none' - \"x\"  i" == fold(text)
    assert len(text) == len(fold(text))
