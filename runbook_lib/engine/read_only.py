"""Take a look: run a procedure that only reads, with every system refusing writes meanwhile."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from runbook_lib.engine.apply import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model.inspection import Look
    from runbook_lib.model.protocols import Systems
    from runbook_lib.procedures._registry import Procedure


def take(procedure: Procedure, world: Systems, values: Mapping[str, Any]) -> Look:
    """Return what `procedure` sees with these typed parameters. Writes nothing, and records nothing in the journal.

    Raises:
        NothingChanged: Any of its kinds; a source that is only helpful does not raise but is told as a gap.
    """
    with world.reading():
        look = procedure.look(world, procedure.bind(values))
    return dataclasses.replace(
        look,
        procedure=procedure.name,
        params={name: as_json(value) for name, value in values.items()},
        targets=world.targets(),
        taken=world.now().isoformat(timespec="seconds"),
    )
