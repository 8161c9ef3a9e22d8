"""Undo with losses: passwords that are not kept, other systems, a journal that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine, procedures
from runbook_lib.errors import CannotUndo, Refused
from runbook_lib.fixture.rows.users import KNOWN_PASSWORD
from runbook_lib.journal.saved_plans import SavedPlans
from runbook_lib.systems.db.access import connection, passwords
from tests import checks

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench
from tests.engine.test_undo import PASSWORD, apply_grant, read_user

pytestmark = pytest.mark.both_databases


def test_undo_restores_an_unusable_password(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unusable hash is kept in the plan, and the undo writes it back."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    before = checks.everything(bench)
    outcome = apply_grant(world, bench, password="env:NEW_PASSWORD")
    assert passwords.matches(PASSWORD, read_user().password)

    plan = checks.undo_plan(world, bench, outcome.run_id)
    assert () == plan.warnings
    checks.apply(world, bench, plan)
    assert before == checks.everything(bench)


def test_undo_warns_that_a_usable_password_is_not_restored(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flags are restored, the password keeps its present value, and the warning names it and the reason."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("UPDATE atmosphere_user SET password = %s WHERE username = 'joetest'", [KNOWN_PASSWORD])

    outcome = apply_grant(world, bench, password="env:NEW_PASSWORD")
    stored = read_user().password
    plan = checks.undo_plan(world, bench, outcome.run_id)
    SavedPlans(bench.home).save(plan)
    checks.apply(world, bench, plan)

    lost = f"atmosphere atmosphere_user:{read_user().pk}: password stays as it is now; the old value was not saved"
    assert (lost,) == plan.warnings
    assert (False, stored) == (read_user().is_staff, read_user().password)
    assert [] == _files_containing(bench, KNOWN_PASSWORD, stored, PASSWORD)


def test_password_change_alone_is_irreversible(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be restored: the undo is refused, and the error names the loss."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    outcome = apply_grant(world, bench, username="staffmember", password="env:NEW_PASSWORD")
    assert not outcome.plan.changes[0].reversible

    with pytest.raises(CannotUndo) as caught:
        checks.undo_plan(world, bench, outcome.run_id)
    assert "password stays as it is now" in caught.value.why


def test_no_file_keeps_the_password_or_its_hash(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of RUNBOOK_HOME but the databases themselves holds the new password, its hash, or the old hash."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    planned = checks.plan(world, "grant_staff", username="staffmember", password="env:NEW_PASSWORD")
    SavedPlans(bench.home).save(planned)
    checks.apply(world, bench, planned)

    files = _files_containing(bench, PASSWORD, KNOWN_PASSWORD, read_user("staffmember").password)
    assert [] == files
    (bench.home / "plans" / "leak.json").write_text(KNOWN_PASSWORD)
    assert [bench.home / "plans" / "leak.json"] == _files_containing(bench, KNOWN_PASSWORD)


def _files_containing(bench: Bench, *secrets: str) -> list[Path]:
    """Return the files under the home that contain one of these texts; the practice databases may."""
    files = [path for path in bench.home.rglob("*") if path.is_file() and bench.practice not in path.parents]
    assert bench.journal.path in files
    return [path for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]


def test_plan_is_not_applied_on_other_systems(world: World, bench: Bench) -> None:
    """A plan for one database is refused on another, and not even journaled."""
    plan = checks.plan(world, "grant_staff", username="joetest")
    world.endpoints = type(world.endpoints)(
        **{**vars(world.endpoints), "targets": {"atmosphere": "postgresql://db/atmo_prod"}}
    )

    with pytest.raises(Refused, match="this plan was made for"):
        engine.apply(
            world,
            plan,
            journal=bench.journal,
            reason="test",
            operator="tester@host",
            find=procedures.find,
            policy=engine.Policy(),
        )
    assert [] == bench.journal.runs()


def test_run_with_altered_records_is_not_undone(world: World, bench: Bench) -> None:
    """An edited receipt proves nothing. Other runs can still be undone."""
    other, altered = apply_grant(world, bench, "imageauthor"), apply_grant(world, bench)
    lines = bench.journal.path.read_text().splitlines(keepends=True)
    lines[-1] = lines[-1].replace('"receipt":[{', '"receipt":[{"note":"edited",', 1)
    bench.journal.path.write_text("".join(lines))

    with pytest.raises(CannotUndo, match="were altered after they were written"):
        checks.undo_plan(world, bench, altered.run_id)

    assert other.run_id == checks.undo_plan(world, bench, other.run_id).undoes
