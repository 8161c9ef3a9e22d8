"""Turn notebook and command-line scalars into a typed `Params`, or refuse.

A procedure declares its parameters once, as a frozen dataclass whose fields are made by `param`. That declaration feeds
the check here, ``runbook show``, the table on the procedure's page, and papermill's engine.

papermill guesses types from text (``-p version_name 1.10`` arrives as the number 1.1), so a value of another type than
the declared one is never converted back: what was typed is lost. It is refused, with the option that keeps it.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from runbook_lib import moments
from runbook_lib.errors import ParamError
from runbook_lib.secrets import FORMS, SecretReference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Kind = Literal["text", "number", "numbers", "flag", "choice", "secret", "moment"]
LARGEST_ID = 2**31 - 1  # the largest value of PostgreSQL's integer and serial
_MISSING: Any = dataclasses.MISSING


@dataclass(frozen=True)
class Field:
    """One declared parameter.

    Attributes:
        name: Its name, the same in notebook, command line and page.
        kind: ``text``, ``number`` (whole, from 1 to 2147483647), ``numbers`` (several different ones, written ``5,7``),
            ``flag``, ``choice``, ``secret`` (a reference) or ``moment`` (a date and time with its offset from UTC).
        doc: What it is.
        where: Where to find the value; empty when that is plain.
        example: A value that exists in the fixture.
        required: Whether it has to be given.
        default: The value when it is not given, in JSON form; None for a required one.
        choices: The words allowed, for a ``choice``.
        longest: The most characters allowed, for a ``text``.
    """

    name: str
    kind: Kind
    doc: str
    where: str
    example: str | int | bool | None
    required: bool
    default: str | int | bool | None
    choices: tuple[str, ...]
    longest: int

    @property
    def type_name(self) -> str:
        """The kind in words, for pages and messages."""
        words = {
            "text": "text",
            "number": "whole number",
            "numbers": "whole numbers, separated by commas",
            "flag": "True or False",
            "secret": "secret reference",
            "moment": "date and time with offset",
        }
        return words.get(self.kind) or " or ".join(self.choices)

    @property
    def in_example(self) -> bool:
        """Whether the example run gives it: a required one, or one whose default would not do on the fixture."""
        return self.required or (self.example is not None and self.kind != "secret")

    @property
    def empty(self) -> str | int:
        """The value that stands for 'not given' in a notebook's parameters cell."""
        return 0 if self.kind == "number" else ""


def param(
    doc: str,
    *,
    default: Any = _MISSING,
    example: str | int | bool | None = None,
    where: str = "",
    longest: int = 256,
) -> Any:
    """Declare one field of a `Params`; `Field` describes the arguments."""
    meta = {"doc": doc, "where": where, "example": example, "longest": longest}
    return dataclasses.field(default=default, metadata=meta)


def fields(declaration: type[Any]) -> tuple[Field, ...]:
    """Return the declared parameters of a `Params` class, in order.

    Raises:
        TypeError: A field has a type that can't be a parameter (a defect of the procedure).
    """
    hints = typing.get_type_hints(declaration)
    return tuple(_field(item, hints[item.name]) for item in dataclasses.fields(declaration))


def _field(item: dataclasses.Field[Any], hint: Any) -> Field:
    members = typing.get_args(hint)
    if isinstance(hint, types.UnionType):  # `int | None`: may be left out
        hint = next(member for member in members if member is not type(None))
    kind: Kind
    if hint is str:
        kind = "text"
    elif hint is int:
        kind = "number"
    elif hint is bool:
        kind = "flag"
    elif hint == tuple[int, ...] and item.default in (_MISSING, None):
        kind = "numbers"
    elif typing.get_origin(hint) is Literal:
        kind = "choice"
    elif hint is SecretReference:
        kind = "secret"
    elif hint is datetime:
        kind = "moment"
    else:
        raise TypeError(f"{item.name}: {hint} can't be a parameter")
    required = item.default is _MISSING
    default: Any = None if required else item.default
    return Field(
        name=item.name,
        kind=kind,
        required=required,
        default=default,
        choices=members if kind == "choice" else (),
        **item.metadata,
    )


def from_text(declared: Sequence[Field], given: Mapping[str, str], *, procedure: str) -> dict[str, Any]:
    """Return typed values of what was typed on a command line, where every value is text.

    Raises:
        ParamError: Unknown names, missing ones, or text that is not of the declared kind; all of them at once.
    """
    values: dict[str, Any] = {}
    for field in declared:
        text = given.get(field.name)
        if text is not None:
            values[field.name] = _FLAGS.get(text.lower(), text) if field.kind == "flag" else text
    return check(declared, values | {n: t for n, t in given.items() if n not in values}, procedure=procedure)


