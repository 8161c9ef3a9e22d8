"""A procedure's parameters and requirements as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import needs, show

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
        lines += [f"      Example: {field.example}"] if field.example is not None else []
    examples = [f"-p {field.name}={field.example}" for field in procedure.fields if field.in_example]
    verb = "inspect" if procedure.inspects else "plan"
    return "\n".join([*lines, "", f"runbook {verb} {procedure.name} {' '.join(examples)}".rstrip()])
