"""An irreversible procedure: its notebook must refuse the undo, and is published without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.checkout import Checkout


def test_irreversible_notebook_is_published_without_an_undo(checkout: Checkout) -> None:
    """The stamp says so, and the page shows the run without an undo: no error."""
    code, body = checkout.run_json("check-notebooks", "redeploy_instance")

    assert 0 == code, body
    assert not body["redeploy_instance"]["reversible"]
    notebook = json.loads((checkout.executed / "redeploy_instance.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    assert "error" not in [output["output_type"] for output in outputs]
    assert "**Irreversible:**" in "".join(outputs[-1]["data"]["text/markdown"])


def test_wrongly_refused_undo_is_reported(checkout: Checkout) -> None:
    """A procedure does not pass for irreversible because its undo is broken."""
    checkout.replace("runbook_lib/engine/undo.py", "if not changes:", "if changes:")

    code, body = checkout.run_json("check-notebooks", "grant_staff")

    assert 3 == code
    assert body["what"].startswith("grant_staff on SQLite")
    assert "was not undone, though it can be: run " in body["what"]
    assert not (checkout.executed / "stamps.json").exists()


def test_undo_without_effect_is_reported(checkout: Checkout) -> None:
    """A procedure that claims to be reversible is undone, and compared with the state before."""
    checkout.replace("runbook_lib/systems/atmosphere_api/calls.py", "reversible=False", "reversible=True")

    code, body = checkout.run_json("check-notebooks", "redeploy_instance")

    assert 3 == code
    assert "redeploy_instance" in body["what"]
    assert not (checkout.executed / "stamps.json").exists()
