"""Find all problems of a procedure's module, each with the correction."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from runbook_lib import params
from runbook_lib.model import needs, signature

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

Problem = tuple[str, str]  # the attribute, and the sentence about it
_FUNCTIONS = ("plan", "inspect")
_CONSTANTS = ("GROUP", "MINUTES", "NEEDS", "OPTIONAL")
_MISSPELLED = 0.75  # the minimum similarity to one of the names above
_ABSENT: Any = object()


def module_problems(module: ModuleType, name: str) -> Iterator[Problem]:
    """Yield each problem of a module as the attribute and the sentence about it.

    Args:
        module: The imported module.
        name: The procedure's name, from the name of the file.
    """
    yield from _name(name)
    yield from _docstring(module)
    yield from _minutes(getattr(module, "MINUTES", _ABSENT))
    yield from _group(getattr(module, "GROUP", "-"))
    yield from _needs(getattr(module, "NEEDS", _ABSENT))
    yield from _optional(getattr(module, "OPTIONAL", {}))
    yield from _params(module)
    yield from _functions(module)
    yield from _other_names(module)


def _name(name: str) -> Iterator[Problem]:
    if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name):
        yield "file name", "must be a verb and its object in lower case, joined by '_': grant_staff.py"


def _docstring(module: ModuleType) -> Iterator[Problem]:
    first = (module.__doc__ or "").strip().partition("\n")[0]
    if not first:
        yield "docstring", "is missing: write what the procedure does, in one sentence, at the top of the file"
    elif not first.endswith("."):
        yield "docstring", "must begin with one sentence on one line: end the first line with '.'"


def _minutes(minutes: Any) -> Iterator[Problem]:
    write = "write MINUTES = 5, the time from reading the page to knowing that it worked"
    if minutes is _ABSENT:
        yield "MINUTES", f"is missing: {write}"
    elif isinstance(minutes, bool) or not isinstance(minutes, int) or minutes < 1:
        yield "MINUTES", f"must be a whole number from 1, not {minutes!r}: {write}"


def _group(group: Any) -> Iterator[Problem]:
    if not isinstance(group, str) or not group.strip():
        yield "GROUP", f'must be the name of a group, not {group!r}: write GROUP = "Instances"'


def _needs(declared: Any) -> Iterator[Problem]:
    write = 'write NEEDS = ("atmosphere", "argo or logs"), the systems without which it does nothing'
    if declared is _ABSENT:
        yield "NEEDS", f"is missing: {write}"
    elif not isinstance(declared, tuple) or not declared:
        comma = f"; a single system needs a comma, as in ({declared!r},)" if isinstance(declared, str) else ""
        yield "NEEDS", f"must be a tuple of at least one system, not {declared!r}: {write}{comma}"
    else:
        for need in declared:
            for system in needs.names(need) if isinstance(need, str) else (need,):
                yield from _system("NEEDS", system)


def _optional(declared: Any) -> Iterator[Problem]:
    if not isinstance(declared, dict):
        yield "OPTIONAL", f'must be a dictionary, not {declared!r}: write OPTIONAL = {{"nova": "what it adds"}}'
        return
    for system, addition in declared.items():
        yield from _system("OPTIONAL", system)
        if not isinstance(addition, str) or not addition.strip():
            yield "OPTIONAL", f"does not say what {system} adds: write a few words, without '.' at the end"


def _system(attribute: str, system: Any) -> Iterator[Problem]:
    if system not in needs.SYSTEMS:
        near = difflib.get_close_matches(str(system), [kind.value for kind in needs.SYSTEMS], n=1, cutoff=0.5)
        guess = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(needs.SYSTEMS)}"
        yield attribute, f"names {system!r}, which is not a system: {guess}"


def _params(module: ModuleType) -> Iterator[Problem]:
    if hasattr(module, "Params"):
        yield from params.problems(module.Params)
    elif any("params" in (signature.parameters(getattr(module, name, None)) or ()) for name in _FUNCTIONS):
        yield "Params", "is missing: write a frozen dataclass whose fields are made by param()"


def _functions(module: ModuleType) -> Iterator[Problem]:
    present = [name for name in _FUNCTIONS if hasattr(module, name)]
    if not present:
        yield "plan", "is missing: write plan(world, params), or inspect(world, params) for one that changes nothing"
    if len(present) > 1:
        yield "inspect", "stands beside plan(): write one of them, since a procedure plans changes or only inspects"
    for name in present:
        if not signature.is_valid(getattr(module, name)):
            yield name, f"must be a function: write def {name}(world, params); both can be left out"
    takes = ("undo", "now")
    if hasattr(module, "undo_expects") and len(signature.parameters(module.undo_expects) or ()) != len(takes):
        yield "undo_expects", f"must be a function: write def undo_expects({', '.join(takes)})"


def _other_names(module: ModuleType) -> Iterator[Problem]:
    """Yield public names that are not part of a procedure: probably misspelled ones, which have no effect."""
    allowed = {"Params", "plan", "inspect", "undo_expects"}
    for name, value in vars(module).items():
        if name.startswith("_") or name in allowed:
            continue
        if getattr(value, "__module__", "") == module.__name__ and callable(value):
            near = difflib.get_close_matches(name, allowed, n=1, cutoff=_MISSPELLED)
            guess = f"did you mean {near[0]}?" if near else "let the name begin with '_'"
            yield name, f"is not part of a procedure: {guess}"
        elif name.isupper() and name not in _CONSTANTS:
            near = difflib.get_close_matches(name, _CONSTANTS, n=1, cutoff=_MISSPELLED)
            yield from ((name, f"is not part of a procedure: did you mean {guess}?") for guess in near)
