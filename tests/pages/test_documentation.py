"""The folder that MkDocs builds from: complete, configured, and never a loss of other files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from runbook_lib.cli.main import main
from runbook_lib.config.settings import Settings
from runbook_lib.errors import Refused
from runbook_lib.pages import documentation, handwritten

SAMPLE = Path(__file__).resolve().parents[1] / "extension"
ROOT = SAMPLE.parents[1]


def test_settings_become_options_of_mkdocs(tmp_path: Path) -> None:
    """A value that is not set keeps the default."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"png")
    edit = "https://git.example.net/{path}"
    settings = Settings(pages_name="Yes: ours", pages_url="https://e.net/staff", pages_edit=edit, pages_logo=logo)

    docs = documentation.lay_out(tmp_path / "new", settings, [SAMPLE / "docs"])
    documentation.lay_out(tmp_path / "plain", Settings(), [tmp_path / "missing"])

    assert {
        "INHERIT": "runbook.yml",
        "site_name": "Yes: ours",
        "site_url": "https://e.net/staff/",
        "edit_uri_template": edit,
        "theme": {"logo": "assets/site-logo.png"},
    } == yaml.safe_load((tmp_path / "new" / "mkdocs.yml").read_text(encoding="utf-8"))
    assert {"INHERIT": "runbook.yml"} == yaml.safe_load((tmp_path / "plain" / "mkdocs.yml").read_text(encoding="utf-8"))
    assert b"png" == (docs / "assets" / "site-logo.png").read_bytes()
    assert "Acme console" == handwritten.pages(docs)["tools/acme-console.md"]


def test_handwritten_pages_are_copied_without_generated_ones(tmp_path: Path) -> None:
    """Of an earlier result, nothing stays."""
    docs = documentation.lay_out(tmp_path / "new", Settings(), [SAMPLE / "docs"])
    (docs / "runbooks").mkdir()
    documentation.lay_out(tmp_path / "new", Settings(), [])

    assert {"index.md", "assets", *handwritten.FOLDERS} == {path.name for path in docs.iterdir()}
    assert handwritten.pages(ROOT / "docs") == handwritten.pages(docs)


def test_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """The command replaces only what it wrote."""
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(Refused, match="did not write"):
        documentation.lay_out(tmp_path, Settings(), [])

    assert ["notes.txt"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tools/support.md", "has the name of another page, tools/support.md"),
        ("runbooks/grant-staff.md", "has the name of another page, runbooks/grant-staff.md"),
        ("ours.md", "the navigation does not list"),
    ],
)
def test_page_in_a_wrong_place_is_refused(tmp_path: Path, name: str, why: str) -> None:
    """It would replace one of our pages, or no menu would show it."""
    page = tmp_path / "own" / name
    page.parent.mkdir(parents=True)
    page.write_text("# Ours\n")

    with pytest.raises(Refused, match=why) as caught:
        documentation.lay_out(tmp_path / "new", Settings(), [tmp_path / "own"])

    assert str(page) in str(caught.value)


def test_unreadable_logo_is_refused(tmp_path: Path) -> None:
    """The refusal names the file."""
    with pytest.raises(Refused, match=r"gone\.svg can't be read"):
        documentation.lay_out(tmp_path / "new", Settings(pages_logo=tmp_path / "gone.svg"), [])


def test_pages_show_the_address_of_the_site(tmp_path: Path) -> None:
    """Without an address of the API, they show the example."""
    page = tmp_path / "page.md"
    page.write_text("https://atmo.example.org/admin")

    documentation.use_addresses(tmp_path, Settings())
    assert "https://atmo.example.org/admin" == page.read_text(encoding="utf-8")
    documentation.use_addresses(tmp_path, Settings(api_url="https://a.example.net/api"))
    assert "https://a.example.net/admin" == page.read_text(encoding="utf-8")


def test_out_and_a_part_of_it_contradict(capsys: pytest.CaptureFixture[str]) -> None:
    """Only one of them can choose the place."""
    assert 2 == main(["pages", "--out", "x", "--nav", "y"])
    assert "--out sets the places of --docs and --nav" in capsys.readouterr().err
