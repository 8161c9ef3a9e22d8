"""The catalog of log files agrees with the handwritten page about logs."""

from __future__ import annotations

import re
from pathlib import Path

from runbook_lib.systems.logs.catalog import ARGO, CELERY, FILES, LogFile
from tests.checks import check_each

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "tools" / "logs.md").read_text(encoding="utf-8")
KEPT = dict(re.findall(r"^\| (.+) \| (\d+) days \|$", TEXT, re.MULTILINE))
PLAIN = [file for file in FILES if "*" not in file.name]


def name(file: LogFile) -> str:
    """Return the name of a file."""
    return f"{file.tree}/{file.name}"


def shown(file: LogFile) -> tuple[str, ...]:
    """Return the possible names of a file on the page; a Celery node can have its name alone."""
    return (f"`{file.name}`", f"`{file.name.removesuffix('.log')}`") if file.tree == CELERY else (f"`{file.name}`",)


def test_every_file_is_on_the_page() -> None:
    """The page has its name, or the constant part of a variable name."""

    def check(file: LogFile) -> None:
        assert file.name.split("*")[0].removesuffix(".log").rstrip("/") in TEXT
        assert "*" in file.name or any(name in TEXT for name in shown(file))

    check_each(FILES, check, label=name)


def test_retention_of_each_file_agrees() -> None:
    """A number of days on the page is that of the catalog; the page has one for each of the sites' own files."""

    def check(file: LogFile) -> None:
        days = [
            int(number)
            for names, number in KEPT.items()
            if ("Celery" in names) == (file.tree == CELERY) and any(name in names for name in shown(file))
        ]
        assert days in ([], [file.keep])
        assert [file.keep] == days or file.tree not in ("atmosphere", "troposphere")

    check_each(PLAIN, check, label=name)


def test_table_of_days_is_found() -> None:
    """The other test finds the rows, including those of Atmosphere's own files."""
    assert 7 > len(KEPT) > 4
    assert "`atmosphere.log`" in " ".join(KEPT)


def test_argos_folders_are_never_rotated() -> None:
    """The page and the catalog agree that they stay forever."""
    assert [0] == [file.keep for file in FILES if file.tree == ARGO]
    assert "forever: the rotation's pattern does not match them" in TEXT
