"""The commands a page offers to copy, with the example values of the parameters."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Protocol

from runbook_lib.pages.markup import fence

if TYPE_CHECKING:
    from collections.abc import Sequence

REASON = "as asked in the helpdesk"
_NEXT = " \\\n  "  # a long command goes on in the next line, so that a narrow screen shows all of it


class Field(Protocol):
    """What a page needs to know of a parameter; `runbook_lib.params.Field` has it."""

    @property
    def name(self) -> str:
        """Its name, the same everywhere."""

    @property
    def type_name(self) -> str:
        """Its type in words."""

    @property
    def required(self) -> bool:
        """Whether it has to be given."""

    @property
    def in_example(self) -> bool:
        """Whether the example run gives it."""

    @property
    def default(self) -> str | int | bool | None:
        """The value when it is not given."""

    @property
    def doc(self) -> str:
        """What it is."""

    @property
    def where(self) -> str:
        """Where to find the value; may be empty."""

    @property
    def example(self) -> str | int | bool | None:
        """A value that exists in the fixture."""

    @property
    def choices(self) -> Sequence[str]:
        """The words allowed; empty when any are."""


def plan(name: str, parameters: Sequence[Field]) -> str:
    """Return the command that plans."""
    return f"runbook plan {_options(name, parameters)}"


def inspect(name: str, parameters: Sequence[Field]) -> str:
    """Return the command that inspects."""
    return f"runbook inspect {_options(name, parameters)}"


def apply(name: str, parameters: Sequence[Field]) -> str:
    """Return the command that plans, asks and applies."""
    return f"runbook apply {_options(name, parameters)}{_NEXT}--reason {shlex.quote(REASON)}"


def undo(run_id: str) -> str:
    """Return the command that takes a run back."""
    return f"runbook undo {run_id} --reason {shlex.quote(REASON)}"


def papermill(name: str, parameters: Sequence[Field], *, applies: bool) -> str:
    """Return the papermill command; ``-r`` keeps a text a text, ``-p`` is for numbers and True or False."""
    words = [f"papermill notebooks/{name}.py {name}.ipynb"]
    for field in parameters:
        if field.in_example:
            option = "-r" if isinstance(field.example, str) else "-p"
            words.append(f"{option} {field.name} {shlex.quote(_example(name, field))}")
    if applies:
        words.append(f"-p apply True -r reason {shlex.quote(REASON)}")
    return _NEXT.join(words)


def shell(*commands: str) -> str:
    """Return a block to copy; without prompts, which the copy button would copy too."""
    return fence("\n".join(commands), "sh")


def _options(name: str, parameters: Sequence[Field]) -> str:
    given = [f"-p {field.name}={shlex.quote(_example(name, field))}" for field in parameters if field.in_example]
    return f"{name} {''.join(given)}".rstrip() if len(given) <= 1 else _NEXT.join([name, *given])


def _example(name: str, field: Field) -> str:
    """Return the example as it is typed.

    Raises:
        ValueError: A required parameter has no example (a defect of the procedure).
    """
    if field.example in (None, ""):
        raise ValueError(f"{name}: the parameter {field.name} has no example")
    return str(field.example)
