"""List the objects that a text can mean, when it is not the identifier that an inspection takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Inspection, Step, Table, to_inspect
from runbook_lib.systems.db.queries import objects
from runbook_lib.text import identifiers
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.errors import TargetNotFound
    from runbook_lib.systems.db.queries.objects import FoundObject


def find(title: str, text: str, error: TargetNotFound, *, now: datetime) -> tuple[FoundObject, ...]:
    """Return the objects of one kind that a text can mean, at least one. Reads Atmosphere's database.

    Args:
        title: The kind, as in `objects.KINDS`.
        text: A name, an address, a number, any form of a UUID, or a user's name.
        error: Why the text is not an identifier.
        now: The time.

    Raises:
        TargetNotFound: There is none; this is `error`.
    """
    rows = objects.candidates(title, identifiers.read(text), now=now)
    if not rows:
        raise error
    return rows


def choice(rows: tuple[FoundObject, ...], text: str, procedure: str, parameter: str) -> Inspection:
    """Return the list of the objects, with the command that inspects each."""
    shown = tuple((row.reference, row.name, row.owner, row.state) for row in rows)
    limit = f"at most {objects.MAX_PER_KIND} are shown" if len(rows) == objects.MAX_PER_KIND else ""
    return Inspection(
        answer=f"{text} can mean {count(len(rows), rows[0].kind)}. Choose one.",
        parts=(Table("Candidates", (parameter, "name", "owner", "state"), shown, note=limit),),
        steps=tuple(
            Step(f"Inspect {row.name} of {row.owner}.", *to_inspect(procedure, **{parameter: row.reference}))
            for row in rows
        ),
    )
