"""Run, check and read notebooks: jupytext, papermill, nbclient live here only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.notebook.session import open_run

__all__ = ["open_run"]


def __getattr__(name: str) -> object:
    """Return `open_run`, imported when it is asked for: papermill imports this package at its own start."""
    if name == "open_run":
        from runbook_lib.notebook import session  # noqa: PLC0415 - see above

        return session.open_run
    raise AttributeError(name)
