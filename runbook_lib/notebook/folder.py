"""The folders of the notebooks: the installed package's or the checkout's, and those of the site's extensions.

papermill imports this module.
"""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent.parent / "notebooks"  # their place in the wheel
_CHECKOUT = Path(__file__).parent.parent.parent / "notebooks"
_PROCEDURES = Path(__file__).parent.parent / "procedures"


def folder() -> Path:
    """Return the folder of our notebooks."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def folder_for(module: Path) -> Path:
    """Return the folder with the notebook of a procedure's module; an extension has it beside its modules."""
    return folder() if is_ours(module) else module.parent / "notebooks"


def is_ours(module: Path) -> bool:
    """Return whether the module of a procedure is in this package, and not in an extension."""
    return module.parent == _PROCEDURES