_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def check(declared: Sequence[Field], given: Mapping[str, Any], *, procedure: str) -> dict[str, Any]:
    """Return `given` with its values in the declared types and the defaults filled in.

    Args:
        declared: The parameters there are.
        given: Name → value as it arrived; an empty text (or 0 for a number) is 'not given'.
        procedure: For the messages.

    Raises:
        ParamError: Everything that is wrong, at once. No value of a secret is ever repeated.
    """
    problems = [unknown(name, declared) for name in given if name not in {field.name for field in declared}]
    values: dict[str, Any] = {}
    for field in declared:
        raw = given.get(field.name, field.empty)
        if raw == field.empty and type(raw) is type(field.empty):
            if field.required:
                problems.append(f"{field.name} is missing: {field.doc}")
            values[field.name] = field.default
            continue
        try:
            values[field.name] = _typed(field, raw)
        except ValueError as error:
            problems.append(f"{field.name} {error}")
    if problems:
        raise ParamError(
            procedure=procedure,
            problems=problems,
            next_step=f"'runbook show {procedure}' lists the parameters, their types and where to find their values",
        )
    return values


def unknown(name: str, declared: Sequence[Field]) -> str:
    """Return the sentence for a parameter that does not exist, with the nearest one that does."""
    names = [field.name for field in declared]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    shown = name if re.fullmatch(r"\w{1,60}", name) else "a name that is not a word"
    return f"there is no parameter {shown}: {guess}"


def _typed(field: Field, raw: Any) -> Any:
    """Return one value in its type; the ValueError's text continues a sentence that begins with the name."""
    if read := _NOT_TEXT.get(field.kind):
        return read(field, raw)
    if field.kind == "moment" and isinstance(raw, datetime):  # a cell or a YAML reader may make one
        raw = raw.isoformat()
    if not isinstance(raw, str):
        raise ValueError(
            f"must be text, but arrived as {_arrived(raw)}: papermill's -p and -y guess a type, and what was typed is "
            f"lost. Use {_papermill('-r', field)}, or runbook … -p {field.name}=VALUE"
        )
    if field.kind == "moment":
        return moments.read(raw)
    if field.kind == "choice" and raw not in field.choices:
        near = difflib.get_close_matches(raw, field.choices, n=1)
        guess = f": did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be {field.type_name}, not {_shortened(raw)}{guess}")
    return _text(field, raw)


def _secret(_field: Field, raw: Any) -> SecretReference:
    words = f"must be a reference to a secret ({FORMS}), never the secret itself; it is not shown here"
    if not isinstance(raw, str):
        raise ValueError(words)
    try:
        return SecretReference(raw)
    except ValueError as error:
        raise ValueError(
            f"{words}. If it was a real one, treat it as disclosed: it may be in your shell's history and in a saved "
            "notebook"
        ) from error


def _flag(field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    raise ValueError(f"must be True or False, not {_arrived(raw)}: with papermill, {_papermill('-p', field)}")


def _number(field: Field, raw: Any) -> int:
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,10}", raw):
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueError(f"must be a whole number, not {_arrived(raw)}: with papermill, {_papermill('-p', field)}")
    if not 1 <= raw <= LARGEST_ID:
        raise ValueError(f"must be from 1 to {LARGEST_ID}, not {raw}")
    return raw


def _numbers(field: Field, raw: Any) -> tuple[int, ...]:
    """Return several numbers: of a text such as ``5,7``, of a list, or of a single number."""
    if isinstance(raw, str):
        raw = [part.strip() for part in raw.split(",")]
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = [raw]
    if not isinstance(raw, list | tuple) or not raw:
        raise ValueError(f"must be {field.type_name}, not {_arrived(raw)}: with papermill, {_papermill('-r', field)}")
    found = tuple(_number(field, one) for one in raw)
    if twice := [number for number in dict.fromkeys(found) if found.count(number) > 1]:
        raise ValueError(f"names {' and '.join(map(str, twice))} more than once")
    return found


_NOT_TEXT: Mapping[Kind, Callable[[Field, Any], Any]] = types.MappingProxyType(
    {"secret": _secret, "flag": _flag, "number": _number, "numbers": _numbers}
)


def _text(field: Field, raw: str) -> str:
    if len(raw) > field.longest:
        raise ValueError(f"has {len(raw)} characters; the column holds {field.longest}")
    if raw != raw.strip():
        raise ValueError(f"begins or ends with a blank: {_shortened(raw)}")
    if not raw.isprintable():
        odd = next(char for char in raw if not char.isprintable())
        raise ValueError(f"holds the character U+{ord(odd):04X}, which can't be printed (a line break, for instance)")
    return raw


def _arrived(raw: Any) -> str:
    """Return an arrived value and its type in words, as short as it can be told."""
    if raw is None:
        return "nothing (None)"
    if isinstance(raw, float) and not math.isfinite(raw):
        return f"the number {raw}"
    words = {bool: "the flag", int: "the whole number", float: "the number", str: "the text"}
    return f"{words.get(type(raw), type(raw).__name__)} {_shortened(raw)}"


def _shortened(raw: Any) -> str:
    shown = repr(raw)
    return shown if len(shown) <= 40 else shown[:37] + "…"  # noqa: PLR2004 - a line's worth


def _papermill(option: str, field: Field) -> str:
    sample = {"number": str(field.example or 1), "numbers": str(field.example or "5,7"), "flag": "True"}.get(
        field.kind, "VALUE"
    )
    return f"papermill … {option} {field.name} {sample}"
