"""Papermill as people start it: a separate process in its own folder, without real systems."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.config import settings
from runbook_lib.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.services.fork_server import ForkServer

CHECKOUT = Path(__file__).resolve().parents[2]
IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"


@dataclass(frozen=True)
class PapermillProcess:
    """A place to run papermill in.

    Attributes:
        folder: Everything that is written goes here: the output, ``RUNBOOK_HOME``, IPython's history.
        environment: Variables beside those of the test run.
        forks: Forks papermill and its kernels; None is a start from nothing, as people have it.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    forks: ForkServer | None = None

    @property
    def home(self) -> Path:
        """The ``RUNBOOK_HOME``."""
        return self.folder / "home"

    @property
    def output(self) -> Path:
        """Path of the executed notebook."""
        return self.folder / "executed.ipynb"

    @property
    def journal(self) -> Journal:
        """The journal of its runs."""
        return Journal(settings.load({"RUNBOOK_HOME": str(self.home), **self.environment}).journal_folder)

    def variables(self) -> dict[str, str]:
        """Return the complete environment of a process in this place."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")}
        own = {"RUNBOOK_HOME": str(self.home), "IPYTHONDIR": str(self.folder / "ipython")}
        if self.forks:
            own["JUPYTER_PATH"] = self.forks.jupyter_path
        return {**kept, **own, "PYTHONPATH": str(CHECKOUT), **self.environment}

    def run(self, notebook: str, *arguments: str, stdin: str = "", cwd: Path | None = None) -> PapermillRun:
        """Run ``papermill NOTEBOOK executed.ipynb …``, and keep its terminal output beside its notebook."""
        papermill = self.forks.command("papermill") if self.forks else [sys.executable, "-m", "papermill"]
        ended = subprocess.run(
            [*papermill, notebook, str(self.output), "--no-progress-bar", *arguments],
            cwd=cwd or self.folder,
            env=self.variables(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return PapermillRun(self, ended.returncode, ended.stdout + ended.stderr)


@dataclass(frozen=True)
class PapermillRun:
    """What became of one run of papermill.

    Attributes:
        mill: The place of the run.
        code: The exit code.
        terminal: The output on the terminal.
    """

    mill: PapermillProcess
    code: int
    terminal: str

    def notebook(self) -> dict[str, Any]:
        """Return the executed notebook."""
        body: dict[str, Any] = json.loads(self.mill.output.read_text(encoding="utf-8"))
        return body

    def outputs(self) -> str:
        """Return all that the executed notebook shows, errors and their tracebacks too."""
        return "\n\n".join(_texts(self.notebook()))


def _texts(notebook: Mapping[str, Any]) -> Iterator[str]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                yield "\n".join([f"{output['ename']}: {output['evalue']}", *output["traceback"]])
            elif output["output_type"] == "stream":
                yield "".join(output["text"])
            else:
                yield "".join(output["data"]["text/plain"])


def files_with(value: str, folder: Path) -> list[str]:
    """Return every file under a folder, at any depth, that contains these characters."""
    wanted = value.encode()
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(folder)) for path in files if wanted in path.read_bytes()]
