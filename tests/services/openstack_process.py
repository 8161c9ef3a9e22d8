"""Start, await and stop the programs of the real Keystone, Glance, Placement and Nova."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.services.openstack_config import REGIONS, Ports

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
VENV = HERE.parents[1] / ".cache/openstack-venv"
START_SECONDS = 120


@contextmanager
def service(
    folder: Path, name: str, target: str, *, port: int, script: str = "openstack_wsgi.py"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one service until left.

    Args:
        folder: The run's folder; the log is ``<name>.log`` in it.
        name: ``keystone``, ``glance0``, ``glance1``, ``placement`` or ``nova``.
        target: The WSGI application, ``module:attribute``, or what else `script` wants.
        port: Where it listens on 127.0.0.1.
        script: What runs it, beside this file.
    """
    # -P: else our openstack.py beside the script would be imported in place of the SDK.
    command = [str(VENV / "bin/python"), "-P", str(HERE / script), target, str(port)]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=_environment(folder, name), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str, *, log: Path) -> None:
    """Return as soon as a service responds, with any response.

    Raises:
        RuntimeError: It ended, or was silent for two minutes; the message has the end of its log.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            time.sleep(0.05)
            continue
        return
    raise RuntimeError(f"{log.stem} does not answer:\n{_end_of(log)}")


def manage(folder: Path, service: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start ``keystone-manage`` or another service's; it logs into ``manage.log``."""
    return start(folder, str(VENV / f"bin/{service}-manage"), *arguments)


def start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start one command that ends by itself; it logs into ``manage.log``."""
    with (folder / "manage.log").open("ab") as log:
        return subprocess.Popen(
            command,
            env=_environment(folder, "glance0"),
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish(command: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for a command of `manage`.

    Raises:
        RuntimeError: It failed; the message has the end of the log.
    """
    if command.wait() != 0:
        raise RuntimeError(f"{command.args!r} failed:\n{_end_of(folder / 'manage.log')}")


def free_ports() -> Ports:
    """Return ports for Keystone and the Glances."""
    keystone, *glance = unused_ports(1 + len(REGIONS))
    return Ports(keystone, tuple(glance))


def unused_ports(count: int) -> list[int]:
    """Return different ports that were free just now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _environment(folder: Path, name: str) -> dict[str, str]:
    """Return the environment in which a service finds its configuration, and nothing of ours."""
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return kept | {
        "OS_KEYSTONE_CONFIG_FILES": f"{folder}/keystone/keystone.conf",
        "OS_KEYSTONE_CONFIG_DIR": f"{folder}/keystone",
        "OS_GLANCE_CONFIG_DIR": f"{folder}/{name}",
        "OS_NOVA_CONFIG_DIR": f"{folder}/nova",
        "OS_PLACEMENT_CONFIG_DIR": f"{folder}/placement",
        "PYTHONWARNINGS": "ignore",
    }


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]
