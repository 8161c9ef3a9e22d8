"""Find procedures by walking this package and the site's extensions; a procedure's name is its module's name."""

from __future__ import annotations

import difflib
import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.config import extensions
from runbook_lib.config.extensions import Extension, MissingExtension
from runbook_lib.errors import AttributeProblem, InvalidProcedure, ParamError, place, short_path
from runbook_lib.messages import rules
from runbook_lib.model.procedure import Procedure
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_OURS = Extension("runbook_lib", __package__, Path(__file__).parent)


def names() -> tuple[str, ...]:
    """Return the names of all procedures, sorted, without importing them.

    Raises:
        ParamError, Refused: The settings are not valid.
    """
    return tuple(sorted(_modules()))


def find(name: str) -> Procedure:
    """Return one procedure.

    Raises:
        ParamError: There is no procedure of that name.
        InvalidProcedure: Its module cannot be imported, or does not declare what a procedure must; or two modules have
            the name.
    """
    modules = _modules()
    if name not in modules:
        near = difflib.get_close_matches(name.replace("-", "_"), modules, n=1, cutoff=0.5)
        guess = f"did you mean {near[0]}?" if near else f"none of the {len(modules)} procedures has a similar name"
        shown = name if name.isidentifier() else repr(name)[:60]
        raise ParamError(
            problems=[f"there is no procedure {shown}: {guess}"], next_step=f"'{commands.LIST}' shows all procedures"
        )
    source, *others = modules[name]
    file = source.folder / f"{name}.py"
    if others:
        files = [short_path(other.folder / f"{name}.py") for other in others]
        reason = f"has the name of {short_path(file)}; rename it"
        raise InvalidProcedure([AttributeProblem(name, other, "module", reason) for other in files])
    try:
        module = importlib.import_module(f"{source.package}.{name}")
    except (Exception, SystemExit) as error:
        problem = AttributeProblem(name, short_path(file), "module", f"cannot be imported: {_reason(error, file)}")
        raise InvalidProcedure([problem]) from error
    return Procedure.from_module(module, name)


def _modules() -> Mapping[str, tuple[Extension, ...]]:
    """Return the name of each procedure → the places of its modules; two places are a clash."""
    return _walk(extensions.usable())


@functools.cache
def _walk(own: tuple[Extension, ...]) -> Mapping[str, tuple[Extension, ...]]:
    places: dict[str, tuple[Extension, ...]] = {}
    for extension in (_OURS, *own):
        places |= {name: (*places.get(name, ()), extension) for name in extension.modules}
    return places


def every() -> tuple[Procedure, ...]:
    """Return all usable procedures, sorted by name; `broken` returns the errors of the others."""
    return tuple(result for result in _all() if isinstance(result, Procedure))


def broken() -> tuple[InvalidProcedure, ...]:
    """Return the error of each module that is not a valid procedure, by name; then those of the site's extensions."""
    return (*(result for result in _all() if isinstance(result, InvalidProcedure)), *_extension_errors())


def require_valid() -> None:
    """Raise unless every module is a valid procedure.

    Raises:
        InvalidProcedure: With every problem of every module.
    """
    problems = [problem for error in broken() for problem in error.problems]
    if problems:
        raise InvalidProcedure(problems)


def _extension_errors() -> Iterator[InvalidProcedure]:
    """Yield the error of each extension that can't be used, and of each of its files with rules about messages."""
    for extension in extensions.every():
        if isinstance(extension, MissingExtension):
            yield InvalidProcedure(
                [AttributeProblem(extension.place, extension.source, "extension", f"can't be used: {extension.why}")]
            )
    for problem in rules.problems():
        yield InvalidProcedure([AttributeProblem(problem.file.stem, str(problem.file), "rules", problem.why)])


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
