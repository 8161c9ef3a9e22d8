"""Generate the page about the sample data of practice mode: the objects, their reasons, and the examples with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.pages.markup import block, code, table
from runbook_lib.text import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.fixture.inventory import Item, Section
    from runbook_lib.model.procedure import Procedure

_HEAD = """\
---
description: The sample users, images, instances and requests of practice mode.
search:
  exclude: true # for authors of procedures
---

# Sample data

Practice mode has these objects. All are invented, except the names that the staff guide uses. Authors of new
procedures find their examples here.
"""
_LONGEST = 36  # displayed characters of a key: those of a UUID


def fixture_page(sections: Sequence[Section], procedures: Sequence[Procedure]) -> str:
    """Return ``reference/fixture.md``.

    Args:
        sections: The objects of the fixture, by kind.
        procedures: The procedures whose examples are listed, in this order.
    """
    parts = [_HEAD]
    for section in sections:
        rows = [_row(section, item, procedures) for item in section.items]
        head = ("Object", "State", "Purpose", "In the example of")
        parts.append(f"## {section.title}\n\n" + block("div.rb-stack", table(head, rows)))
    return "\n".join(parts)


def _row(section: Section, item: Item, procedures: Sequence[Procedure]) -> tuple[str, ...]:
    key = item.key if len(item.key) <= _LONGEST else f"{item.key[:_LONGEST]}…"
    name = "<br>".join(code(part) for part in (key, item.name) if part)
    examples = ", ".join(code(procedure.name) for procedure in procedures if uses(section, item, procedure))
    return name, escape.plain(item.state), escape.plain(item.reason), examples


def uses(section: Section, item: Item, procedure: Procedure) -> bool:
    """Return whether the example of a procedure has an object as the value of one of its parameters."""
    keys = {item.key, *item.other_keys} - {""}
    for name, value in procedure.practice_example.items():
        if name.endswith(section.parameters) and not keys.isdisjoint(str(value).split(",")):
            return True
    return False
