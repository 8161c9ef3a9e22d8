"""A worker's command line is read word for word: blanks, line ends and other processes' words change nothing."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused
from runbook_lib.systems.host import Host
from runbook_lib.systems.host.processes import nodes
from tests.services.celery import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.systems.host.conftest import RealHost

WAITS = "import time\nprint(flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Collect processes, and end them."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A script called celery that only waits, in a folder whose name has a blank."""
    path = tmp_path / "an environment" / "celery"
    path.parent.mkdir()
    path.write_text(WAITS)
    return path


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """This machine; what stands in a folder of the test's stands before its own programs."""
    (tmp_path / "first").mkdir()
    return Host(("env", f"PATH={tmp_path / 'first'}:{os.environ['PATH']}", "LC_ALL=C"))


def _start(words: list[str], started: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout is not None
    process.stdout.readline()  # it runs, under its own command line
    return process


def test_a_real_worker_of_an_environment_whose_path_has_a_blank_is_found_and_restarted(
    real: RealHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its interpreter's path is one word; it is asked to finish and comes back like any other."""
    (tmp_path / "a blank").symlink_to(sys.prefix)
    python = tmp_path / "a blank" / Path(sys.executable).relative_to(sys.prefix)
    monkeypatch.setattr(sys, "executable", str(python))
    real.install()
    old = real.celery.start(real.node, queues=real.queue)
    workers = real.workers()

    (node,) = workers.nodes(real.queue)
    assert (f"{real.node}@host", old.pid) == (node.name, node.pid)
    assert shlex.join(list(map(str, old.args))) == node.command  # type: ignore[arg-type]
    workers.perform(workers.call(real.queue, graceful=True, running=[node]))

    assert 0 == old.wait(10)
    (new,) = workers.nodes(real.queue)
    assert shlex.quote(str(python)) == new.command.partition(" -P ")[0]


@pytest.mark.parametrize("name", ["a blank@host", "two\nlines@host", "x\n/proc/1/cmdline", "'quoted'@host", "é@host"])
def test_each_word_of_a_command_line_stays_one_word(
    host: Host, program: Path, started: list[subprocess.Popen[bytes]], name: str
) -> None:
    """A name or a queue with a blank, a line end or what looks like another file is read as it is."""
    words = [sys.executable, str(program), "worker", "", "-Q", "one queue,another", "-n", name]
    process = _start(words, started)

    (node,) = (node for node in nodes(host) if node.pid == process.pid)

    assert (name, ("another", "one queue")) == (node.name, node.queues)
    assert shlex.join(words) == node.command


@pytest.mark.parametrize(
    "words",
    [
        ["sleep for the celery worker", "600"],  # one word with blanks, no worker
        ["celery worker"],
        ["-c", "import time; print(flush=True); time.sleep(600)", "python -m celery worker -Q imaging"],
    ],
)
def test_words_inside_of_one_word_are_no_worker(
    host: Host, program: Path, started: list[subprocess.Popen[bytes]], words: list[str]
) -> None:
    """What only reads like a worker's command line when it is split at blanks is left alone."""
    script = [] if words[0] == "-c" else [str(program)]
    process = _start([sys.executable, *script, *words], started)

    assert process.pid not in [node.pid for node in nodes(host)]


def test_a_process_that_has_ended_and_is_not_reaped_is_none(
    host: Host, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """A zombie has no command line any more; it neither is a worker nor keeps the others from being listed."""
    program = shutil.copy(shutil.which("sleep") or "", tmp_path / "celery")
    process = subprocess.Popen([program, "600"], stdin=subprocess.DEVNULL)
    started.append(process)
    process.kill()

    def is_zombie() -> bool:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].startswith("Z")

    wait_for(is_zombie, "its end")
    assert process.pid not in [node.pid for node in nodes(host)]


def test_a_host_whose_command_lines_cannot_be_read_is_refused(
    host: Host, program: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """A grep that does not know the options must not pass for a host without workers."""
    _start([sys.executable, str(program), "worker", "-Q", "there"], started)
    other = tmp_path / "first" / "grep"
    other.write_text("#!/bin/sh\necho 'grep: unrecognized option: Z' >&2\nexit 2\n")
    other.chmod(0o755)

    with pytest.raises(Refused, match=r"the processes of the Atmosphere host .* can't be listed") as caught:
        nodes(host)

    assert "grep: unrecognized option: Z" == caught.value.why
    assert "GNU grep" in caught.value.next_step


def test_a_process_without_a_command_line_for_a_moment_is_looked_at_again(
    host: Host, program: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """So it is with one that just starts another program: it is neither left out nor a reason to give up."""
    process = _start([sys.executable, str(program), "worker", "-Q", "there"], started)
    again, real = shlex.quote(str(tmp_path / "again")), shutil.which("grep")
    first = tmp_path / "first" / "grep"
    first.write_text(f'#!/bin/sh\n[ -e {again} ] && exec {real} "$@"\ntouch {again}\nexit 1\n')
    first.chmod(0o755)

    assert [("there",)] == [node.queues for node in nodes(host) if node.pid == process.pid]


def test_what_was_read_of_others_is_not_shown(
    host: Host, program: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """A command line that was read may hold a password; the refusal names only the process that has none."""
    unread = _start([sys.executable, str(program), "worker", "-Q", "there"], started)
    other = _start([sys.executable, str(program), "flower", "--basic-auth=ops:hunter2"], started)
    first = tmp_path / "first" / "grep"
    first.write_text(f"#!/bin/sh\nexec {shutil.which('grep')} -sazHZ -e ^ /proc/{other.pid}/cmdline\n")
    first.chmod(0o755)

    with pytest.raises(Refused, match="no command line was found of") as caught:
        nodes(host)

    assert str(unread.pid) in caught.value.why
    assert "hunter2" not in str(caught.value)
