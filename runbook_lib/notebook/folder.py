"""The folder of the notebooks: the installed package's, or the checkout's. papermill imports this module."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent.parent / "notebooks"  # their place in the wheel
_CHECKOUT = Path(__file__).parent.parent.parent / "notebooks"


def folder() -> Path:
    """Return the folder of the notebooks."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
