"""Glance's own sentence, out of the HTML page that it sends with an error."""

from __future__ import annotations

import html
import re

_LONGEST = 300  # characters


def own_words(page: str) -> str:
    """Return the sentence in an error page, at most 300 characters."""
    text = re.sub(r"<(title|head|h1)\b.*?</\1>", " ", page, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())[:_LONGEST]
