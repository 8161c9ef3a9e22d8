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
        ParamError: There is no procedure of that name.
        InvalidProcedure: Its module cannot be imported, or does not declare what a procedure must.
    """
    if name not in names():
        near = difflib.get_close_matches(name.replace("-", "_"), names(), n=1, cutoff=0.5)
        guess = f"did you mean {near[0]}?" if near else f"none of the {len(names())} procedures has a similar name"
        shown = name if name.isidentifier() else repr(name)[:60]
        raise ParamError(
            problems=[f"there is no procedure {shown}: {guess}"], next_step=f"'{commands.LIST}' shows all procedures"
        )
    try:
        module = importlib.import_module(f"{__package__}.{name}")
    except (Exception, SystemExit) as error:
        file = Path(__file__).with_name(f"{name}.py")
        problem = AttributeProblem(name, short_path(file), "module", f"cannot be imported: {_reason(error, file)}")
        raise InvalidProcedure([problem]) from error
    return Procedure.from_module(module, name)


def every() -> tuple[Procedure, ...]:
    """Return all usable procedures, sorted by name; `broken` returns the errors of the others."""
    return tuple(result for result in _all() if isinstance(result, Procedure))


def broken() -> tuple[InvalidProcedure, ...]:
    """Return the error of each module that is not a valid procedure, sorted by name."""
    return tuple(result for result in _all() if isinstance(result, InvalidProcedure))


def require_valid() -> None:
    """Raise unless every module is a valid procedure.

    Raises:
        InvalidProcedure: With every problem of every module.
    """
    problems = [problem for error in broken() for problem in error.problems]
    if problems:
        raise InvalidProcedure(problems)


def _all() -> Iterator[Procedure | InvalidProcedure]:
    """Yield each procedure or its error, so that a mistake in one module does not remove the others."""
    for name in names():
        try:
            yield find(name)
        except InvalidProcedure as error:
            yield error


def _reason(error: BaseException, file: Path) -> str:
    """Return the error of an import and its place; only the texts of exceptions about code are free of values."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({short_path(Path(error.filename or file))}:{error.lineno})"
    text = f": {error}" if isinstance(error, ImportError | AttributeError | NameError) else ""
    return f"{type(error).__name__}{text} ({place(error, str(file))})"


def changing() -> tuple[str, ...]:
    """Return the names of the procedures that plan changes."""
    return tuple(procedure.name for procedure in every() if procedure.plans)


def inspecting() -> tuple[str, ...]:
    """Return the names of the procedures that only inspect."""
    return tuple(procedure.name for procedure in every() if procedure.inspects)
