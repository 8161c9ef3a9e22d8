"""Describe a procedure's parameters as a JSON Schema, for forms and for programs that call a procedure.

The instance is an object of the parameters that are set, in their natural JSON types. `natural` converts the text of a
form or a command line to that type. `check` and the schema then accept the same objects.
"""

from __future__ import annotations

import re
import types
from typing import TYPE_CHECKING, Any

from runbook_lib.config import settings
from runbook_lib.params.convert import FLAGS, LARGEST_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.params.declaration import Field, Form, Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# A pattern means the same to JavaScript with Unicode, which the dialect recommends, and to Python.
# Controls, formats, blanks, surrogates and private use can't be printed; neither can a code point without a character,
# which `check` alone knows.
_UNPRINTABLE = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ud800-\uf8ff\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U00013438\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f\U000f0000-\U0010ffff"
)
_LINE = rf"[^{_UNPRINTABLE}]+(?: +[^{_UNPRINTABLE}]+)*"
_PARAGRAPHS = rf"(?:\r?\n)*[^{_UNPRINTABLE}]+(?:(?: |\r?\n)+[^{_UNPRINTABLE}]+)*(?:\r?\n)*"
_HEX = "[0-9A-Fa-f]"
_UUID = rf"\s*(?:[Uu][Rr][Nn]:[Uu][Uu][Ii][Dd]:)?\{{?{_HEX}{{8}}(?:-?{_HEX}{{4}}){{3}}-?{_HEX}{{12}}\}}?\s*"
_FORMS: Mapping[Form, str] = types.MappingProxyType(
    {
        "line": f"^{_LINE}$",
        "paragraphs": f"^{_PARAGRAPHS}$",
        "uuid": f"^(?:{_UUID}|{_LINE})$",
    }
)
_REFERENCE = r"^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\x00-\x1f]+|prompt)$"
_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_DAY = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_OFFSET = r" ?(?:Z|UTC|GMT|[+\-](?:[01][0-9]|2[0-3]):?(?:[0-5][0-9])?)"
_TIMESTAMP = rf"^(?:(?!0000)[0-9]{{4}}-{_DAY}|{_LEAP_DAY})[T ]{_TIME}{_OFFSET}$"
_NUMBER = types.MappingProxyType({"type": "integer", "minimum": 1, "maximum": LARGEST_ID})
_DIGITS = re.compile(r"[0-9]{1,10}")


def schema(declared: Sequence[Field], *, procedure: str) -> dict[str, Any]:
    """Return the JSON Schema, draft 2020-12, of a procedure's parameters.

    Beside the dialect's own words, a parameter has ``x-kind``, its `Field.kind`, ``x-form``, the `Field.form` of a text
    that is not one line, and ``x-where``, the place to find its value. ``examples`` holds the value of the printed
    commands, or another valid value. ``x-shown`` is true if the printed commands set the parameter. ``x-zone`` is the
    zone of Atmosphere's logs, in which a time without its offset is offered.
    """
    return {
        "$schema": DIALECT,
        "title": procedure,
        "type": "object",
        "properties": {field.name: _property(field) for field in declared},
        "required": [field.name for field in declared if field.required],
        "additionalProperties": False,
    }


def natural(field: Field, text: str) -> Any:
    """Return the text of a form or a command line in the natural JSON type; a text without that form stays text."""
    if field.kind == "flag":
        return FLAGS.get(text.lower(), text)
    if field.kind == "number":
        return _number(text)
    if field.kind == "numbers":
        return [_number(part.strip()) for part in text.split(",")]
    return text


def _number(text: str) -> int | str:
    return int(text) if _DIGITS.fullmatch(text) else text


def _property(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"description": field.doc, **_types(field), "x-kind": field.kind}
    if field.where:
        described["x-where"] = field.where
    if field.form != "line":
        described["x-form"] = field.form
    if field.default not in (None, ""):
        described["default"] = field.default
    if field.sample not in (None, ""):
        described["examples"] = [natural(field, str(field.sample)) if field.kind == "numbers" else field.sample]
    if field.in_example:
        described["x-shown"] = True
    return described


def _types(field: Field) -> Mapping[str, Any]:
    """Return the types and limits of a parameter's values."""
    if field.kind == "text":
        return {"type": "string", "minLength": 1, "maxLength": field.longest, "pattern": _FORMS[field.form]}
    if field.kind == "choice":
        return {"type": "string", "enum": list(field.choices)}
    if field.kind == "timestamp":
        return {"type": "string", "pattern": _TIMESTAMP, "x-zone": settings.zone()}
    return _TYPES[field.kind]


_TYPES: Mapping[Kind, Mapping[str, Any]] = types.MappingProxyType(
    {
        "number": _NUMBER,
        "numbers": {"type": "array", "items": dict(_NUMBER), "minItems": 1, "uniqueItems": True},
        "flag": {"type": "boolean"},
        "secret": {"type": "string", "pattern": _REFERENCE},
    }
)
