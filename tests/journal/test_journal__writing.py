"""The journal while it is written: by many at once, on a full disk, by a process that holds a run."""

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
from tests.journal.test_journal import TIME, begin, complete_run


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal of its own with one whole run."""
    made = Journal(tmp_path / "home")
    complete_run(made)
    return made


def _append_many(home: Path, barrier: Any) -> None:
    """Write whole runs, together with the other processes."""
    journal = Journal(home)
    barrier.wait()
    for _ in range(5):
        complete_run(journal)


def test_many_processes_write_one_whole_chain(tmp_path: Path) -> None:
    """Six processes that begin the same plan at once get distinct runs, and the chain is whole."""
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


def test_a_home_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    """Where no record can be kept, nothing is begun."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused, match="can't be written") as caught:
        begin(Journal(tmp_path / "file" / "home"))
    assert "RUNBOOK_HOME" in caught.value.next_step


def test_a_full_disk_is_refused_and_what_was_written_stays_whole(tmp_path: Path) -> None:
    """A record that did not fit is reported, not half acknowledged; with room again, the chain goes on."""
    journal = Journal(tmp_path)
    complete_run(journal)
    full = (
        "import resource, sys; from pathlib import Path; from tests.journal import test_journal as t\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))\n"
        "try: t.begin(t.Journal(Path(sys.argv[1])))\n"
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


def test_the_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The folder that the journal makes is closed to other users of the host."""
    journal = Journal(tmp_path / "home")
    complete_run(journal)

    assert 0o700 == stat.S_IMODE(journal.path.parent.stat().st_mode)


def test_a_run_is_held_by_one_process_at_a_time(journal: Journal) -> None:
    """Whoever looks at a run that goes on is told so; afterwards it is free, and leaves no file."""
    other = Journal(journal.path.parent)
    with journal.lock("x"), pytest.raises(Refused, match="run x is still running"), other.lock("x"):
        pass

    with other.lock("x"):
        pass
    assert [] == list((journal.path.parent / "runs").iterdir())


def test_a_run_that_failed_is_free_again(journal: Journal) -> None:
    """An error inside lets go of the run."""
    with pytest.raises(ZeroDivisionError), journal.lock("x"):
        raise ZeroDivisionError

    with journal.lock("x"):
        pass


def test_the_receipt_is_what_was_made_not_what_was_planned(tmp_path: Path) -> None:
    """A run that was applied in part holds only that part."""
    journal = Journal(tmp_path)
    run_id = begin(journal)
    journal.append("outcome", run_id, state="partly-applied", receipt=changes_as_json((CALL,)), time=TIME)

    assert (CALL,) == journal.run(run_id).receipt
