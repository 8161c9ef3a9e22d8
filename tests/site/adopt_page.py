"""The code blocks of the page 'Adopt the runbook'."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "contributing" / "adopt.md"
_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)


def file(title: str) -> str:
    """Return the file that the page shows under this name."""
    (text,) = [match["text"] for match in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if match["title"] == title]
    return text


def commands(first: str) -> list[str]:
    """Return the lines of the block of commands that begins with these words."""
    blocks = [match["text"] for match in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if match["language"] == "sh"]
    (text,) = [text for text in blocks if text.startswith(first) and len(text.splitlines()) > 1]
    return text.splitlines()
