"""The site's page about logs says what the catalogue says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runbook_lib.systems.logs import catalogue

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tools" / "logs.md").read_text(encoding="utf-8")


def kept(name: str) -> list[int]:
    """Return the days that the page gives to a file."""
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and f"`{name}`" in line]
    return [int(found[1]) for row in rows if (found := re.search(r"\| (\d+) days \|", row))]


@pytest.mark.parametrize("file", catalogue.FILES, ids=lambda file: file.name)
def test_every_file_is_named(file: catalogue.LogFile) -> None:
    """By its name, or by the part of it that does not differ."""
    assert file.name.split("*")[0].removesuffix(".log").rstrip("/") in PAGE


@pytest.mark.parametrize(
    "file", [file for file in catalogue.FILES if file.tree in ("atmosphere", "troposphere")], ids=lambda file: file.name
)
def test_every_file_is_kept_as_long_as_it_says(file: catalogue.LogFile) -> None:
    """The page's days are those of the rotation."""
    assert [file.keep] == kept(file.name)
