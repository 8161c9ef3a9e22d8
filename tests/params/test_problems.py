"""A `Params` class with a mistake: each is named with its field and the correction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - the types of fields are looked up
from typing import Literal

import pytest

from runbook_lib.config.secrets import SecretReference  # noqa: TC001 - the types of fields are looked up
from runbook_lib.params import param, problems


@dataclass(frozen=True, kw_only=True)
class Sound:
    """One field of each kind, as a procedure declares them."""

    name: str = param("What it is.", where="Admin > Users", example="joetest")
    number: int = param("What it is.", example=7)
    several: tuple[int, ...] = param("What it is.", example="5,7")
    ids: tuple[int, ...] = param("What it is.", example=5)
    flag: bool = param("What it is.", example=False)
    choice: Literal["a", "b"] = param("What it is.", default="a", example="b")
    maybe: Literal["a", "b"] | None = param("What it is.", default=None, example="b")
    secret: SecretReference | None = param("What it is.", default=None, example="env:NAME")
    begin: datetime | None = param("What it is.", default=None, example="2026-01-15T18:00-07:00")
    hours: int = param("What it is; 0 is all.", default=0)


@dataclass
class _Mutable:
    name: str = param("What it is.", example="x")


@dataclass(frozen=True, kw_only=True)
class _Slips:
    bare: str
    plain: str = field(default="x")
    kind: float = param("What it is.", example=1)
    doc: str = param("What it is", example="x")
    where: str = param("What it is.", where="Admin.", example="x")
    example: str = param("What it is.")
    number: int = param("What it is.", example="7")
    flag: bool = param("What it is.", example=1)
    boolean: int = param("What it is.", example=True)
    empty: str = param("What it is.", example="")
    practice: int = param("What it is.", default=1, practice="7")
    none: int = param("What it is.", example=0)
    blank: str = param("What it is.", example=" x")
    long: str = param("What it is.", example="xxx", longest=2)
    choice: Literal["a", "b"] = param("What it is.", default="c")
    several: tuple[int, ...] = param("What it is.", example="5,5")
    secret: SecretReference = param("What it is.", example="plain")
    begin: datetime = param("What it is.", example="2026-01-15")
    default: int = param("What it is.", default="5")


SLIPS = {
    "bare": "is not made by param(): write NAME: str = param(",
    "plain": "is not made by param()",
    "kind": "has the type float, which a parameter can't have",
    "doc": "end the text of param() with '.'",
    "where": "leave the '.' out",
    "example": "is required and has no example: write example=…",
    "number": "has an example that must be whole number, not '7'",
    "flag": "has an example that must be True or False, not 1",
    "boolean": "has an example that must be whole number, not True",
    "empty": "has an example that is '', which means 'not given'",
    "practice": "has a practice value that must be whole number, not '7'",
    "none": "has an example that is 0, which means 'not given'",
    "blank": "has an example that begins or ends with a blank",
    "long": "has an example that has 3 characters",
    "choice": "has a default that must be a or b, not 'c'",
    "several": "has an example that names 5 more than once",
    "secret": "has an example that must be a reference to a secret",
    "begin": "has an example that must be a date and time",
    "default": "has a default that must be whole number, not '5'",
}


def test_correct_declaration_has_no_problems() -> None:
    """Every kind of field, required or not, with an example of the type that the module writes."""
    assert [] == list(problems(Sound))


@pytest.mark.parametrize(("name", "message"), SLIPS.items())
def test_each_mistake_is_named_with_its_field(name: str, message: str) -> None:
    """One problem per mistake, and all of them at once."""
    by_field = dict(problems(_Slips))

    assert message in by_field[f"Params.{name}"]
    assert len(SLIPS) == len(list(problems(_Slips)))


@pytest.mark.parametrize("declaration", [None, "Params", _Mutable("x"), str])
def test_class_that_is_not_a_dataclass_is_reported(declaration: object) -> None:
    """Any other object under that name is a problem."""
    ((attribute, problem),) = problems(declaration)

    assert ("Params", True) == (attribute, problem.startswith("must be a dataclass: write @dataclass(frozen=True"))


def test_declaration_that_is_not_frozen_is_reported() -> None:
    """A plan could otherwise change its own parameters."""
    ((attribute, problem),) = problems(_Mutable)

    assert ("Params", True) == (attribute, problem.startswith("must be frozen"))


def test_type_imported_only_for_annotations_is_reported() -> None:
    """Its name can't be resolved when the parameters are read."""
    namespace: dict[str, object] = {}
    exec(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom runbook_lib.params import param\n"
        "@dataclass(frozen=True)\nclass Params:\n    begin: Moment = param('What it is.')\n",
        namespace,
    )

    assert [("Params", "uses the type Moment without importing it: import it outside 'if TYPE_CHECKING'")] == list(
        problems(namespace["Params"])
    )
