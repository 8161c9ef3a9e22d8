"""Find the problems of a `Params` class, field by field, when its procedure is loaded."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from runbook_lib.params.convert import typed
from runbook_lib.params.declaration import field_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.params.declaration import Field, Kind

_WRITE = 'write NAME: str = param("What it is.", where="…", example="…")'
# Kind → the types of its values in a module.
_TYPES: Mapping[Kind, tuple[type[Any], ...]] = MappingProxyType(
    {"number": (int,), "numbers": (str, int), "flag": (bool,)}
)


def problems(declaration: object) -> Iterator[tuple[str, str]]:
    """Yield each problem as the attribute and the sentence; nothing for a valid `Params`.

    Args:
        declaration: The module's attribute `Params`.
    """
    if not inspect.isclass(declaration) or not dataclasses.is_dataclass(declaration):
        yield "Params", "must be a dataclass: write @dataclass(frozen=True, kw_only=True) above the class"
        return
    if not declaration.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # not in the stubs
        yield "Params", "must be frozen: write @dataclass(frozen=True, kw_only=True) above the class"
    try:
        hints = typing.get_type_hints(declaration)
    except NameError as error:
        yield "Params", f"uses the type {error.name} without importing it: import it outside 'if TYPE_CHECKING'"
        return
    for item in dataclasses.fields(declaration):
        yield from ((f"Params.{item.name}", problem) for problem in _field_problems(item, hints[item.name]))


def _field_problems(item: dataclasses.Field[Any], hint: Any) -> Iterator[str]:
    """Yield the problems of one field."""
    if "doc" not in item.metadata:
        yield f"is not made by param(): {_WRITE}"
        return
    try:
        field = field_of(item, hint)
    except TypeError:
        shown = getattr(hint, "__name__", str(hint))
        yield (
            f"has the type {shown}, which a parameter can't have: write str, int, bool, Literal[…], datetime, "
            "SecretReference, or tuple[int, ...] without a default"
        )
        return
    if not field.doc.endswith("."):
        yield "must be described by a sentence: end the text of param() with '.'"
    if field.where.endswith("."):
        yield "has a 'where' that ends with '.': leave the '.' out, because more words follow"
    if field.practice is not None:
        yield from (f"has a practice value that {problem}" for problem in _value_problems(field, field.practice))
    if field.example is not None:
        yield from (f"has an example that {problem}" for problem in _value_problems(field, field.example))
    elif field.required:
        yield "is required and has no example: write example=…, a value that exists in the fixture"
    if field.default not in (None, "", 0):
        yield from (f"has a default that {problem}" for problem in _value_problems(field, field.default))


def _value_problems(field: Field, value: Any) -> Iterator[str]:
    """Yield the reasons why an operator could not pass this value."""
    wanted = _TYPES.get(field.kind, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        yield f"must be {field.type_name}, not {value!r}"
        return
    if value == field.empty and field.kind != "flag":
        yield f"is {value!r}, which means 'not given'"
        return
    try:
        typed(field, value)
    except ValueError as error:
        yield str(error)
