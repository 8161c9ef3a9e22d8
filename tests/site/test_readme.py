"""The README shows the real outputs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAIR = re.compile(r"```sh\n(runbook [^\n]+)\n```\n\n```text\n(.*?)```", re.DOTALL)


def test_output_shown_is_the_output_printed(tmp_path: Path) -> None:
    """Each command prints what follows it, in one practice home; only the digest depends on the operator."""
    pairs = PAIR.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert 2 == len(pairs)

    for command, expected in pairs:
        done = subprocess.run(
            [sys.executable, "-m", "runbook_lib", *shlex.split(command)[1:]],
            capture_output=True,
            text=True,
            check=True,
            env={"RUNBOOK_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            cwd=ROOT,
        )
        head = re.compile(r"^Journal head: \d+:[0-9a-f]{64}$", re.MULTILINE)
        assert head.sub("", expected) == head.sub("", done.stdout)
        assert len(head.findall(expected)) == len(head.findall(done.stdout)) == (" apply " in command)


def test_every_make_target_named_in_readme_and_contributing_exists() -> None:
    """`make NAME` in the texts is a documented target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[`\n])", texts))

    assert {"site", "test", "check"} <= named
    assert set() == named - targets


def test_contributing_fits_on_one_page() -> None:
    """80 lines at most, the drawing of the layers included."""
    assert 80 >= len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines())


def test_every_file_that_readme_and_contributing_link_to_exists() -> None:
    """A link leads to a file of the checkout."""
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    linked = set(re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", texts))

    assert "docs/contributing/services.md" in linked
    assert set() == {link for link in linked if not (ROOT / link).exists()}
