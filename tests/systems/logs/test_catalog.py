"""The catalog of log files, and the page about logs, which is written by hand, say the same."""

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
    """Return how the page may name a file: a Celery node by its name alone."""
    return (f"`{file.name}`", f"`{file.name.removesuffix('.log')}`") if file.tree == CELERY else (f"`{file.name}`",)


def test_every_file_is_on_the_page() -> None:
    """Under its name; a file with a changing part under the part that stays."""

    def check(file: LogFile) -> None:
        assert file.name.split("*")[0].removesuffix(".log").rstrip("/") in TEXT
        assert "*" in file.name or any(name in TEXT for name in shown(file))

    check_each(FILES, check, label=name)


def test_how_long_a_file_is_kept_agrees() -> None:
    """Where the page gives a number of days, it is the catalog's; for the sites' own files it gives one."""

    def check(file: LogFile) -> None:
        days = [
            int(number)
            for names, number in KEPT.items()
            if ("Celery" in names) == (file.tree == CELERY) and any(name in names for name in shown(file))
        ]
        assert days in ([], [file.keep])
        assert [file.keep] == days or file.tree not in ("atmosphere", "troposphere")

    check_each(PLAIN, check, label=name)


def test_the_table_of_days_is_read() -> None:
    """The test before this one finds the rows, and those of Atmosphere's own files among them."""
    assert 7 > len(KEPT) > 4
    assert "`atmosphere.log`" in " ".join(KEPT)


def test_argos_folders_are_never_rotated() -> None:
    """The page says that they stay, as the catalog does."""
    assert [0] == [file.keep for file in FILES if file.tree == ARGO]
    assert "forever: the rotation's pattern does not match them" in TEXT
