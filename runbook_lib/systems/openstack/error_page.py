"""Extract Glance's message from the HTML page that it returns with an error."""

from __future__ import annotations

import html
import re

_MAX_CHARACTERS = 300


def message(page: str) -> str:
    """Return the message in an error page, at most 300 characters."""
    text = re.sub(r"<(title|head|h1)\b.*?</\1>", " ", page, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())[:_MAX_CHARACTERS]
