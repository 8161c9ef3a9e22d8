"""The page about logs, written by hand, agrees with the catalogue that the search of the logs goes by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runbook_lib.systems.logs.catalogue import ARGO, CELERY, FILES, LogFile

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tools" / "logs.md").read_text(encoding="utf-8")
KEPT = dict(re.findall(r"^\| (.+) \| (\d+) days \|$", TEXT, re.MULTILINE))
PLAIN = [file for file in FILES if "*" not in file.name]


def shown(file: LogFile) -> tuple[str, ...]:
    """Return how the page may name a file: a Celery node by its name alone."""
    return (f"`{file.name}`", f"`{file.name.removesuffix('.log')}`") if file.tree == CELERY else (f"`{file.name}`",)


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: file.name)
def test_every_file_is_on_the_page(file: LogFile) -> None:
    """Whatever the search looks into is told to who looks by hand."""
    assert any(name in TEXT for name in shown(file))


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: file.name)
def test_how_long_a_file_is_kept_agrees(file: LogFile) -> None:
    """Where the page says for how many days, it is the catalogue's number."""
    rows = [(int(days), names) for names, days in KEPT.items()]
    mine = [
        days
        for days, names in rows
        if ("Celery" in names) == (file.tree == CELERY) and any(name in names for name in shown(file))
    ]

    assert mine in ([], [file.keep])


def test_the_table_of_days_is_read() -> None:
    """The test before this one finds the rows, and those of Atmosphere's own files among them."""
    assert 7 > len(KEPT) > 4
    assert "`atmosphere.log`" in " ".join(KEPT)


def test_argos_folders_are_never_rotated() -> None:
    """The page says that they stay, as the catalogue does."""
    assert [0] == [file.keep for file in FILES if file.tree == ARGO]
    assert "for ever: the rotation's pattern does not reach them" in TEXT
