"""The folder of the notebooks."""

from __future__ import annotations

from runbook_lib import procedures
from runbook_lib.notebook.folder import folder


def test_folder_has_the_notebook_of_every_procedure() -> None:
    """In a checkout and in an installed package, each procedure's file has its name."""
    assert list(procedures.names()) == sorted(file.stem for file in folder().glob("*.py"))
