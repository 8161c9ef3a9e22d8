"""A change as its single differences: one per column, and one per key of a nested value.

Terminal, notebook and page show the same differences. Equal keys of a nested value are only counted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from runbook_lib.model import Call, RowDelete, RowInsert, RowUpdate, row_name
from runbook_lib.model.values import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Change
    from runbook_lib.model.values import Json

Sign = Literal["+", "-", "~", "="]
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?\+00:00")
_ABSENT: Any = object()


@dataclass(frozen=True)
class ValueDifference:
    """One value that a change adds, removes or replaces.

    Attributes:
        sign: ``+`` added, ``-`` removed, ``~`` replaced, ``=`` the number of equal keys of a nested value.
        name: The column, the action of a call, or ``column.key``.
        before: The present value as text; empty for ``+`` and ``=``.
        after: The planned value as text; empty for ``-`` and ``=``.
    """

    sign: Sign
    name: str
    before: str = ""
    after: str = ""


def differences(change: Change) -> tuple[ValueDifference, ...]:
    """Return the differences of a change, in the order of its columns."""
    if isinstance(change, Call):
        return tuple(_compare(change.action, _none_as_absent(change.before), _none_as_absent(change.after)))
    if isinstance(change, RowUpdate):
        return tuple(item for name in change.after for item in _compare(name, change.before[name], change.after[name]))
    sides = ((_ABSENT, value) if isinstance(change, RowInsert) else (value, _ABSENT) for value in change.row.values())
    pairs = zip(change.row, sides, strict=True)
    return tuple(item for name, (before, after) in pairs for item in _compare(name, before, after))


def title(change: Change) -> tuple[str, str, str]:
    """Return the kind of a change, its system, and its row or object."""
    if isinstance(change, Call):
        return ("call", str(change.system), change.target)
    kinds = {RowUpdate: "update", RowInsert: "insert", RowDelete: "delete"}
    return (kinds[type(change)], change.database, row_name(change))


def value_text(value: Json) -> str:
    """Return a value as one line: a time with its zone, and quotation marks where a text looks like another value."""
    if not isinstance(value, str):
        return show(value)
    if time := _TIME.fullmatch(value):
        return f"{time[1]} {time[2]} UTC"
    is_plain = value and value == value.strip() and value.isprintable() and not set('"\\') & set(value)
    return value if is_plain and not _is_json(value) else show(value)


def _compare(name: str, before: Json, after: Json) -> Iterator[ValueDifference]:
    """Yield the differences between two values; those of objects by key."""
    old, new = _keys(before), _keys(after)
    if (before is _ABSENT or old) and (after is _ABSENT or new) and (old or new):
        equal = 0
        for key in dict.fromkeys([*old, *new]):
            if key in old and key in new and old[key] == new[key]:
                equal += 1
            else:
                yield from _compare(f"{name}.{key}", old.get(key, _ABSENT), new.get(key, _ABSENT))
        if equal:
            yield ValueDifference("=", f"{equal} unchanged")
    elif before is _ABSENT:
        yield ValueDifference("+", name, after="" if after is _ABSENT else value_text(after))
    elif after is _ABSENT:
        yield ValueDifference("-", name, before=value_text(before))
    else:
        yield ValueDifference("~", name, value_text(before), value_text(after))


def _keys(value: Json) -> Mapping[str, Json]:
    """Return the keys of an object, or of a text that holds one; empty for every other value."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _none_as_absent(value: Json) -> Json:
    return _ABSENT if value is None else value


def _is_json(text: str) -> bool:
    """Return whether a text without quotation marks would look like another value, such as 1 or null."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
