"""The generated parts of a notebook: the kernel in its header, the parameters and the setup.

They are in the notebook's file, because Jupyter and plain papermill require them there. `make generate` writes them.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING

from runbook_lib.notebook import controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model.procedure import Procedure
    from runbook_lib.params import Field

_TYPES = {"number": "int", "flag": "bool"}  # every other kind arrives as text
HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

"""
_HEADER = re.compile(r"\A# ---\n.*?^# ---\n+", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r'^(# %% tags=\["(parameters|setup)"\]\n)(.*?)(?=^# %%|\Z)', re.MULTILINE | re.DOTALL)


def parameters(procedure: Procedure) -> str:
    """Return the parameters cell: one line per declared parameter, then the controls of a changing procedure."""
    return "\n".join(_line(field) for field in (*procedure.fields, *controls.fields(procedure)))


def setup(procedure: Procedure) -> str:
    """Return the setup cell."""
    return f'from runbook_lib.notebook import open_run\n\nrun = open_run("{procedure.name}", globals())'


def problems(tag: str, cell: str, procedure: Procedure) -> Iterator[str]:
    """Yield one sentence if a cell differs from the generated one.

    Args:
        tag: ``parameters`` or ``setup``.
        cell: The code in the notebook.
        procedure: Its procedure.
    """
    expected = _text(tag, procedure)
    if cell.strip() != expected:
        lines = difflib.ndiff(cell.strip().splitlines(), expected.splitlines())
        differing = "; ".join(line for line in lines if line.startswith(("- ", "+ ")))
        yield f"the {tag} cell is not as generated: {differing}; 'make generate' writes it"


def rewritten(file: str, procedure: Procedure) -> str:
    """Return the text of a notebook's py:percent file with these parts generated, and the rest unchanged.

    jupytext copies the kernel from the header into the ``.ipynb`` files that it makes; papermill requires it there.
    """
    body = _HEADER.sub("", file)
    return HEADER + _CELL.sub(lambda match: f"{match[1]}{_text(match[2], procedure)}".rstrip("\n") + "\n\n", body)


def _text(tag: str, procedure: Procedure) -> str:
    return {"parameters": parameters, "setup": setup}[tag](procedure)


def _line(field: Field) -> str:
    value = field.empty if field.default is None else field.default
    literal = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    return f"{field.name}: {_TYPES.get(field.kind, 'str')} = {literal}  # {_comment(field)}"


def _comment(field: Field) -> str:
    """Return the comment that papermill and Jupyter show: whether it is required, its meaning, its values."""
    parts = [field.doc]
    if field.required:
        parts.insert(0, "Required.")
    elif field.default is None:
        parts.insert(0, "Optional.")
    if field.choices:
        parts.append(f"One of: {', '.join(field.choices)}.")
    if field.kind in {"numbers", "timestamp"} and field.sample is not None:
        parts.append(f"Example: {field.sample}")
    return " ".join(parts)
