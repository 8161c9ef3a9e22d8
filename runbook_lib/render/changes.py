"""Changes as lines for a terminal and as a table for a notebook or a page, one line per difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.render.differences import differences, title
from runbook_lib.text.escape import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model import Change
    from runbook_lib.render.differences import ValueDifference


def change_lines(change: Change, *, label: str = "") -> list[str]:
    """Return a change for a terminal: its title, then one aligned line per difference.

    Args:
        change: The change.
        label: The start of the first line.
    """
    kind, system, target = title(change)
    items = differences(change)
    width = max((len(item.name) for item in items if item.sign != "="), default=0)
    irreversible = "" if change.reversible else "  (irreversible)"
    indent = " " * len(label)
    lines = [f"{label}{kind} {system} {target}{irreversible}"]
    return lines + [f"{indent}  {_difference_line(item, width)}".rstrip() for item in items]


def changes_table(changes: Sequence[Change]) -> str:
    """Return changes as a Markdown table."""
    head = "| | system | target | column | before | after |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(row for number, change in enumerate(changes, start=1) for row in _rows(number, change))])


def _difference_line(item: ValueDifference, width: int) -> str:
    if item.sign == "=":
        return f"  {item.name}"
    return f"{item.sign} {item.name:{width}}  {' → '.join(filter(None, (item.before, item.after)))}"


def _rows(number: int, change: Change) -> Iterator[str]:
    """Yield the table's rows of a change, one per difference; what they share stands in the first row."""
    _, system, target = title(change)
    shared = (str(number), system, code(target))
    for item in differences(change):
        name = plain(item.name) if item.sign == "=" else f"{plain(item.sign)} {plain(item.name)}"
        values = (code(value) if value else "" for value in (item.before, item.after))
        yield f"| {' | '.join((*shared, name, *values))} |"
        shared = ("", "", "")
