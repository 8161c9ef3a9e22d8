"""What every notebook is given beside its procedure's parameters: apply or not, why, and take it back or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib import params
from runbook_lib.errors import ParamError
from runbook_lib.params import param
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model.procedure import Procedure
    from runbook_lib.params import Field


@dataclass(frozen=True)
class Controls:
    """The last three parameters of every notebook."""

    apply: bool = param("Make the changes; False only shows the plan.", default=False)
    reason: str = param("Why, in your words; kept in the journal. Needed to apply.", default="", longest=1000)
    undo: bool = param("Take back at once what this notebook applied: a rehearsal on the real thing.", default=False)


FIELDS = params.fields(Controls)


def fields(procedure: Procedure) -> tuple[Field, ...]:
    """Return the parameters that a procedure's notebook has beside its own: none when it only inspects."""
    return () if procedure.inspects else FIELDS


def check(procedure: Procedure, given: Mapping[str, Any]) -> tuple[dict[str, Any], Controls]:
    """Return the procedure's typed values and the controls, or refuse everything that is wrong at once.

    Raises:
        ParamError: Unknown names, wrong types, missing values, a literal where a secret's reference belongs.
    """
    ours = fields(procedure)
    values = params.check((*procedure.fields, *ours), given, procedure=procedure.name)
    controls = Controls(**{field.name: values.pop(field.name) for field in ours})
    if controls.apply and not controls.reason:
        raise ParamError(
            procedure=procedure.name,
            problems=["reason is missing: apply needs one"],
            next_step="say why in a few words: papermill … -r reason 'ticket 123: new support engineer'",
        )
    if controls.undo and not controls.apply:
        raise ParamError(
            procedure=procedure.name,
            problems=["undo takes back what this same notebook applies, and apply is False"],
            next_step=f"to undo an earlier run: {commands.undo('RUN_ID')} ('{commands.HISTORY}' has the ids)",
        )
    return values, controls


def stand_in(procedure: Procedure, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documented examples of the required parameters that are not given: in practice mode only."""
    return {
        field.name: field.example
        for field in procedure.fields
        if field.required and given.get(field.name, field.empty) == field.empty
    }
