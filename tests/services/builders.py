"""Other programs that build the same ``mkdocs.yml``: ProperDocs and Zensical, each in an environment of its own.

``python -m tests.services.builders --install`` puts them into the repository's ``.cache``. Both get our versions of
Markdown and its extensions, so that a difference between the pages is the builder's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "builders"
# Zensical 0.1 needs a package that can't be installed; 0.0.73 is the last that can.
PACKAGES = {
    "properdocs": ("properdocs==1.6.7", "mkdocs-material"),
    "zensical": ("zensical==0.0.73",),
}


def install() -> None:
    """Install both, unless they are here already."""
    for name, packages in PACKAGES.items():
        folder = CACHE / name
        done = folder / f"complete-{packages[0].rpartition('=')[2]}"
        if done.exists():
            continue
        shutil.rmtree(folder, ignore_errors=True)
        uv = [Path(sys.executable).parent / "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--python", sys.executable, folder], check=True)
        own = ["pymdown-extensions", "markdown", "pygments"]
        options = ["--compile-bytecode", "--python", folder / "bin/python", "-c", ROOT / "constraints.txt"]
        subprocess.run([*uv, "pip", "install", *options, *packages, *own], check=True)
        done.touch()


def build(name: str, folder: Path) -> str:
    """Build a project with one of them, into its ``site``; return what it said.

    Raises:
        FileNotFoundError: It is not installed.
        RuntimeError: It failed.
    """
    program = CACHE / name / "bin" / name
    if not program.exists():
        raise FileNotFoundError(f"{name} is not here: run 'make services'")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    command = [
        CACHE / name / "bin/python",
        program,
        "build",
        "-f",
        "mkdocs.yml",
    ]  # no path with a blank in a first line
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    output = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{output}")
    return output


if __name__ == "__main__":
    if "--install" in sys.argv:
        install()
    sys.stdout.write("".join(f"{name}: {(CACHE / name / 'bin' / name).exists()}\n" for name in PACKAGES))
