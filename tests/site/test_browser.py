"""What a reader gets from the site: nothing from outside, search from disk, code to copy, every control by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site.places import KINDS, pages

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}


def test_no_page_asks_for_anything_outside(address: str, site: Path, tab: Page) -> None:
    """Every page, with its scripts run: each request goes to where the page came from, and each is answered."""
    asked: list[str] = []
    failed: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("requestfailed", lambda request: failed.append(request.url) if "ABORTED" not in request.failure else None)
    tab.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)

    for name in pages(site):
        if name == "404.html":
            continue  # its links are made for the root of a server
        tab.goto(f"{address}/{name}", wait_until="load")

    assert len(asked) > len(pages(site))
    assert [] == [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert [] == failed


def test_request_to_another_host_would_be_seen(site: Path, tab: Page) -> None:
    """The check above can fail: a page that asks another host is noticed."""
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.route("https://example.org/**", lambda route: route.abort())
    tab.goto(f"{site.as_uri()}/index.html")
    tab.evaluate("fetch('https://example.org/x').catch(() => null)")

    assert ["https://example.org/x"] == [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def test_no_page_is_wider_than_a_phone(site: Path, tab: Page) -> None:
    """At 390 pixels nothing makes the page scroll sideways; wide code scrolls inside its own block."""
    tab.set_viewport_size(PHONE)
    wide = []
    for name in pages(site):
        tab.goto(f"{site.as_uri()}/{name}")
        if (width := tab.evaluate("document.scrollingElement.scrollWidth")) > PHONE["width"]:
            wide.append((name, width))

    assert [] == wide


def test_something_wide_would_be_seen(site: Path, tab: Page) -> None:
    """The check above can fail."""
    tab.set_viewport_size(PHONE)
    tab.goto(f"{site.as_uri()}/index.html")
    tab.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<p style=width:800px>x</p>')")

    assert tab.evaluate("document.scrollingElement.scrollWidth") > PHONE["width"]


def test_code_is_copied_without_prompts_and_whole(site: Path, tab: Page) -> None:
    """The button copies the exact command."""
    tab.goto(f"{site.as_uri()}/runbooks/grant-staff.html")
    tab.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    tab.evaluate("document.execCommand = () => { window.copied = String(getSelection()); return true; }")
    tab.locator(".highlight .md-code__button[data-md-type='copy']").first.click()

    assert "runbook plan grant_staff -p username=joetest" == tab.evaluate("window.copied").strip()


@pytest.mark.parametrize("name", KINDS)
def test_no_block_to_copy_has_a_prompt(name: str, site: Path, tab: Page) -> None:
    """No line of a command begins with a prompt."""
    tab.goto(f"{site.as_uri()}/{name}")
    texts = tab.evaluate(
        "[...document.querySelectorAll('.language-sh code, .language-bash code')].map(c => c.innerText)"
    )

    assert [] == [text for text in texts for line in text.splitlines() if line.startswith(("$ ", ">>> ", "# ", "In ["))]


@pytest.mark.parametrize("name", KINDS)
def test_tab_key_reaches_every_control(name: str, site: Path, tab: Page) -> None:
    """Each link, field and button that is shown gets the focus, and shows that it has it."""
    tab.goto(f"{site.as_uri()}/{name}")
    wanted = tab.evaluate(
        """[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(e =>
             e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.tabIndex >= 0 && !e.disabled &&
             e.getClientRects().length && !(e.type === 'radio' && !e.checked)).map((e, i) => { e.dataset.wanted = i; })
           .length"""
    )
    reached: set[str] = set()
    for _ in range(wanted * 2 + 40):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.dataset.wanted ?? ''"))
        if len(reached - {""}) == wanted:
            break
    missed = tab.evaluate(
        "reached => [...document.querySelectorAll('[data-wanted]')].filter(e => !reached.includes(e.dataset.wanted))"
        ".map(e => e.outerHTML.slice(0, 120))",
        sorted(reached),
    )

    assert wanted > 3
    assert [] == missed


def test_on_paper_all_tabs_are_shown_and_the_navigation_is_not(site: Path, tab: Page) -> None:
    """What is behind a tab on the screen stands under its label in print; nothing to click on is printed."""
    tab.goto(f"{site.as_uri()}/runbooks/grant-staff.html")
    hidden = "[...document.querySelectorAll('.tabbed-block')].filter(e => !e.checkVisibility()).length"
    on_screen = tab.evaluate(hidden)
    tab.emulate_media(media="print")

    assert on_screen > 0
    assert 0 == tab.evaluate(hidden)
    for selector in (".md-header", ".md-sidebar", ".md-footer", ".md-code__button"):
        assert [] == [item for item in tab.locator(selector).all() if item.is_visible()], selector
    assert tab.locator("article h1").is_visible()
    color = tab.evaluate("getComputedStyle(document.querySelector('article')).color")
    assert sum(int(part) for part in color.removeprefix("rgb(").split("(")[-1].rstrip(")").split(",")[:3]) < 3 * 110
