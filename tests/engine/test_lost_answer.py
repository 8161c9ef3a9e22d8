"""The journal, the response to a call or a commit is lost: what the engine reports, and what the systems hold."""

from __future__ import annotations

import contextlib
import resource
from typing import TYPE_CHECKING, Literal

import pytest

from runbook_lib import engine, procedures
from runbook_lib.engine.execution import Execution
from runbook_lib.engine.readback import Effect
from runbook_lib.errors import (
    CallUnsettled,
    CommitUnknown,
    NotConnected,
    NothingChanged,
    NotVerified,
    PartlyApplied,
    Refused,
    RunbookError,
)
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.journal import Journal
from runbook_lib.systems.db.access.rows import Rows, Transaction
from runbook_lib.systems.openstack.glance import Glance
from tests import sessions
from tests.checks import WHO, apply, everything, plan, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.model import Call
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

MOVE = {"provider_id": 4, "image_id": GUIDE_IMAGE, "application_id": 1144, "version_name": "1.2"}


def _states(bench: Bench) -> list[str]:
    return [run.state for run in bench.journal.runs()]


@contextlib.contextmanager
def _full_disk(bench: Bench) -> Iterator[None]:
    """Let no file of this process grow beyond the journal's present size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = bench.journal.path.stat().st_size if bench.journal.path.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_at_the_intent_changes_nothing(world: World, bench: Bench) -> None:
    """Nothing is changed without a record of it."""
    planned = plan(world, "move_image_version", **MOVE)
    before = everything(bench)

    with pytest.raises(Refused, match="journal") as caught, _full_disk(bench):
        apply(world, bench, planned)

    assert "File too large" in caught.value.why
    assert before == everything(bench)


def test_unwritable_journal_changes_nothing(world: World, bench: Bench, tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    planned = plan(world, "move_image_version", **MOVE)
    before = everything(bench)
    (tmp_path / "occupied").touch()

    with pytest.raises(Refused, match=r"the journal .* can't be written"):
        engine.apply(
            world,
            planned,
            journal=Journal(tmp_path / "occupied" / "home"),
            **WHO,
            find=procedures.find,
            policy=engine.Policy(),
        )

    assert before == everything(bench)


def test_journal_lost_partway_is_reported_as_partly_applied(world: World, bench: Bench) -> None:
    """The second step can't be announced, so it is not made; the error lists the first one."""

    def watch(point: str) -> None:
        if point.startswith("done: "):
            bench.journal.path.rename(bench.home / "elsewhere")
            bench.journal.path.mkdir()

    with pytest.raises(PartlyApplied) as caught:
        apply(world, bench, plan(world, "publicize_image", application_id=1201), watch=watch)

    assert "journal" in caught.value.why
    assert 1 == len(caught.value.receipt["receipt"])
    bench.journal.path.rmdir()
    (bench.home / "elsewhere").rename(bench.journal.path)
    assert ["partly-applied"] == [state for _, state in settle(world, bench)]


def test_effective_call_without_response_counts_as_made(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is made, and its response never arrives: reading back shows it, and the run continues to its end."""
    made = Glance.perform

    def perform(glance: Glance, call: Call) -> None:
        made(glance, call)
        raise NotConnected(kind="unreachable", system=glance.name, address="", reason="the answer was lost")

    monkeypatch.setattr(Glance, "perform", perform)

    outcome = apply(world, bench, plan(world, "publicize_image", application_id=1201))

    assert ("applied", 4) == (outcome.state, len(outcome.receipt))


def test_effective_commit_without_response_counts_as_made(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both databases commit, and both responses are lost: a fresh connection reads that they did."""
    committed = Transaction.commit

    def commit(transaction: Transaction) -> None:
        committed(transaction)
        raise CommitUnknown(transaction._database)

    monkeypatch.setattr(Transaction, "commit", commit)

    outcome = apply(world, bench, plan(world, "grant_staff", username="joetest"))

    assert ("applied", 3) == (outcome.state, len(outcome.receipt))


def test_failed_commit_is_reported_as_nothing_changed(world: World, bench: Bench) -> None:
    """The connection is lost at the commit, or a reader locks the file: the database is as before."""
    planned = plan(world, "move_image_version", **MOVE)
    before = everything(bench)

    with sessions.failing_commit(bench, "atmosphere") as watch, pytest.raises(NothingChanged) as caught:
        apply(world, bench, planned, watch=watch)

    assert "atmosphere" in caught.value.what
    assert caught.value.next_step
    assert before == everything(bench)
    assert ["not-applied"] == _states(bench)


def test_failure_of_the_first_database_names_the_first(world: World, bench: Bench) -> None:
    """Both transactions are open when Atmosphere's commit fails; the error names Atmosphere."""
    planned = plan(world, "grant_staff", username="joetest")
    before = everything(bench)

    with sessions.failing_commit(bench, "atmosphere") as watch, pytest.raises(NothingChanged) as caught:
        apply(world, bench, planned, watch=watch)

    assert "atmosphere" in caught.value.what
    assert "troposphere" not in caught.value.what
    assert before == everything(bench)


def _change_in_another_session(bench: Bench, **columns: bool) -> None:
    """Change columns of staffmember's row from another session."""
    values = ", ".join(f"{name} = %s" for name in columns)
    sessions.execute(bench, "atmosphere", f"UPDATE atmosphere_user SET {values} WHERE id = 2002", *columns.values())


REVOKE = {"username": "staffmember", "site": "atmosphere"}


@pytest.mark.parametrize("columns", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}], ids=["one", "all"])
def test_overwritten_commit_is_not_reported_as_nothing_changed(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch, columns: dict[str, bool]
) -> None:
    """The commit happens, its response is lost, and another session changes the row before it is read back."""
    committed = Transaction.commit

    def commit(transaction: Transaction) -> None:
        committed(transaction)
        _change_in_another_session(bench, **columns)
        raise CommitUnknown(transaction._database)

    planned = plan(world, "revoke_staff", **REVOKE)
    monkeypatch.setattr(Transaction, "commit", commit)

    with pytest.raises(RunbookError) as caught:
        apply(world, bench, planned)

    expected = (True, "verify-failed") if bench.backend == "postgresql" else (None, "unknown")
    assert expected == (caught.value.changed, bench.journal.runs()[-1].state)


