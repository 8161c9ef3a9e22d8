"""The site's own search, in a browser and from disk, has the right page first for what staff would type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from runbook_lib.pages.search_index import term

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What staff would type → the pages that may be first; more than one where each answers it.
PHRASES: dict[str, list[str]] = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
FORMS = Path(__file__).parents[1] / "pages" / "data" / "forms_of_words.json"
CERTAIN = 14  # the first ones must be right; of all, 95 of 100 must


def pages(tab: Page, query: str) -> list[str]:
    """Type words into the search field and return the pages, best first."""
    tab.fill("input[type=search]", "")
    tab.fill("input[type=search]", query)
    tab.wait_for_selector("[data-results] a")
    links = tab.eval_on_selector_all("[data-results] a", "links => links.map(link => link.href)")
    root = unquote(urlsplit(tab.evaluate("runbook.root.href")).path)
    return [unquote(urlsplit(link).path).removeprefix(root) for link in links]


def test_right_page_is_first(address: str, tab: Page) -> None:
    """For at least 95 of 100 phrases, from disk and from a server."""
    tab.goto(f"{address}/tools/logs.html")
    first = {query: pages(tab, query)[0] for query in PHRASES}
    wrong = {query: page for query, page in first.items() if page not in PHRASES[query]}

    assert 100 == len(PHRASES)
    assert len(wrong) <= 5, wrong
    assert {} == {query: page for query, page in wrong.items() if query in list(PHRASES)[:CERTAIN]}


def test_one_field_and_its_results(site: Path, tab: Page) -> None:
    """There is one search, and each result exists."""
    tab.goto(f"{site.as_uri()}/index.html")

    assert 1 == tab.locator("input[type=search]").count()
    assert 1 == tab.locator("[data-results]").count()
    for query in ("image", "quota", "e"):
        assert [] == [page for page in pages(tab, query) if not (site / page).exists()], query


def test_nothing_found_has_suggestions(site: Path, tab: Page) -> None:
    """No answer is empty."""
    tab.goto(f"{site.as_uri()}/index.html")

    assert ["reference/messages.html", "tools/which-tool.html", "reference/procedures.html"] == pages(tab, "qqqq xyzzy")
    assert tab.get_by_text("Nothing has").is_visible()


@pytest.mark.parametrize(
    ("query", "page"), [("qutoa", "runbooks/change-quota.html"), ("rebot", "runbooks/reboot-instance.html")]
)
def test_misspelled_short_word_is_found(site: Path, tab: Page, query: str, page: str) -> None:
    """Two letters in the wrong order, or one that is missing."""
    tab.goto(f"{site.as_uri()}/index.html")

    assert page in pages(tab, query)[:2]


def test_keyboard_is_enough(site: Path, tab: Page) -> None:
    """A slash, words, the arrow, and Enter; Escape closes the list."""
    tab.goto(f"{site.as_uri()}/index.html")
    tab.keyboard.press("/")
    tab.keyboard.type("grant staff")
    tab.wait_for_selector("[data-results] a")
    tab.keyboard.press("Escape")
    assert not tab.locator("[data-results]").is_visible()

    tab.keyboard.type(" access")
    tab.wait_for_selector("[data-results] a")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.href").endswith("runbooks/grant-staff.html")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/runbooks/grant-staff.html")


def test_browser_and_index_make_the_same_terms(site: Path, tab: Page) -> None:
    """Otherwise a word of a page would not be found."""
    words = [word for forms in json.loads(FORMS.read_text(encoding="utf-8")) for word in forms]
    tab.goto(f"{site.as_uri()}/index.html")

    assert [term(word) for word in words] == tab.evaluate("words => words.map(runbook.term)", words)


def test_search_is_quick(site: Path, tab: Page) -> None:
    """A query takes less than 50 ms, on a slow machine too: 200 queries within two seconds."""
    tab.goto(f"{site.as_uri()}/index.html")
    pages(tab, "quota")
    milliseconds = tab.evaluate(
        "queries => { const before = performance.now(); for (const query of queries) { runbook.search(query); }"
        " return performance.now() - before; }",
        list(PHRASES) * 2,
    )

    assert milliseconds < 2000


def test_phrases_name_pages_that_exist(site: Path) -> None:
    """A page that was renamed would make a phrase pass or fail for no reason."""
    assert [] == [page for options in PHRASES.values() for page in options if not Path(site, page).exists()]
