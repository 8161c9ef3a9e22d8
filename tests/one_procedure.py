"""The options ``--procedure NAME``, to run only what concerns one procedure, and ``--docs FOLDER``, the pages.

What concerns a procedure: its own tests, the tests with its name or its page among their parameters, and its part of
the tests over all procedures, which are marked ``every_procedure``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from runbook_lib import procedures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

Item = TypeVar("Item")
_chosen: list[str] = []
_folders: list[Path] = []


def add_option(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addoption("--procedure", metavar="NAME", help="run only what concerns this procedure")
    parser.addoption("--docs", metavar="FOLDER", type=Path, help="take the pages from here, instead of making the site")


def configure(config: pytest.Config) -> None:
    """Remember what was chosen, and declare the mark.

    Raises:
        ParamError: There is no such procedure.
    """
    config.addinivalue_line("markers", "every_procedure: checks one fact about each procedure, with check_each")
    if name := config.getoption("--procedure"):
        _chosen.append(procedures.find(name).name)
    if folder := config.getoption("--docs"):
        _folders.append(folder)


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect every test that does not concern the chosen procedure."""
    if not _chosen:
        return
    kept = [item for item in items if concerns(item, *_chosen)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def concerns(item: pytest.Item, name: str) -> bool:
    """Return whether a test concerns a procedure."""
    own = item.path.stem.partition("__")[0] == f"test_{name}"
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    page = f"runbooks/{name.replace('_', '-')}.md"
    named = any(getattr(value, "name", value) in (name, page) for value in parameters)
    return own or named or item.get_closest_marker("every_procedure") is not None


def only(items: Iterable[Item], label: Callable[[Item], str]) -> Iterable[Item]:
    """Return the items that concern the chosen procedure, or all if none is chosen.

    Args:
        items: Of a test over all procedures.
        label: Item → text that begins with the name of its procedure.
    """
    return [item for item in items if label(item).split()[0] in _chosen] if _chosen else items


def docs() -> Path | None:
    """Return the folder of the pages, if one was given."""
    return next(iter(_folders), None)


def is_chosen() -> bool:
    """Return whether the run is about one procedure."""
    return bool(_chosen)
