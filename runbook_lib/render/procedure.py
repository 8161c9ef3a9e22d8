"""A procedure's parameters and requirements as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import needs, show
from runbook_lib.text import commands

if TYPE_CHECKING:
    from runbook_lib.model.procedure import Procedure


def procedure_text(procedure: Procedure) -> str:
    """Return a procedure's parameters for a terminal."""
    lines = [f"{procedure.name}: {procedure.summary}", needs.sentences(procedure), ""]
    for field in procedure.fields:
        default = "required" if field.required else f"default {show(field.default)}"
        lines.append(f"  {field.name}  ({field.type_name}, {default})")
        lines.append(f"      {field.doc}")
        lines += [f"      Where to find it: {field.where}."] if field.where else []
        lines += [f"      Example: {field.sample}"] if field.sample is not None else []
    command = commands.inspect if procedure.inspects else commands.plan
    return "\n".join([*lines, "", command(procedure.name, **procedure.example)])
