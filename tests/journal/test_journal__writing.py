"""Writes to the journal: by many processes at once, on a full disk, by a process that holds a run."""

from __future__ import annotations

import multiprocessing
import resource
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Refused
from runbook_lib.journal import Journal
from runbook_lib.model import changes_as_json
from tests.model.changes import CALL

if TYPE_CHECKING:
    from pathlib import Path
from tests.journal.test_journal import TIME, complete_run, interrupted_run


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a private journal with one complete run."""
    made = Journal(tmp_path / "home")
    complete_run(made)
    return made


def _append_many(home: Path, barrier: Any) -> None:
    """Write complete runs, together with the other processes."""
    journal = Journal(home)
    barrier.wait()
    for _ in range(5):
        complete_run(journal)


def test_many_processes_write_one_intact_chain(tmp_path: Path) -> None:
    """Six processes that begin the same plan at once get distinct runs, and the chain is intact."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(6)
    processes = [spawn.Process(target=_append_many, args=(tmp_path, barrier)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    runs = Journal(tmp_path).runs()
    assert [0] * 6 == [process.exitcode for process in processes]
    assert 30 == len({run.run_id for run in runs})
    assert {"applied"} == {run.state for run in runs}
    assert () == Journal(tmp_path).check().problems


def test_unwritable_home_is_refused(tmp_path: Path) -> None:
    """Without a record, no run begins."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused, match="can't be written") as caught:
        interrupted_run(Journal(tmp_path / "file" / "home"))
    assert "RUNBOOK_HOME" in caught.value.next_step


def test_full_disk_is_refused_and_earlier_records_stay_intact(tmp_path: Path) -> None:
    """A record that did not fit is reported and not acknowledged; with free space, the chain continues."""
    journal = Journal(tmp_path)
    complete_run(journal)
    full = (
        "import resource, sys; from pathlib import Path; from tests.journal import test_journal as t\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))\n"
        "try: t.interrupted_run(t.Journal(Path(sys.argv[1])))\n"
        "except t.Refused as error: print(error.what)"
    )
    limit = str(journal.path.stat().st_size + 100)
    assert resource.RLIM_INFINITY == resource.getrlimit(resource.RLIMIT_FSIZE)[0]

    done = subprocess.run(
        [sys.executable, "-c", full, str(tmp_path), limit], capture_output=True, text=True, check=True
    )

    assert f"the journal {journal.path} can't be written" == done.stdout.strip()
    complete_run(journal)
    assert 2 == len(journal.runs())
    assert () == journal.check().problems


def test_journal_is_private_to_its_owner(tmp_path: Path) -> None:
    """The folder that the journal makes is closed to other users of the host."""
    journal = Journal(tmp_path / "home")
    complete_run(journal)

    assert 0o700 == stat.S_IMODE(journal.path.parent.stat().st_mode)


def test_run_is_locked_by_one_process_at_a_time(journal: Journal) -> None:
    """Another process sees that the run is locked; afterwards it is free, and leaves no file."""
    other = Journal(journal.path.parent)
    with journal.lock("x"), pytest.raises(Refused, match="run x is still running"), other.lock("x"):
        pass

    with other.lock("x"):
        pass
    assert [] == list((journal.path.parent / "runs").iterdir())


def test_failed_run_is_unlocked(journal: Journal) -> None:
    """An error inside releases the run."""
    with pytest.raises(ZeroDivisionError), journal.lock("x"):
        raise ZeroDivisionError

    with journal.lock("x"):
        pass


def test_receipt_holds_only_the_changes_made(tmp_path: Path) -> None:
    """A run that was applied in part holds only that part."""
    journal = Journal(tmp_path)
    run_id = interrupted_run(journal)
    journal.append("outcome", run_id, state="partly-applied", receipt=changes_as_json((CALL,)), time=TIME)

    assert (CALL,) == journal.run(run_id).receipt
