"""A folder with the paths and commands of Atmosphere's host, and a real bash that runs the pages' blocks in it."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.pages.code_blocks import shell

if TYPE_CHECKING:
    from tests.services.fork_server import ForkServer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SITES = {"atmosphere": "atmo", "troposphere": "troposphere"}  # the site's folder → that of its environment
SCRIPTS = ("application_to_provider.py", "application_sync_providers.py")
_STAND_IN = (sys.executable, "-I", str(HERE / "stand_in.py"))
_ON_PATH = shell.STAND_INS - {"manage.py", "python", *SCRIPTS}  # these are started by their paths


@dataclass(frozen=True)
class Sandbox:
    """The environment in which blocks are run.

    Attributes:
        folder: Everything is below it; its path has no blank, because paths of the host are replaced by ones in it.
        server: Forks the processes of our commands, and the kernels of their notebooks.
    """

    folder: Path
    server: ForkServer

    @property
    def work(self) -> Path:
        """The folder that a block is started in."""
        return self.folder / "work"

    def make(self) -> Sandbox:
        """Write the commands, the two sites and their environments, and return the sandbox."""
        for path in (self.folder / "bin", self.work):
            path.mkdir(parents=True)
        (self.work / "notebooks").symlink_to(ROOT / "notebooks")  # the pages' commands start in the checkout
        for name in sorted(_ON_PATH):
            self._command(self.folder / "bin" / name, [*_STAND_IN, name])
        for name, module in (("runbook", "runbook_lib"), ("papermill", "papermill")):
            self._command(self.folder / "bin" / name, self.server.command(module), PYTHONPATH=str(ROOT))
        for site, environment in SITES.items():
            activate = self.folder / "opt/env" / environment / "bin/activate"
            activate.parent.mkdir(parents=True)
            activate.write_text(f"export VIRTUAL_ENV={self.folder}/opt/env/{environment}\n")
            python = activate.with_name("python")
            self._command(python, [*_STAND_IN, "python"], VIRTUAL_ENV=str(activate.parents[1]))
            (self.folder / "opt/dev" / site / "logs").mkdir(parents=True)
            self._command(self.folder / "opt/dev" / site / "manage.py", [*_STAND_IN, "manage.py"])
        (self.folder / "opt/dev/atmosphere/scripts").mkdir()
        for name in SCRIPTS:
            self._command(self.folder / "opt/dev/atmosphere/scripts" / name, [*_STAND_IN, name])
        return self

    def run(self, text: str, *, home: Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a block in a real bash that ends at the first failure; the terminal on its stdin answers `stdin`."""
        controller, terminal = pty.openpty()
        try:
            os.write(controller, stdin.encode())
            return subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text.replace("/opt/", f"{self.folder}/opt/")],
                cwd=self.work,
                env=self._environment(home) | environment,
                stdin=terminal,
                capture_output=True,
                text=True,
                check=False,
                timeout=180,
            )
        finally:
            os.close(controller)
            os.close(terminal)

    def _environment(self, home: Path) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "JUPYTER_PATH": self.server.jupyter_path,
            "LC_ALL": "C.UTF-8",
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
            "PYTHONPATH": "/before",
            "RUNBOOK_HOME": str(home),
            "SANDBOX": str(self.folder),
        }

    @staticmethod
    def _command(path: Path, command: list[str], **environment: str) -> None:
        """Write a program that runs a command with these variables set."""
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
        path.write_text(f'#!/bin/sh\n{exports}exec {shlex.join(command)} "$@"\n')
        path.chmod(0o755)
