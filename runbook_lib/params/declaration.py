"""The declaration of a procedure's parameters: a frozen dataclass whose fields `param` makes."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from runbook_lib.config.secrets import SecretReference

Kind = Literal["text", "number", "numbers", "flag", "choice", "secret", "timestamp"]
Form = Literal["line", "paragraphs", "uuid"]
_MISSING: Any = dataclasses.MISSING


@dataclass(frozen=True)
class Field:
    """One declared parameter.

    Attributes:
        name: The parameter's name, the same in the notebook, on the command line and on the page.
        kind: ``text``, ``number`` (whole, from 1 to 2147483647), ``numbers`` (several different ones, written ``5,7``),
            ``flag``, ``choice``, ``secret`` (a reference) or ``timestamp`` (a date and time with its offset from UTC).
        doc: The meaning, one sentence.
        where: The place to find the value; empty when that is obvious.
        example: A value for the printed commands; it exists in the sample data. An optional parameter has one only if
            the task needs a value of it.
        practice: A value that only the run on the sample data sets, such as an override of a refusal; no printed
            command has it.
        required: Whether the parameter must be set.
        default: The default value in JSON form; None for a required parameter.
        choices: The allowed values of a ``choice``.
        longest: The maximum number of characters of a ``text``.
        form: The form of a ``text``: ``line``, ``paragraphs`` (with line breaks), or ``uuid`` (any form of a UUID is
            written in lower case with dashes; other text stays as it is).
    """

    name: str
    kind: Kind
    doc: str
    where: str
    example: str | int | bool | None
    practice: str | int | bool | None
    required: bool
    default: str | int | bool | None
    choices: tuple[str, ...]
    longest: int
    form: Form = "line"

    @property
    def type_name(self) -> str:
        """The kind in words, for pages and messages."""
        labels = {
            "text": "text with paragraphs" if self.form == "paragraphs" else "text",
            "number": "whole number",
            "numbers": "whole numbers, separated by commas",
            "flag": "True or False",
            "secret": "secret reference",
            "timestamp": "date and time with offset",
        }
        return labels.get(self.kind) or " or ".join(self.choices)

    @property
    def in_example(self) -> bool:
        """Whether the printed command sets the parameter: it is required, or the task needs a value of it."""
        return self.required or (self.example is not None and self.kind != "secret")

    @property
    def sample(self) -> str | int | bool | None:
        """A value that shows how to write one; None if the declaration has none."""
        return self.practice if self.example is None else self.example

    @property
    def empty(self) -> str | int:
        """The value that means "not set" in a notebook's parameters cell."""
        return 0 if self.kind == "number" else ""


def param(  # noqa: PLR0913 - one argument per property of a declaration
    doc: str,
    *,
    default: Any = _MISSING,
    example: str | int | bool | None = None,
    practice: str | int | bool | None = None,
    where: str = "",
    longest: int = 256,
    form: Form = "line",
) -> Any:
    """Declare one field of a `Params`; `Field` describes the arguments."""
    meta = {"doc": doc, "where": where, "example": example, "practice": practice, "longest": longest}
    meta["form"] = form
    return dataclasses.field(default=default, metadata=meta)


def fields(declaration: type[Any]) -> tuple[Field, ...]:
    """Return the declared parameters of a `Params` class, in order.

    Raises:
        TypeError: A field has a type that can't be a parameter (a defect of the procedure).
    """
    hints = typing.get_type_hints(declaration)
    return tuple(field_of(item, hints[item.name]) for item in dataclasses.fields(declaration))


def field_of(item: dataclasses.Field[Any], hint: Any) -> Field:
    """Return one declared parameter.

    Raises:
        TypeError: Its type can't be that of a parameter (a defect of the procedure).
    """
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:  # `int | None`: optional
        hint = next(member for member in typing.get_args(hint) if member is not type(None))
    members = typing.get_args(hint)
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
        kind = "timestamp"
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
