"""Write the command form of a procedure's page: the JSON Schema of the parameters, and the minimal first command.

A script makes the controls from the schema. Without scripts the form shows only the command, with the example values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.pages.markup import block, fence
from runbook_lib.params.schema import schema
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model.procedure import Procedure


def command_form(procedure: Procedure, values: Mapping[str, object], *, reason: str) -> str:
    """Return the Markdown of the form.

    Args:
        procedure: The procedure.
        values: The example values of the command.
        reason: The reason that the page's commands show.
    """
    verb = "inspect" if procedure.inspects else "plan"
    selector = f"form.rb-form[data-procedure={procedure.name}]"
    if not procedure.inspects:
        selector += f"[data-reason='{reason}']"
    declared = schema(procedure.fields, procedure=procedure.name)
    del declared["$schema"]  # an address; a page names no other host
    command = command_fence(verb, commands.line(verb, procedure.name, values, wrap=True))
    return block(selector, f"{_script(declared)}\n\n{command}")


def command_fence(kind: str, command: str) -> str:
    """Return the block of a command, which a script updates with the form's values; no prompt, because it is copied."""
    return fence(command, f'{{ .sh data-command="{kind}" }}')


def _script(data: Mapping[str, Any]) -> str:
    """Return data for a script; no text in it can end the element."""
    text = json.dumps(data, separators=(",", ":")).replace("<", r"\u003c")
    return f'<script type="application/json">{text}</script>'
