"""A copy of the package and the notebooks that a test breaks on purpose, with the command line of that copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Checkout:
    """A copy of the package and the notebooks, to be broken on purpose.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @classmethod
    def copy(cls, folder: Path, *names: str) -> Self:
        """Return an intact copy in a new folder: of the package, the notebooks, and any other named path.

        The compiled modules are copied too. Python compiles a module again when a test changes its source.
        """
        for name in ("runbook_lib", "notebooks", *names):
            shutil.copytree(ROOT / name, folder / name)
        return cls(folder)

    @property
    def executed(self) -> Path:
        """Return the folder that its check writes to."""
        return self.folder / "build" / "executed"

    def keep(self, *procedures: str) -> None:
        """Remove every procedure but these, and its notebook."""
        for folder in ("runbook_lib/procedures", "notebooks"):
            for path in (self.folder / folder).glob("[a-z]*.py"):
                if path.stem not in procedures:
                    path.unlink()

    def append(self, module: str, code: str) -> None:
        """Put code at the end of a procedure's module."""
        path = self.folder / "runbook_lib" / "procedures" / f"{module}.py"
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{code}", encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a text, which must be there, in a file."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def runbook(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line of this copy; its kernels run this copy too."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")}
        own = {"PYTHONPATH": str(self.folder), "IPYTHONDIR": str(self.folder / "ipython")}
        own |= {"RUNBOOK_HOME": str(self.folder / "home"), "RUNBOOK_SITE": "practice"}
        command = [sys.executable, "-m", "runbook_lib", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=kept | own, capture_output=True, text=True, check=False, timeout=180
        )

    def run_json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run a command with ``--json``; return its exit code and its document."""
        ended = self.runbook(*arguments, "--json")
        body: dict[str, Any] = json.loads(ended.stdout)
        return ended.returncode, body
