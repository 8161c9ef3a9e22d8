"""The pages written by hand: found without a list, with a title and a description that every builder can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from runbook_lib.pages import handwritten
from runbook_lib.pages.diagrams.data import pictures
from runbook_lib.pages.diagrams.markdown import MARK

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("index.md", *handwritten.pages(DOCS))


def test_pages_are_found_by_folder_and_sorted_by_title(tmp_path: Path) -> None:
    """The navigation's order is that of the folders, then of the titles; other files are not taken."""
    for name, title in (
        ("concepts/a.md", "Zebra"),
        ("tools/b.md", "beta"),
        ("tools/c.md", "Alpha"),
        ("other/d.md", "D"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"---\ndescription: x\n---\n\n# {title}\n\nText.\n", encoding="utf-8")

    assert [("tools/c.md", "Alpha"), ("tools/b.md", "beta"), ("concepts/a.md", "Zebra")] == list(
        handwritten.pages(tmp_path).items()
    )


def test_page_without_title_is_refused(tmp_path: Path) -> None:
    """The navigation would have nothing to call it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.md").write_text("No title.\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"a\.md: the page does not have a '# Title'"):
        handwritten.pages(tmp_path)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_described_in_one_sentence(name: str) -> None:
    """The front matter of a page is valid YAML, because not every builder tolerates errors, and describes the page."""
    match = re.match(r"---\n(.*?)\n---\n\n# ", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    description = yaml.safe_load(match[1])["description"]

    assert description.endswith(".")
    assert 40 < len(description) < 220


def test_every_picture_is_on_one_page() -> None:
    """None is drawn for nobody, and a mark names one that exists."""
    lines = [line for name in PAGES for line in (DOCS / name).read_text(encoding="utf-8").splitlines()]

    assert sorted(pictures()) == sorted(match[1] for line in lines if (match := MARK.fullmatch(line)))
