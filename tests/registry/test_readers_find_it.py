"""Every procedure is finished, the home page leads to it, and the changelog names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from authoring import checklist
from authoring.skeleton import INSPECTING
from runbook_lib import procedures
from tests.checks import check_each

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.every_procedure
def test_every_procedure_is_finished() -> None:
    """No text to fill in, a link on docs/index.md, a line in CHANGELOG.md."""

    def check(name: str) -> None:
        assert [] == checklist.problems(name)

    check_each(procedures.names(), check)


@pytest.mark.every_procedure
def test_verb_shows_whether_a_procedure_changes_something() -> None:
    """The verbs for which `make procedure` writes an inspection are those of all inspections."""

    def check(name: str) -> None:
        assert (name.partition("_")[0] in INSPECTING) == bool(procedures.find(name).inspects)

    check_each(procedures.names(), check)


def test_unfinished_parts_are_reported(tmp_path: Path) -> None:
    """A missing file, a text to fill in, a page without a link, a changelog without the name."""
    for folder in ("runbook_lib/procedures", "notebooks", "tests/procedures", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "notebooks" / "grant_staff.py").write_text("# # Grant\n#\n# FILL IN: the outcome.\n")
    (tmp_path / "tests/procedures/test_grant_staff.py").touch()
    (tmp_path / "docs" / "index.md").write_text("[Grant](runbooks/grant-staff-again.md)\n")
    (tmp_path / "CHANGELOG.md").write_text("- `grant_staff_again` does it.\n")

    assert [
        "runbook_lib/procedures/grant_staff.py: there is no such file",
        "notebooks/grant_staff.py:3: FILL IN: the outcome.",
        "docs/index.md: no line links to runbooks/grant-staff.md",
        "CHANGELOG.md: no line names `grant_staff`",
    ] == checklist.problems("grant_staff", tmp_path)

    (tmp_path / "docs" / "index.md").write_text("[Grant](runbooks/grant-staff.md#undo)\n")
    (tmp_path / "CHANGELOG.md").write_text("- `grant_staff` does it.\n")
    assert 2 == len(checklist.problems("grant_staff", tmp_path))
