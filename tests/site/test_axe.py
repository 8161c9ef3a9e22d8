"""axe-core finds nothing on any page, in the light scheme and in the dark one; most runs try a sample of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.places import KINDS, pages, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from playwright.sync_api import Page

_AXE = Axe()


def violations(tab: Page, *rules: str) -> list[str]:
    """Return what axe finds on the page that is open, by all rules or by these: the rule, and the first places."""
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    body: dict[str, Any] = _AXE.run(tab, options=options).response
    return [
        f"{violation['id']}: {[node['target'] for node in violation['nodes'][:3]]}" for violation in body["violations"]
    ]


def choose(tab: Page, scheme: str) -> None:
    """Prefer a color scheme, as a system's setting does, and wait until the page has it."""
    tab.emulate_media(color_scheme="dark" if scheme == "slate" else "light", reduced_motion="reduce")
    tab.wait_for_function("scheme => document.body.dataset.mdColorScheme === scheme", arg=scheme)


@pytest.mark.parametrize(
    "choose_pages", [sample, pytest.param(pages, marks=pytest.mark.soak)], ids=["sample", "all pages"]
)
def test_no_page_has_a_violation(
    served: str, site: Path, tab: Page, choose_pages: Callable[[Path], Sequence[str]]
) -> None:
    """Each page by every rule in the light scheme; then its colors in the dark one, which has the same markup."""
    problems = {}
    for name in choose_pages(site):
        tab.goto(f"{served}/{name}")
        choose(tab, "default")
        light = violations(tab)
        choose(tab, "slate")
        if troubles := [*light, *violations(tab, "color-contrast")]:
            problems[name] = troubles

    assert {} == problems


def test_no_kind_of_page_has_a_violation_in_dark(served: str, tab: Page) -> None:
    """By every rule, opened in the dark scheme."""
    problems = {}
    for name in (*KINDS, "404.html"):
        tab.goto(f"{served}/{name}")
        choose(tab, "slate")
        if troubles := violations(tab):
            problems[name] = troubles

    assert {} == problems


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_nothing_filled_in_has_a_violation(served: str, tab: Page, scheme: str, width: int) -> None:
    """Forms with good and with bad values, the answers of the paste box, and the pages that the search finds."""
    tab.set_viewport_size({"width": width, "height": 900})
    problems = {}
    for name in (
        "grant-staff.html#username=alice",
        "grant-staff.html#username=%20x&password=y",
        "change-quota.html#cpu=0",
    ):
        tab.goto(f"{served}/runbooks/{name}")
        tab.reload()
        choose(tab, scheme)
        problems[name] = violations(tab)
    tab.goto(f"{served}/index.html")
    choose(tab, scheme)
    tab.fill("textarea[data-triage]", "No valid host was found password=hunter2hunter2")
    tab.click("summary:has-text('Message for support')")
    problems["paste box"] = violations(tab)
    tab.fill("input[type=search]", "quota")
    tab.wait_for_selector("[data-results] a")
    problems["search"] = violations(tab)

    assert {} == {name: lines for name, lines in problems.items() if lines}


@pytest.mark.parametrize(
    ("markup", "rule"),
    [
        ("<img src='assets/favicon.svg'>", "image-alt"),
        ("<p style='color: #aaa; background: #fff'>too faint to read</p>", "color-contrast"),
        ("<button></button>", "button-name"),
    ],
)
def test_violation_would_be_found(markup: str, rule: str, site: Path, tab: Page) -> None:
    """The check can fail, for the markup and for the colors."""
    tab.goto(f"{site.as_uri()}/index.html")
    tab.evaluate("markup => document.querySelector('article').insertAdjacentHTML('beforeend', markup)", markup)

    assert [rule] == [line.partition(":")[0] for line in violations(tab)]


def test_faint_colors_of_dark_scheme_alone_would_be_found(site: Path, tab: Page) -> None:
    """A page can be sound in the light and too faint in the dark."""
    tab.goto(f"{site.as_uri()}/index.html")
    markup = "<style>[data-md-color-scheme=slate] .faint { color: #444 }</style><p class='faint'>too faint to read</p>"
    tab.evaluate("markup => document.querySelector('article').insertAdjacentHTML('beforeend', markup)", markup)

    choose(tab, "default")
    assert [] == violations(tab)
    choose(tab, "slate")
    assert ["color-contrast"] == [line.partition(":")[0] for line in violations(tab, "color-contrast")]
