"""Start modules as ``python -m`` does, each in a process of its own, without importing everything anew.

A server imports the heavy modules once, and forks for each request. The forked process runs the module as ``__main__``
with the client's streams, folder, environment and arguments, and ends as any interpreter does. What comes before the
imports of a module can't be tested this way: options of the interpreter, another encoding, an import that fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class ForkServer:
    """A running server.

    Attributes:
        folder: Its socket, its log and its Jupyter kernel.
    """

    folder: Path

    def command(self, module: str) -> list[str]:
        """Return what replaces ``python -m MODULE`` at the start of a command."""
        return [sys.executable, "-I", "-S", str(HERE / "fork_client.py"), str(self.folder / "socket"), module]

    @property
    def jupyter_path(self) -> str:
        """The ``JUPYTER_PATH`` under which the kernels of notebooks are forked."""
        return str(self.folder / "jupyter")

    def write_kernel(self) -> None:
        """Write the kernel ``python3``."""
        folder = self.folder / "jupyter" / "kernels" / "python3"
        folder.mkdir(parents=True)
        argv = [*self.command("ipykernel_launcher"), "-f", "{connection_file}"]
        kernel = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(kernel))


@contextlib.contextmanager
def fork_server() -> Iterator[ForkServer]:
    """Run a server until left; the processes that it forked end with it.

    Raises:
        RuntimeError: It did not start; the message has its log.
    """
    with tempfile.TemporaryDirectory(prefix="fork-", dir="/tmp") as folder:
        server = ForkServer(Path(folder))
        server.write_kernel()
        log = server.folder / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.services.fork_process", server.folder / "socket"],
                cwd=server.folder,
                env={"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        with process:  # closes its standard input in the end, and waits
            assert process.stdout
            if not process.stdout.readline():
                raise RuntimeError(f"the fork server did not start:\n{log.read_text()}")
            yield server
