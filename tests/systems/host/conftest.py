"""A real broker with workers, and a host that is this machine with its own service script."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runbook_lib.systems.celery import Queues
from runbook_lib.systems.host import Host
from runbook_lib.systems.host.workers import Workers
from tests.services.celery import ROOT, CeleryService, celery_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Like the init script, it starts a missing node in its own session, and 'start' does not affect a running node. It
# records the pid, so that the test can end the process.
SERVICE = """import os, subprocess, sys
with open({calls!r}, "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
command = {command!r}
if {starts!r}:
    child = subprocess.Popen(command, cwd={root!r}, env=dict(os.environ, BROKER={url!r}, PYTHONWARNINGS="ignore"),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    with open({pids!r}, "a") as pids:
        pids.write(str(child.pid) + "\\n")
print("> {node}: OK")
"""


@dataclass
class RealHost:
    """This machine as Atmosphere's host.

    Attributes:
        celery: The broker and its workers.
        folder: Programs that replace this machine's own.
        queue: A queue that no other test on this machine uses.
        reported: The lines shown to the operator.
    """

    celery: CeleryService
    folder: Path
    queue: str
    reported: list[str]

    @property
    def node(self) -> str:
        """The node that serves the queue."""
        return f"node-{self.celery.port}"

    def install(self, *, starts: bool = True) -> None:
        """Write the service script, and programs that report an init script."""
        options = ["worker", "-Q", self.queue, "-n", f"{self.node}@host", "--concurrency=1"]
        body = SERVICE.format(
            calls=str(self.folder / "calls"),
            command=[sys.executable, "-P", "-m", "celery", "-A", "tests.services.celery_tasks", *options],
            starts=starts,
            root=str(ROOT),
            url=self.celery.url,
            pids=str(self.folder / "pids"),
            node=self.node,
        )
        code = self.folder / "service.py"
        code.write_text(body)
        # The path can't be in the script's first line: there the kernel would end it at a space.
        starter = f'#!/bin/sh\nexec {shlex.join([sys.executable, str(code)])} "$@"\n'
        for name, text in {
            "service": starter,
            "test": "#!/bin/sh\nexit 0\n",
            "systemctl": "#!/bin/sh\nexit 1\n",
        }.items():
            program = self.folder / name
            program.write_text(text)
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    @property
    def host(self) -> Host:
        """The gateway."""
        return Host(("env", f"PATH={self.folder}:{os.environ['PATH']}"), on_line=self.reported.append)

    def workers(self, **seconds: float) -> Workers:
        """Return the gateway to the workers, with short waits."""
        queues = Queues(self.celery.url)
        return Workers(self.host, queues.states, **{"pause_seconds": 0.2, "return_seconds": 30, **seconds})

    def calls(self) -> list[str]:
        """Return the arguments of each call of the service script."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def end(self) -> None:
        """End the processes that the service script started."""
        file = self.folder / "pids"
        for pid in file.read_text().split() if file.exists() else ():
            try:
                os.killpg(int(pid), 9)
            except ProcessLookupError:
                continue


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CeleryService]:
    """One broker per session."""
    with celery_service(tmp_path_factory.mktemp("celery")) as service:
        yield service


@pytest.fixture
def real(broker: CeleryService, tmp_path: Path) -> Iterator[RealHost]:
    """This machine, without a worker of the queue."""
    host = RealHost(broker, tmp_path, f"imaging_{broker.port}", [])
    host.install()
    yield host
    host.end()
    broker.stop()
