"""The generated reference pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from runbook_lib.config import settings
from runbook_lib.config.variables import VARIABLES
from runbook_lib.errors import NothingChanged, all_errors
from runbook_lib.pages.reference import pages
from tests.pages import sample

if TYPE_CHECKING:
    from pathlib import Path


def test_every_error_has_a_section() -> None:
    """Each error has its anchor, its promise, its exit code and advice."""
    text = pages.errors_page(all_errors())
    expected = [
        f"## {cls.__name__} {{ #{cls.slug()} }}\n\n**{cls.class_impact()}** Exit code {cls.exit_code},"
        for cls in all_errors()
    ]

    assert expected == [section for section in expected if section in text]


def test_advice_names_no_error_that_is_gone() -> None:
    """The advice is for the errors there are."""
    assert {cls.slug() for cls in all_errors()} == set(pages.ADVICE)


def test_new_error_needs_advice() -> None:
    """An error without advice stops the build."""

    class Brandnew(NothingChanged):
        """Nothing was changed: for this test."""

    with pytest.raises(KeyError, match="brandnew"):
        pages.errors_page([Brandnew])


def test_every_setting_is_listed() -> None:
    """The page names every variable that is read."""
    text = pages.settings_page()

    assert list(VARIABLES) == [name for name in VARIABLES if f"| `{name}` |" in text]


def test_file_on_the_settings_page_is_valid(tmp_path: Path) -> None:
    """The program reads the file that the page shows."""
    [example] = re.findall(r"```toml title=[^\n]*\n(.*?)```", pages.settings_page(), flags=re.DOTALL)
    (tmp_path / "config.toml").write_text(example, encoding="utf-8")
    environ = {"RUNBOOK_CONFIG": str(tmp_path / "config.toml")}

    assert settings.load(environ).is_practice
    prod = settings.load(environ | {"RUNBOOK_SITE": "prod"})
    assert ({4: "iu", 5: "tacc"}, ("ssh", "atmo-prod", "sudo")) == (prod.clouds, prod.host_exec)


def test_procedures_show_what_their_stamps_say() -> None:
    """A verified procedure has its date; one that was not says so."""
    text = pages.procedures_page([sample.page(), sample.page(procedure=sample.procedure(name="other"), stamp={})])

    assert "[Grant staff access](../runbooks/grant-staff.md)<br>`grant_staff`" in text
    assert "2026-01-15" in text
    assert "**not verified**" in text


def test_navigation_lists_each_page() -> None:
    """The generated configuration is YAML, with the sections in reading order."""
    by_hand = ("tools/logs.md", "concepts/glossary.md", "contributing/services.md")
    nav = yaml.safe_load(pages.navigation([sample.page()], by_hand))["nav"]

    assert ["Home", "Procedures", "Tools", "Concepts", "Reference", "Contributing"] == [
        next(iter(entry)) for entry in nav
    ]
    assert [["tools/logs.md"], ["concepts/glossary.md"]] == [nav[2]["Tools"], nav[3]["Concepts"]]
    assert ["contributing/services.md"] == nav[5]["Contributing"]
    assert [{"Other procedures": ["runbooks/grant-staff.md"]}] == nav[1]["Procedures"]
