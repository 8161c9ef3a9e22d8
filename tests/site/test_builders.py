"""ProperDocs and Zensical build the same pages with the same texts from the same configuration."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.services import builders
from tests.services.site import made
from tests.site.places import pages

if TYPE_CHECKING:
    from pathlib import Path


class _Article(HTMLParser):
    """The text of a page's ``article``: what the author wrote, without the builder's furniture."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.depth = 0
        self.aside = 0
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Come into the article, or into what each builder has of its own: permalinks, buttons, drawings of icons."""
        values = dict(attrs)
        self.depth += tag == "article"
        if self.aside or tag == "nav" or "headerlink" in (values.get("class") or "") or "md-icon" in values.values():
            self.aside += tag not in {"img", "br", "hr", "input", "meta", "link", "wbr", "source"}

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        self.depth -= tag == "article"
        if self.aside:
            self.aside -= 1

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if self.depth and not self.aside:
            self.words.append(data)


def text_of(page: Path) -> str:
    """Return the text of a page's article, blanks made single."""
    return re.sub(r"\s+", " ", " ".join(_Article(page.read_text(encoding="utf-8")).words)).strip()


# ProperDocs has the code of MkDocs, which builds the site anyway: 'make soak' does its slow build.
ANYWAY = {"properdocs"}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.soak] * (name in ANYWAY)) for name in builders.PACKAGES],
)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as another program builds it."""
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("docs", "build"):
        shutil.copytree(made().folder / name, folder / name)
    shutil.copy(made().folder / "mkdocs.yml", folder)
    builders.build(request.param, folder)
    return folder / "site"


def test_same_pages_are_built(site: Path, other: Path) -> None:
    """Not one more, not one less."""
    assert pages(site) == pages(other)


def test_pages_say_the_same(site: Path, other: Path) -> None:
    """Word for word, in every page that somebody wrote; the page of a missing address is each program's own."""
    names = [name for name in pages(site) if name != "404.html"]

    assert [] == [name for name in names if text_of(site / name) != text_of(other / name)]
    assert all(len(text_of(site / name)) > 300 for name in names)


def test_what_is_on_pages_can_be_linked_to(site: Path, other: Path) -> None:
    """Every anchor is there under the same name: links from outside go on working."""
    for name in pages(site):
        if name == "404.html":
            continue
        anchors, other_anchors = (
            {*re.findall(r'<h[1-6] id="([^"]+)"', (root / name).read_text())} for root in (site, other)
        )
        assert anchors == other_anchors, name


def test_changed_word_or_a_lost_page_would_be_seen(site: Path, tmp_path: Path) -> None:
    """The comparison can fail; what is outside of the article, and its permalinks, are not compared."""
    spoiled = shutil.copytree(site, tmp_path / "site")
    page = spoiled / "index.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("<title>", "<title>Other ").replace("verifies the result", "verifies the rsult"))

    assert text_of(site / "index.html") == text_of(page).replace("verifies the rsult", "verifies the result")
    assert text_of(site / "index.html") != text_of(page)
    (spoiled / "tools" / "logs.html").unlink()
    assert pages(site) != pages(spoiled)
