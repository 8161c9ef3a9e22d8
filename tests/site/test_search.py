"""The site's own search, in a browser and from disk, has the right page first for what staff would type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What is typed → the pages that may be first; more than one where either answers it.
QUERIES = {
    "publicize": ("runbooks/publicize-image.html",),
    "is_staff": ("runbooks/grant-staff.html", "concepts/staff-rights.html"),
    "deploy_error": ("tools/stuck-instance.html",),
    "Maximum number of instances exceeded": ("tools/failed-imaging-request.html", "tools/nova-and-glance.html"),
    "serverRef": ("tools/failed-imaging-request.html",),
    "NoneType": ("tools/failed-imaging-request.html",),
    "nbd": ("tools/failed-imaging-request.html",),
    "flower password": ("tools/flower.html",),
    "tenant quota": ("concepts/quota-and-allocation.html", "runbooks/change-quota.html"),
    "maintenance": ("concepts/maintenance.html", "runbooks/start-maintenance.html"),
    "emulate": ("tools/emulation.html",),
    "move version": ("runbooks/move-image-version.html",),
}


def first(tab: Page, site: Path, query: str, *, number: int = 1) -> list[str]:
    """Type words into the search field and return the pages found, best first, at most `number`."""
    tab.goto(f"{site.as_uri()}/index.html?q={quote(query)}")
    tab.wait_for_selector(".md-search-result__item a.md-search-result__link", state="attached")
    links = tab.evaluate("[...document.querySelectorAll('.md-search-result__item > a')].map(a => a.href)")
    return [Path(unquote(urlsplit(link).path)).relative_to(site).as_posix() for link in links][:number]


@pytest.mark.parametrize("query", QUERIES)
def test_right_page_is_first(query: str, site: Path, tab: Page) -> None:
    """For each of the words that staff are known to look for."""
    (result,) = first(tab, site, query)

    assert result in QUERIES[query], first(tab, site, query, number=6)
