"""A forked process behaves as under ``python -m``: streams, environment, folder, exit code and signals are its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.services.celery import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.fork_server import ForkServer

SHOWS = """
import os, sys
for name in ("DJANGO_ALLOW_ASYNC_UNSAFE", "PYDEVD_USE_FRAME_EVAL"):  # set by imports
    os.environ.pop(name, None)
print(sys.argv[1:], os.getcwd(), sorted(os.environ.items()), __name__, sys.path[0], sys.stdin.read())
print(sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdout.isatty(), file=sys.stderr)
sys.exit(7)
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """Return a folder with the module ``shows``."""
    (tmp_path / "shows.py").write_text(SHOWS)
    return tmp_path


def test_forked_process_behaves_like_one_that_python_starts(module: Path, forks: ForkServer) -> None:
    """Output, errors and exit code are the same."""
    environment = {"LC_ALL": "C.UTF-8", "ODD": "ä\n"}
    ended = [
        subprocess.run(
            [*command, "a b", "é"],
            cwd=module,
            env=environment,
            input="typed",
            capture_output=True,
            text=True,
            check=False,
        )
        for command in ([sys.executable, "-m", "shows"], forks.command("shows"))
    ]

    started, forked = ((done.returncode, done.stdout, done.stderr) for done in ended)
    assert 7 == started[0]
    assert started == forked


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_reaches_the_process_and_its_exit_is_returned(
    module: Path, forks: ForkServer, number: signal.Signals
) -> None:
    """The client ends as the process did: by the same signal, or with the exit code of its handler."""
    (module / "shows.py").write_text("import time; print('waits', flush=True); time.sleep(60)")
    command = forks.command("shows")
    with subprocess.Popen(command, cwd=module, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        assert "waits\n" == process.stdout.readline()
        process.send_signal(number)

        assert -number == process.wait(30)


def test_process_of_a_killed_client_is_ended(module: Path, forks: ForkServer) -> None:
    """No process outlives a test that was stopped."""
    (module / "shows.py").write_text("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    with subprocess.Popen(forks.command("shows"), cwd=module, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        process.kill()

    wait_for(lambda: not _runs(pid), "its end")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
