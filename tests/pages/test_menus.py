"""Every menu that a text names is one that the web interface has."""

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


def test_every_admin_menu_exists() -> None:
    """A text that sends staff to *Admin > X* names a tab of the web interface."""
    files = [
        path
        for folder, ending in (("runbook_lib", "py"), ("runbook_lib", "toml"), ("notebooks", "py"), ("docs", "md"))
        for path in sorted((ROOT / folder).rglob(f"*.{ending}"))
    ]
    menus = [
        (path.name, match) for path in files for match in re.findall(r"Admin > (\w[\w ]*)", path.read_text("utf-8"))
    ]

    assert len(menus) > len(TABS)
    assert [] == [(name, menu) for name, menu in menus if not menu.startswith(TABS)]
