"""Run a procedure that only inspects. Every system rejects writes while it runs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from runbook_lib import params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model.inspection import Inspection
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.model.protocols import Systems


def inspect(procedure: Procedure, world: Systems, values: Mapping[str, Any]) -> Inspection:
    """Return the inspection of `procedure` for these typed parameters. Write nothing, not even to the journal.

    Raises:
        NothingChanged: A required data source failed. An optional one is listed as missing instead.
    """
    with procedure.defects_named(), world.reading():
        inspection = procedure.inspect(world, procedure.bind(values))
    return dataclasses.replace(
        inspection,
        procedure=procedure.name,
        params={name: params.as_json(value) for name, value in values.items()},
        targets=world.targets(),
        taken=world.now().isoformat(timespec="seconds"),
    )
