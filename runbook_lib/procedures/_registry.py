"""Find procedures by walking this package; a procedure's name is its module's name."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from pathlib import Path

from runbook_lib.errors import ParamError
from runbook_lib.model.procedure import Procedure
from runbook_lib.text import commands


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all procedures, sorted, without importing them."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def find(name: str) -> Procedure:
    """Return one procedure.

    Raises:
        ParamError: There is none of that name.
    """
    if name not in names():
        near = difflib.get_close_matches(name.replace("-", "_"), names(), n=1, cutoff=0.5)
        guess = f"did you mean {near[0]}?" if near else f"none of the {len(names())} is called like it"
        shown = name if name.isidentifier() else repr(name)[:60]
        raise ParamError(
            problems=[f"there is no procedure {shown}: {guess}"], next_step=f"'{commands.LIST}' shows them all"
        )
    return Procedure.from_module(importlib.import_module(f"{__package__}.{name}"), name)


def every() -> tuple[Procedure, ...]:
    """Return all procedures, sorted by name."""
    return tuple(find(name) for name in names())


def changing() -> tuple[str, ...]:
    """Return the names of the procedures that plan changes."""
    return tuple(procedure.name for procedure in every() if procedure.plans)


def inspecting() -> tuple[str, ...]:
    """Return the names of the procedures that only inspect."""
    return tuple(procedure.name for procedure in every() if procedure.inspects)
