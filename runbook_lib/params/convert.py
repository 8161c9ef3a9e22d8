"""Convert a value to the type that its parameter declares, or raise the reason against it."""

from __future__ import annotations

import difflib
import math
import re
import types
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runbook_lib.config.secrets import FORMS, SecretReference
from runbook_lib.params import timestamps
from runbook_lib.text import identifiers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.params.declaration import Field, Kind

LARGEST_ID = 2**31 - 1  # the largest value of PostgreSQL's integer and serial
# The texts of a flag on a command line, in lower case.
FLAGS: Mapping[str, bool] = types.MappingProxyType({"true": True, "yes": True, "false": False, "no": False})


def typed(field: Field, raw: Any) -> Any:
    """Return a value in its declared type.

    Raises:
        ValueError: The value does not have the declared kind. The message is a predicate about the parameter.
    """
    if read := _NOT_TEXT.get(field.kind):
        return read(field, raw)
    if field.kind == "timestamp" and isinstance(raw, datetime):  # a cell or a YAML reader can make one
        raw = raw.isoformat()
    if not isinstance(raw, str):
        raise ValueError(
            f"must be text, but arrived as {_arrived(raw)}: papermill's -p and -y guess a type and lose the typed "
            f"text. Use {_papermill('-r', field)}, or runbook … -p {field.name}=VALUE"
        )
    if field.kind == "timestamp":
        return timestamps.read(raw)
    if field.kind == "choice" and raw not in field.choices:
        near = difflib.get_close_matches(raw, field.choices, n=1)
        guess = f": did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be {field.type_name}, not {_shortened(raw)}{guess}")
    return _text(field, raw)


def _secret(_field: Field, raw: Any) -> SecretReference:
    problem = f"must be a reference to a secret ({FORMS}), never the secret itself; it is not shown here"
    if not isinstance(raw, str):
        raise ValueError(problem)
    try:
        return SecretReference(raw)
    except ValueError as error:
        raise ValueError(
            f"{problem}. If it was a real secret, treat it as disclosed: it might be in your shell's history and in a "
            "saved notebook"
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
    """Return several numbers from a text such as ``5,7``, from a list, or from a single number."""
    if isinstance(raw, str):
        raw = [part.strip() for part in raw.split(",")]
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = [raw]
    if not isinstance(raw, list | tuple) or not raw:
        raise ValueError(f"must be {field.type_name}, not {_arrived(raw)}: with papermill, {_papermill('-r', field)}")
    numbers = tuple(_number(field, item) for item in raw)
    if duplicates := [number for number in dict.fromkeys(numbers) if numbers.count(number) > 1]:
        raise ValueError(f"names {' and '.join(map(str, duplicates))} more than once")
    return numbers


_NOT_TEXT: Mapping[Kind, Callable[[Field, Any], Any]] = types.MappingProxyType(
    {"secret": _secret, "flag": _flag, "number": _number, "numbers": _numbers}
)


def _text(field: Field, raw: str) -> str:
    if field.form == "uuid":
        raw = identifiers.uuid(raw) or raw
    kept = ""
    if field.form == "paragraphs":
        raw, kept = raw.replace("\r\n", "\n").strip("\n"), "\n"
    if len(raw) > field.longest:
        raise ValueError(f"has {len(raw)} characters; the column holds {field.longest}")
    if raw != raw.strip():
        raise ValueError(f"begins or ends with a blank: {_shortened(raw)}")
    if odd := next((char for char in raw if not char.isprintable() and char not in kept), ""):
        raise ValueError(f"holds the character U+{ord(odd):04X}, which can't be printed (a line break, for instance)")
    return raw


def _arrived(raw: Any) -> str:
    """Return a received value and its type as a short phrase."""
    if raw is None:
        return "nothing (None)"
    if isinstance(raw, float) and not math.isfinite(raw):
        return f"the number {raw}"
    labels = {bool: "the flag", int: "the whole number", float: "the number", str: "the text"}
    return f"{labels.get(type(raw), type(raw).__name__)} {_shortened(raw)}"


def _shortened(raw: Any) -> str:
    shown = repr(raw)
    return shown if len(shown) <= 40 else shown[:37] + "…"  # noqa: PLR2004 - a line's worth


def _papermill(option: str, field: Field) -> str:
    sample = {"number": str(field.sample or 1), "numbers": str(field.sample or "5,7"), "flag": "True"}.get(
        field.kind, "VALUE"
    )
    return f"papermill … {option} {field.name} {sample}"


def as_json(value: Any) -> Any:
    """Return a parameter in JSON form: a secret as its reference, a timestamp in ISO 8601, numbers as typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return value.isoformat() if isinstance(value, datetime) else getattr(value, "source", value)
