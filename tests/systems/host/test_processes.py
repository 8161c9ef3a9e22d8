"""Reading the command lines of workers, with spaces, line ends and similar processes."""

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
    """A script named celery that only waits, in a folder with a space in its name."""
    path = tmp_path / "an environment" / "celery"
    path.parent.mkdir()
    path.write_text(WAITS)
    return path


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """This machine, with a folder for programs that replace its own."""
    (tmp_path / "first").mkdir()
    return Host(("env", f"PATH={tmp_path / 'first'}:{os.environ['PATH']}", "LC_ALL=C"))


def _start(argv: list[str], started: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout is not None
    process.stdout.readline()  # the process runs with its own command line now
    return process


def test_worker_with_a_space_in_its_path_is_found_and_restarted(
    real: RealHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter's path is one argument, and the worker restarts like any other."""
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
def test_each_argument_of_a_command_line_stays_one_argument(
    host: Host, program: Path, started: list[subprocess.Popen[bytes]], name: str
) -> None:
    """A name or queue with a space, a line end or a path of another file is read unchanged."""
    argv = [sys.executable, str(program), "worker", "", "-Q", "one queue,another", "-n", name]
    process = _start(argv, started)

    (node,) = (node for node in nodes(host) if node.pid == process.pid)

    assert (name, ("another", "one queue")) == (node.name, node.queues)
    assert shlex.join(argv) == node.command


@pytest.mark.parametrize(
    "arguments",
    [
        ["sleep for the celery worker", "600"],  # one argument with spaces
        ["celery worker"],
        ["-c", "import time; print(flush=True); time.sleep(600)", "python -m celery worker -Q imaging"],
    ],
)
def test_text_of_one_argument_is_not_a_worker(
    host: Host, program: Path, started: list[subprocess.Popen[bytes]], arguments: list[str]
) -> None:
    """It looks like a worker's command line only when it is split at spaces."""
    script = [] if arguments[0] == "-c" else [str(program)]
    process = _start([sys.executable, *script, *arguments], started)

    assert process.pid not in [node.pid for node in nodes(host)]


def test_zombie_is_not_a_worker(host: Host, tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    """A zombie has no command line, and does not prevent the list of the others."""
    program = shutil.copy(shutil.which("sleep") or "", tmp_path / "celery")
    process = subprocess.Popen([program, "600"], stdin=subprocess.DEVNULL)
    started.append(process)
    process.kill()

    def is_zombie() -> bool:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].startswith("Z")

    wait_for(is_zombie, "its end")
    assert process.pid not in [node.pid for node in nodes(host)]


def test_unreadable_command_lines_are_refused(
    host: Host, program: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """A grep without the required options must not look like a host without workers."""
    _start([sys.executable, str(program), "worker", "-Q", "there"], started)
    other = tmp_path / "first" / "grep"
    other.write_text("#!/bin/sh\necho 'grep: unrecognized option: Z' >&2\nexit 2\n")
    other.chmod(0o755)

    with pytest.raises(Refused, match=r"the processes of the Atmosphere host .* can't be listed") as caught:
        nodes(host)

    assert "grep: unrecognized option: Z" == caught.value.why
    assert "GNU grep" in caught.value.next_step


def test_process_briefly_without_a_command_line_is_read_again(
    host: Host, program: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """A process that starts another program is neither omitted nor an error."""
    process = _start([sys.executable, str(program), "worker", "-Q", "there"], started)
    wrapper, real = shlex.quote(str(tmp_path / "again")), shutil.which("grep")
    first = tmp_path / "first" / "grep"
    first.write_text(f'#!/bin/sh\n[ -e {wrapper} ] && exec {real} "$@"\ntouch {wrapper}\nexit 1\n')
    first.chmod(0o755)

    assert [("there",)] == [node.queues for node in nodes(host) if node.pid == process.pid]


def test_error_does_not_show_command_lines(
    host: Host, program: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """A command line can contain a password; the error names only the process without one."""
    unread = _start([sys.executable, str(program), "worker", "-Q", "there"], started)
    other = _start([sys.executable, str(program), "flower", "--basic-auth=ops:hunter2"], started)
    first = tmp_path / "first" / "grep"
    first.write_text(f"#!/bin/sh\nexec {shutil.which('grep')} -sazHZ -e ^ /proc/{other.pid}/cmdline\n")
    first.chmod(0o755)

    with pytest.raises(Refused, match="there is no command line of process") as caught:
        nodes(host)

    assert str(unread.pid) in caught.value.why
    assert "hunter2" not in str(caught.value)
