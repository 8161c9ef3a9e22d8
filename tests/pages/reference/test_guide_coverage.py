"""The staff guide: every section has its place on this site, and every correction is said on its page."""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib.notebook import notebook_files
from runbook_lib.notebook.folder import folder
from runbook_lib.pages import handwritten
from runbook_lib.pages.reference.guide_coverage import Guide, GuideSection, coverage_page, gaps, guide, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS = Path(__file__).resolve().parents[3] / "docs"


@functools.cache
def texts() -> Mapping[str, str]:
    """Return path → Markdown of every page that is not a reference: the handwritten pages and the notebooks'."""
    texts = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("index.md", *handwritten.pages(DOCS))}
    for path in sorted(folder().glob("*.py")):
        cells = notebook_files.read(path).cells
        prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        texts[f"runbooks/{path.stem.replace('_', '-')}.md"] = prose
    return texts


def test_nothing_of_guide_is_missing() -> None:
    """Every heading of both editions has a page that exists, and every correction its words on its page."""
    assert [] == gaps(guide(), texts())


def test_guide_has_all_its_sections_and_corrections() -> None:
    """The numbers are those that were counted once, so that none is lost from the data unnoticed."""
    assert [64, 6] == [len(headings) for headings in guide().headings.values()]
    assert 70 == len(guide().sections)
    assert 32 == len(guide().corrections)


def test_every_page_says_for_which_release_it_holds() -> None:
    """Each page of the tools and the concepts, and each procedure, names the release."""
    ours = {"concepts/how-a-procedure-works.md", "concepts/glossary.md", "index.md"}  # of this site, not of Atmosphere

    others = {name: text for name, text in texts().items() if name not in ours and not name.startswith("contributing/")}
    assert [] == [name for name, text in others.items() if not re.search(r"Atmosphere v(?:35 to v)?37", text)]


@pytest.mark.parametrize("name", guide().corrections)
def test_correction_is_one_visible_line(name: str) -> None:
    """It stands in the box that is headed so, says something, and is one item."""
    text = texts()[guide().corrections[name]]
    before = text[: text.index(f'<span id="differs-{name}"></span>')]

    assert "How this differs from the staff guide" in before
    assert before.rindex("How this differs from the staff guide") > before.rfind("\n## ")
    assert 40 < len(sentence(text, name)) < 400


KNOWN = Guide(
    headings={"An edition": ("One", "Two")},
    sections=(
        GuideSection("An edition", "One", ("tools/a.md", "runbooks/do-it.md"), ("wrong",)),
        GuideSection("An edition", "Two", ("tools/a.md",)),
    ),
    corrections={"wrong": "tools/a.md"},
)
TEXTS = {
    "tools/a.md": '# A tool\n\n    - <span id="differs-wrong"></span>The guide\n      says [so](b.md).\n    - More.\n',
    "runbooks/do-it.md": "# Do it\n",
}


def test_sentence_is_read_from_its_page() -> None:
    """Its lines are joined, links become text, and the next item is not taken."""
    assert "The guide says so." == sentence(TEXTS["tools/a.md"], "wrong")
    assert "" == sentence(TEXTS["tools/a.md"], "right")


def test_page_has_a_row_a_section() -> None:
    """Heading, pages with their procedures, and what changed with a link to the place."""
    page = coverage_page(KNOWN, TEXTS)

    assert "| One | [A tool](../tools/a.md)<br>[Do it](../runbooks/do-it.md)<br>`do_it` |" in page
    assert "The guide says so. [More](../tools/a.md#differs-wrong)" in page
    assert "| Two | [A tool](../tools/a.md)" in page
    assert "wording only" in page


def test_correction_of_several_sections_is_printed_once() -> None:
    """The other sections link it by its name."""
    repeated = dataclasses.replace(KNOWN.sections[0], heading="Once more")
    page = coverage_page(dataclasses.replace(KNOWN, sections=(*KNOWN.sections, repeated)), TEXTS)

    assert 1 == page.count("The guide says so.")
    assert (
        "| Once more | [A tool](../tools/a.md)<br>[Do it](../runbooks/do-it.md)<br>`do_it` | [Wrong](../tools" in page
    )


def test_page_hides_nothing_that_is_missing() -> None:
    """A page or a correction that is not there is shown as missing, without a link."""
    page = coverage_page(KNOWN, {})

    assert "**missing**: `tools/a.md`" in page
    assert "**missing**: `wrong`" in page
    assert "](" not in page


@pytest.mark.parametrize(
    ("guide_data", "pages", "expected"),
    [
        (KNOWN, TEXTS, []),
        (
            dataclasses.replace(KNOWN, sections=KNOWN.sections[:1]),
            TEXTS,
            ["no page for the section 'Two' of: An edition"],
        ),
        (
            dataclasses.replace(KNOWN, headings={"An edition": ("One",)}),
            TEXTS,
            ["unknown section 'Two' of: An edition"],
        ),
        (KNOWN, {"tools/a.md": TEXTS["tools/a.md"]}, ["missing page runbooks/do-it.md"]),
        (
            KNOWN,
            TEXTS | {"tools/a.md": "# A tool\n"},
            ["tools/a.md lacks the correction of the guide: wrong"],
        ),
        (
            dataclasses.replace(
                KNOWN, sections=(KNOWN.sections[1], dataclasses.replace(KNOWN.sections[0], corrections=()))
            ),
            TEXTS,
            ["the correction wrong belongs to no section"],
        ),
        (dataclasses.replace(KNOWN, corrections={}), TEXTS, ["the correction wrong has no page"]),
    ],
)
def test_every_gap_is_named(guide_data: Guide, pages: Mapping[str, str], expected: list[str]) -> None:
    """Each rule can be broken, and says what is missing."""
    assert expected == gaps(guide_data, pages)