@pytest.mark.parametrize("columns", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}], ids=["one", "all"])
def test_crash_after_the_commit_is_not_resolved_as_nothing_changed(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch, columns: dict[str, bool]
) -> None:
    """A crash after the commit, then a foreign change: the database still reports that it committed."""
    committed = Transaction.commit

    def commit(transaction: Transaction) -> None:
        committed(transaction)
        raise _ProcessDied

    planned = plan(world, "revoke_staff", **REVOKE)
    monkeypatch.setattr(Transaction, "commit", commit)
    monkeypatch.setattr(Execution, "raise_after_failure", lambda _self, error: (_ for _ in ()).throw(error))
    monkeypatch.setattr(Execution, "effect_despite", lambda *_: Effect.NO)
    with pytest.raises(_ProcessDied):
        apply(world, bench, planned)
    _change_in_another_session(bench, **columns)

    expected = "verify-failed" if bench.backend == "postgresql" else "unknown"
    assert [expected] == [state for _, state in settle(world, bench)]


class _ProcessDied(BaseException):
    """Stand-in for the end of the process."""


def test_rolled_back_transaction_is_reported_as_nothing_changed(world: World, bench: Bench) -> None:
    """The witness of a transaction without a commit: the database reports that there was none."""
    rows = plan(world, "revoke_staff", **REVOKE).rows("atmosphere")
    with world.rows("atmosphere").transaction() as transaction:
        transaction.lock(rows)
        transaction.write(rows[0])
        witness = transaction.witness()

    assert world.rows("atmosphere").is_committed(witness) is False


def test_unreadable_system_is_not_reported_as_a_difference(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is applied and a system is unreachable: not verified, and settling verifies it later."""

    def gone(*_: object) -> bool:
        raise NotConnected(kind="unreachable", system="the atmosphere database", address="x", reason="it was stopped")

    planned = plan(world, "revoke_staff", **REVOKE)
    with monkeypatch.context() as context:
        context.setattr(Rows, "is_applied", gone)
        with pytest.raises(NotVerified) as caught:
            apply(world, bench, planned)

    assert (True, 6) == (caught.value.changed, caught.value.exit_code)
    assert "not-verified" == bench.journal.runs()[-1].state
    assert [(caught.value.run_id, "applied")] == settle(world, bench)
    assert [] == settle(world, bench)


@pytest.mark.parametrize(("changed", "state"), [(True, "partly-applied"), (None, "unknown")])
def test_call_that_fails_partway_counts_if_it_changed_something(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch, *, changed: Literal[True] | None, state: str
) -> None:
    """The receipt holds a call that is known to have changed something; otherwise the outcome stays unknown."""

    def perform(_glance: Glance, _call: Call) -> None:
        raise CallUnsettled("the service broke down on the way", changed=changed)

    planned = plan(world, "publicize_image", application_id=1201)
    monkeypatch.setattr(Glance, "perform", perform)

    with pytest.raises(RunbookError, match="run ") as caught:
        apply(world, bench, planned)

    run = bench.journal.runs()[-1]
    assert (state, changed) == (run.state, caught.value.changed)
    assert planned.changes[:1] == run.receipt if changed else () == run.receipt
    assert "the service broke down on the way" in caught.value.why
