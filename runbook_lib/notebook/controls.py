"""The parameters of every notebook in addition to its procedure's: apply, reason and undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib import params
from runbook_lib.errors import ParamError
from runbook_lib.params import param
from runbook_lib.params.common import MAX_REASON
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model.procedure import Procedure
    from runbook_lib.params import Field


@dataclass(frozen=True)
class Controls:
    """The last three parameters of every notebook."""

    apply: bool = param("Make the changes; False only shows the plan.", default=False)
    reason: str = param("Why; recorded in the journal. Required to apply.", default="", longest=MAX_REASON)
    undo: bool = param("Undo immediately what this notebook applied, as a rehearsal on real systems.", default=False)


FIELDS = params.fields(Controls)


def fields(procedure: Procedure) -> tuple[Field, ...]:
    """Return the control parameters of a procedure's notebook; none when the procedure only inspects."""
    return () if procedure.inspects else FIELDS


def check(procedure: Procedure, given: Mapping[str, Any]) -> tuple[dict[str, Any], Controls]:
    """Return the procedure's typed values and the controls.

    Raises:
        ParamError: A name is unknown, a type is wrong, a value is missing, or a literal replaces a secret's reference.
            All problems are reported at once.
    """
    own_fields = fields(procedure)
    values = params.check((*procedure.fields, *own_fields), given, procedure=procedure.name)
    controls = Controls(**{field.name: values.pop(field.name) for field in own_fields})
    if controls.apply and not controls.reason:
        raise ParamError(
            procedure=procedure.name,
            problems=["reason is missing: apply requires it"],
            next_step="give the reason in a few words: papermill … -r reason 'ticket 123: new support engineer'",
        )
    if controls.undo and not controls.apply:
        raise ParamError(
            procedure=procedure.name,
            problems=["undo requires apply, because it undoes what the same notebook applied"],
            next_step=f"to undo an earlier run: {commands.undo('RUN_ID')} ('{commands.HISTORY}' lists the IDs)",
        )
    return values, controls


def _is_set(field: Field, given: Mapping[str, Any]) -> bool:
    """Return whether a parameter has another value than the notebook's own; for a required one, None is one too."""
    value = given.get(field.name, field.empty)
    return bool(value != field.empty and (field.required or value != field.default))


def stand_in(procedure: Procedure, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that stand in for those not set; for practice mode only.

    Without any value of the procedure's own, they are the run on the sample data. Otherwise they are the examples of
    the required parameters, so that an override is never set beside an operator's value.
    """
    if not any(_is_set(field, given) for field in procedure.fields):
        return procedure.practice_example
    return {
        field.name: field.example
        for field in procedure.fields
        if field.required and given.get(field.name, field.empty) == field.empty
    }
