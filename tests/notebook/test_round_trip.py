"""An irreversible procedure: its notebook must refuse the undo, and is published without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.checkout import Checkout


def test_a_notebook_of_which_nothing_can_be_taken_back_is_published_without_an_undo(checkout: Checkout) -> None:
    """The stamp says so, and the page shows what the operator sees who does not ask for the undo: no error."""
    code, body = checkout.answer("check-notebooks", "redeploy_instance")

    assert 0 == code, body
    assert not body["redeploy_instance"]["reversible"]
    notebook = json.loads((checkout.executed / "redeploy_instance.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    assert "error" not in [output["output_type"] for output in outputs]
    assert "**Irreversible:**" in "".join(outputs[-1]["data"]["text/markdown"])


def test_an_undo_that_is_refused_though_it_could_be_done_is_found(checkout: Checkout) -> None:
    """A procedure does not pass for irreversible because its undo is broken."""
    checkout.replace("runbook_lib/engine/undo.py", "if not changes:", "if changes:")

    code, body = checkout.answer("check-notebooks", "grant_staff")

    assert 3 == code
    assert body["what"].startswith("grant_staff on SQLite")
    assert "was not undone, though it can be: run " in body["what"]
    assert not (checkout.executed / "stamps.json").exists()


def test_an_undo_that_is_made_though_nothing_comes_back_is_found(checkout: Checkout) -> None:
    """What claims to be reversible is undone, and then compared with what was there before."""
    checkout.replace("runbook_lib/systems/atmosphere_api/calls.py", "reversible=False", "reversible=True")

    code, body = checkout.answer("check-notebooks", "redeploy_instance")

    assert 3 == code
    assert "redeploy_instance" in body["what"]
    assert not (checkout.executed / "stamps.json").exists()
