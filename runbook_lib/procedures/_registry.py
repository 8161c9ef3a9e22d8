"""Find procedures by walking this package; a procedure's name is its module's name."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.errors import AttributeProblem, InvalidProcedure, ParamError, place, short_path
from runbook_lib.model.procedure import Procedure
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all procedures, sorted, without importing them."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def find(name: str) -> Procedure:
    """Return one procedure.

    Raises:
        ParamError: There is none of that name.
        InvalidProcedure: Its module can't be imported, or does not declare what a procedure must.
    """
    if name not in names():
        near = difflib.get_close_matches(name.replace("-", "_"), names(), n=1, cutoff=0.5)
        guess = f"did you mean {near[0]}?" if near else f"none of the {len(names())} is called like it"
        shown = name if name.isidentifier() else repr(name)[:60]
        raise ParamError(
            problems=[f"there is no procedure {shown}: {guess}"], next_step=f"'{commands.LIST}' shows them all"
        )
    try:
        module = importlib.import_module(f"{__package__}.{name}")
    except (Exception, SystemExit) as error:
        file = Path(__file__).with_name(f"{name}.py")
        problem = AttributeProblem(name, short_path(file), "module", f"can't be imported: {_reason(error, file)}")
        raise InvalidProcedure([problem]) from error
    return Procedure.from_module(module, name)


def every() -> tuple[Procedure, ...]:
    """Return all procedures that can be used, sorted by name; `broken` returns the others."""
    return tuple(found for found in _all() if isinstance(found, Procedure))


def broken() -> tuple[InvalidProcedure, ...]:
    """Return the error of each module that is not valid as a procedure, sorted by name."""
    return tuple(found for found in _all() if isinstance(found, InvalidProcedure))


def require_valid() -> None:
    """Return if every module is valid as a procedure.

    Raises:
        InvalidProcedure: With everything that is wrong in any of them.
    """
    problems = [problem for error in broken() for problem in error.problems]
    if problems:
        raise InvalidProcedure(problems)


def _all() -> Iterator[Procedure | InvalidProcedure]:
    """Yield each procedure, or why its module is not one: the slip of one author takes no other procedure away."""
    for name in names():
        try:
            yield find(name)
        except InvalidProcedure as error:
            yield error


def _reason(error: BaseException, file: Path) -> str:
    """Return what went wrong at an import, and where; only the texts of exceptions about code hold no value."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({short_path(Path(error.filename or file))}:{error.lineno})"
    said = f": {error}" if isinstance(error, ImportError | AttributeError | NameError) else ""
    return f"{type(error).__name__}{said} ({place(error, str(file))})"


def changing() -> tuple[str, ...]:
    """Return the names of the procedures that plan changes."""
    return tuple(procedure.name for procedure in every() if procedure.plans)


def inspecting() -> tuple[str, ...]:
    """Return the names of the procedures that only inspect."""
    return tuple(procedure.name for procedure in every() if procedure.inspects)
