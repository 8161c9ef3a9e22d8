"""Every menu and every page of Django's admin that a text names is one that the sites have."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# SecondaryAdminNavigation.jsx:45-72 of Troposphere v36-6: the tabs below Admin.
TABS = (
    "Manage Users",
    "Manage Groups",
    "Manage Accounts",
    "Resource Requests",
    "Imaging Requests",
)
# core/admin.py:42-694 of Atmosphere v37-5: the models with a page of their own. StatusType has none, and
# ProviderCredential is edited on its provider's page.
ADMIN_PAGES = re.compile(
    "accountprovider|allocationsource|application(threshold|version|versionmembership)?|atmosphereuser|"
    "cloudadministrator|credential|emailtemplate|eventtable|exportrequest|group|helplink|identity(membership)?|"
    "instance(source|statushistory)?|machinerequest|maintenancerecord|nodecontroller|"
    "provider(instanceaction|machine|machinemembership|type)?|quota|resourcerequest|size|tag|userallocationsource|volume"
)


def _texts() -> list[tuple[str, str]]:
    """Return the name and the text of each file that users read."""
    folders = (("runbook_lib", "py"), ("runbook_lib", "toml"), ("notebooks", "py"), ("docs", "md"))
    return [
        (path.name, path.read_text("utf-8"))
        for folder, ending in folders
        for path in sorted((ROOT / folder).rglob(f"*.{ending}"))
    ]


def test_every_admin_menu_exists() -> None:
    """A text that sends staff to *Admin > X* names a tab of the web interface."""
    menus = [(name, match) for name, text in _texts() for match in re.findall(r"Admin > (\w[\w ]*)", text)]

    assert len(menus) > len(TABS)
    assert [] == [(name, menu) for name, menu in menus if not menu.startswith(TABS)]


def test_every_page_of_djangos_admin_exists() -> None:
    """A text that sends staff to ``/admin/core/x`` names a model that Atmosphere registers there."""
    pages = [(name, match) for name, text in _texts() for match in re.findall(r"/admin/core/(\w+)", text)]

    assert len(pages) > len(TABS)
    assert [] == [(name, page) for name, page in pages if not ADMIN_PAGES.fullmatch(page)]
