"""The JSON Schema of a procedure's parameters: its content, and the same verdict as the library's check."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest
from jsonschema import Draft202012Validator, ValidationError, validators

from runbook_lib import params, procedures
from runbook_lib.config.secrets import SecretReference  # noqa: TC001 - the annotations are read at run time
from runbook_lib.errors import ParamError
from runbook_lib.params import param
from runbook_lib.params.schema import natural, schema
from tests.awkward import AWKWARD, PARAMETER_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.params import Field

EVERY = [*PARAMETER_TEXTS, *AWKWARD.values()]


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """Apply a pattern as JavaScript does, where ``$`` does not match before a last line break."""
    if isinstance(instance, str) and not re.search(rf"(?:{pattern.removesuffix('$')})\Z", instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator: Any = validators.extend(Draft202012Validator, {"pattern": _pattern})


def _accepts(declared: tuple[Field, ...], document: dict[str, Any]) -> bool:
    return bool(_Validator(schema(declared, procedure="sample")).is_valid(document))


def _checks(declared: tuple[Field, ...], document: dict[str, Any]) -> bool:
    try:
        params.check(declared, document, procedure="sample")
    except ParamError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One field of each kind."""

    username: str = param("The user's name.", example="joetest", where="Admin > Manage Users")
    version_name: str = param("The version's name.", default="", longest=30)
    application_id: int = param("The application.", default=20, example=1144)
    providers: tuple[int, ...] = param("The providers.", example="5,7")
    superuser: bool = param("Superuser too.", default=True)
    site: Literal["both", "atmosphere"] = param("Where.", default="both")
    password: SecretReference | None = param("A new password.", default=None, example="env:NEW_PASSWORD")


def test_schema_has_what_form_needs() -> None:
    """Types, limits, choices, help, place, default and example of each parameter."""
    made = schema(params.fields(Sample), procedure="sample")
    properties = made["properties"]

    assert ("sample", "object", False) == (made["title"], made["type"], made["additionalProperties"])
    assert ["username", "providers"] == made["required"]
    assert ("The user's name.", "Admin > Manage Users", "text", True) == tuple(
        properties["username"][key] for key in ("description", "x-where", "x-kind", "x-shown")
    )
    assert 30 == properties["version_name"]["maxLength"]
    assert ("integer", 1, 2147483647, 20, [1144]) == tuple(
        properties["application_id"][key] for key in ("type", "minimum", "maximum", "default", "examples")
    )
    assert ("array", [[5, 7]]) == (properties["providers"]["type"], properties["providers"]["examples"])
    assert ("boolean", True) == (properties["superuser"]["type"], properties["superuser"]["default"])
    assert ["both", "atmosphere"] == properties["site"]["enum"]
    assert properties["password"]["pattern"].startswith("^(?:env:")
    assert "x-shown" not in properties["password"]


def test_unprintable_characters_are_those_of_python() -> None:
    """Those that Python does not print; a code point without a character depends on the version of Unicode."""
    pattern = re.compile(schema(params.fields(Sample), procedure="sample")["properties"]["username"]["pattern"])
    different = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) != "Cn" and bool(pattern.search(f"a{chr(code)}b")) != chr(code).isprintable()
    ]

    assert [] == different


@pytest.mark.parametrize("procedure", procedures.every(), ids=lambda procedure: procedure.name)
def test_schema_is_valid_and_accepts_examples(procedure: Any) -> None:
    """For every procedure; without a required parameter, or with an unknown one, it refuses."""
    Draft202012Validator.check_schema(schema(procedure.fields, procedure=procedure.name))
    document = {
        field.name: natural(field, str(field.example)) for field in procedure.fields if field.name in procedure.example
    }

    assert _accepts(procedure.fields, document)
    assert not _accepts(procedure.fields, document | {"unknown": 1})
    for name in (field.name for field in procedure.fields if field.required):
        assert not _accepts(procedure.fields, {key: value for key, value in document.items() if key != name})


def _distinct() -> list[Any]:
    """Return one field for each set of rules that a procedure has."""
    kinds = {(f.kind, f.choices, f.longest, f.form): f for p in procedures.every() for f in p.fields}
    return [pytest.param(field, id=f"{field.kind}-{field.name}") for field in kinds.values()]


@pytest.mark.parametrize("field", _distinct())
def test_schema_and_check_agree(field: Field) -> None:
    """For every awkward text, as a form or a command line passes it; an empty one is not passed."""
    different = []
    for text in EVERY:
        value = natural(field, text)
        if value == field.empty:
            continue
        document = {field.name: value}
        if _accepts((field,), document) != _checks((field,), document):
            different.append(text[:60])

    assert [] == different


@pytest.mark.parametrize("value", [True, None, 1.5, float("nan"), [], {}, 5, "5", ["5"]])
@pytest.mark.parametrize("field", _distinct())
def test_schema_and_check_agree_about_types(field: Field, value: Any) -> None:
    """A value of another JSON type is refused by both, except digits as text and one number for several."""
    also = {"number": ("5",), "numbers": (5, "5", ["5"])}.get(field.kind, ())
    expected = _checks((field,), {field.name: value}) and value not in also

    assert expected == _accepts((field,), {field.name: value})
