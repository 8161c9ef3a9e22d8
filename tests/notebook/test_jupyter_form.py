"""The notebook's Markdown in Jupyter: quotations for admonitions, links that lead somewhere."""

from __future__ import annotations

import re

import nbformat
import pytest

from runbook_lib import procedures
from runbook_lib.notebook import notebook_files
from runbook_lib.notebook.jupyter_form import to_jupyter

SITE = "https://a.example.org/r"
PAGE = """## Apply

!!! warning "A superuser can act as any user"

    Grant it *only* to:

    - staff

After it.

!!! info

    <span id="differs-x"></span>The guide differs.
"""


def test_admonition_becomes_a_quotation() -> None:
    """Its title is bold, its body keeps its blocks, and the text after it is outside."""
    assert [
        "## Apply",
        "",
        "> **Warning: A superuser can act as any user**",
        ">",
        "> Grant it *only* to:",
        ">",
        "> - staff",
        "",
        "After it.",
        "",
        "> **Info**",
        ">",
        "> The guide differs.",
    ] == to_jupyter(PAGE, pages_url="").splitlines()


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("[Revoke](revoke_staff.py)", f"[Revoke]({SITE}/runbooks/revoke-staff.html)"),
        ("[logs](../tools/logs.md#a-b)", f"[logs]({SITE}/tools/logs.html#a-b)"),
        ("[web](https://example.org/a.md)", "[web](https://example.org/a.md)"),
    ],
)
def test_link_leads_to_the_site(link: str, target: str) -> None:
    """Without the site's address, its text remains; an address of the web stays."""
    assert f"See {target}." == to_jupyter(f"See {link}.", pages_url=SITE)
    kept = link if "https" in link else link[1 : link.index("]")]
    assert f"See {kept}." == to_jupyter(f"See {link}.", pages_url="")


@pytest.mark.parametrize("name", procedures.names())
def test_no_notebook_keeps_the_form_of_a_page(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No admonition, no link to a file, no cell for the Django shell; the code is the same."""
    monkeypatch.setenv("RUNBOOK_PAGES_URL", SITE)
    page = notebook_files.read(notebook_files.path(name))
    notebook = notebook_files.for_jupyter(notebook_files.path(name))
    texts = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")

    assert [] == re.findall(r"!!! .*|<span.*|\]\((?!https?://).*|\{[#:].*", texts)
    assert [cell.source for cell in page.cells if cell.cell_type == "code"] == [
        cell.source for cell in notebook.cells if cell.cell_type == "code"
    ]
    nbformat.validate(notebook)
