"""After an apply that failed, the later cells do not say that nothing was changed: in Jupyter, they can still run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine, params, procedures
from runbook_lib.errors import CallUnsettled, RunbookError
from runbook_lib.journal.saved_plans import SavedPlans
from runbook_lib.notebook.controls import Controls
from runbook_lib.notebook.session import NotebookSession
from runbook_lib.systems.openstack.glance import Glance

if TYPE_CHECKING:
    from typing import Literal

    from runbook_lib.model import Call
    from runbook_lib.world.world import World
    from tests.conftest import Bench


@pytest.mark.parametrize(
    ("changed", "texts"),
    [(True, ("Something WAS changed", "runbook undo")), (None, ("It is unknown", "runbook history --settle"))],
)
def test_cells_after_a_failed_apply_name_its_run(
    world: World,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    *,
    changed: Literal[True] | None,
    texts: tuple[str, str],
) -> None:
    """Verify and undo show what the journal knows about the run."""

    def perform(_glance: Glance, _call: Call) -> None:
        raise CallUnsettled("the service broke down on the way", changed=changed)

    procedure = procedures.find("publicize_image")
    session = NotebookSession(
        procedure,
        params.check(procedure.fields, {"application_id": 1201}, procedure=procedure.name),
        Controls(apply=True, reason="test", undo=False),
        world=world,
        journal=bench.journal,
        operator="tester@host",
        policy=engine.Policy(),
        saved_plans=SavedPlans(bench.home),
    )
    session.plan()
    assert "nothing was changed" in str(session.undo())
    monkeypatch.setattr(Glance, "perform", perform)
    with pytest.raises(RunbookError):
        session.apply()

    for shown in (str(session.verify()), str(session.undo())):
        assert all(text in shown for text in (*texts, bench.journal.runs()[-1].run_id))
        assert "othing was changed" not in shown
