"""axe-core finds nothing on any page, in the light scheme and in the dark one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.places import KINDS, pages

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

_AXE = Axe()


def violations(tab: Page) -> list[str]:
    """Return what axe finds on the page that is open: the rule, and the first places."""
    body: dict[str, Any] = _AXE.run(tab, options={"resultTypes": ["violations"]}).response
    return [f"{one['id']}: {[node['target'] for node in one['nodes'][:3]]}" for one in body["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_violation(scheme: str, served: str, site: Path, tab: Page) -> None:
    """Every page in the light scheme; in the dark one, which has the same markup, one page of each kind."""
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    found = {}
    for name in pages(site) if scheme == "light" else (*KINDS, "404.html"):
        tab.goto(f"{served}/{name}")
        shown = tab.evaluate("document.body.dataset.mdColorScheme")
        assert {"light": "default", "dark": "slate"}[scheme] == shown
        if troubles := violations(tab):
            found[name] = troubles

    assert {} == found


@pytest.mark.parametrize(
    ("markup", "rule"),
    [
        ("<img src='assets/favicon.svg'>", "image-alt"),
        ("<p style='color: #aaa; background: #fff'>too faint to read</p>", "color-contrast"),
        ("<button></button>", "button-name"),
    ],
)
def test_a_violation_would_be_found(markup: str, rule: str, site: Path, tab: Page) -> None:
    """The check can fail, for the markup and for the colours."""
    tab.goto(f"{site.as_uri()}/index.html")
    tab.evaluate("markup => document.querySelector('article').insertAdjacentHTML('beforeend', markup)", markup)

    assert [rule] == [line.partition(":")[0] for line in violations(tab)]
