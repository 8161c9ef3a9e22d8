"""Run everything that concerns one procedure: style, types, its notebook, its tests, its part of the others, its page.

    python -m authoring.try_procedure NAME

Two lanes run at the same time, one per core. Each step is one line; what failed is shown at the end.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authoring import checklist, generate, skeleton
from runbook_lib import procedures
from runbook_lib.errors import RunbookError
from runbook_lib.notebook import check_notebooks
from runbook_lib.pages.procedure_page import ProcedurePage, page_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from runbook_lib.model.procedure import Procedure

FOLDER = skeleton.ROOT / "build" / "try"
_PYTHON = (sys.executable, "-m")
_PYTEST = (*_PYTHON, "pytest", "--quiet", "--no-header", "--tb=short", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Step:
    """One line of the report.

    Attributes:
        label: What is checked.
        run: Returns the output of a failure; empty if the step passed.
    """

    label: str
    run: Callable[[], str]


def lanes(procedure: Procedure) -> tuple[tuple[Step, ...], ...]:
    """Return the steps; those of one lane run one after the other."""
    name = procedure.name
    files = [str(file) for file in skeleton.files(name)]
    everywhere = ("tests/registry", "tests/notebook/test_anatomy.py", "tests/notebook/test_common_text.py")
    blocks = ("tests/repl", "tests/pages/code_blocks/test_commands.py", "tests/pages/code_blocks/test_papermill.py")
    check = (*_PYTHON, "runbook_lib", "check-notebooks", name, "--executed", str(FOLDER))
    return (
        (
            Step("texts: nothing to fill in, home page, changelog", lambda: "\n".join(checklist.problems(name))),
            Step(
                "style: ruff",
                command(
                    (*_PYTHON, "ruff", "check", "--quiet", *files),
                    (*_PYTHON, "ruff", "format", "--check", "--quiet", *files),
                ),
            ),
            Step("types: mypy", command((*_PYTHON, "mypy", "--no-error-summary"))),
            Step("notebook: plan, apply, verify, undo; or inspect", command(check)),
            Step("page: made, every code block accounted for", lambda: _page(procedure)),
            Step(
                "page: its commands do what it says",
                command((*_PYTEST, *blocks, "-m", "", "--procedure", name, "--docs", str(FOLDER / "docs"))),
            ),
        ),
        (
            Step("tests: its own", command((*_PYTEST, *files[2:]))),
            Step("tests: those of every procedure", command((*_PYTEST, *everywhere, "--procedure", name))),
        ),
    )


def main(arguments: Sequence[str]) -> int:
    """Write the generated parts, run all steps and report them; return the exit code."""
    try:
        procedure = procedures.find(arguments[0] if arguments else "")
    except RunbookError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    generate.main()
    shutil.rmtree(FOLDER, ignore_errors=True)
    return report(procedure.name, lanes(procedure))


def report(name: str, lanes: Sequence[Sequence[Step]]) -> int:
    """Run all steps, print a line for each, then the output of those that failed; return 1 if any did."""
    started, writing = time.monotonic(), threading.Lock()
    failed: dict[str, str] = {}

    def run(lane: Sequence[Step]) -> None:
        for step in lane:
            since = time.monotonic()
            output = step.run()
            with writing:
                if output:
                    failed[step.label] = output
                sys.stdout.write(f"{'FAILED' if output else 'ok':7}{time.monotonic() - since:5.1f} s  {step.label}\n")
                sys.stdout.flush()

    with ThreadPoolExecutor(max_workers=len(lanes)) as pool:
        list(pool.map(run, lanes))
    for label, output in failed.items():
        sys.stdout.write(f"\n{label}\n{'-' * len(label)}\n{output.rstrip()}\n")
    number, seconds = sum(map(len, lanes)), time.monotonic() - started
    sys.stdout.write(f"\n{name}: {number - len(failed)} of {number} steps passed in {seconds:.0f} s.\n")
    return 1 if failed else 0


def command(*commands: Sequence[str]) -> Callable[[], str]:
    """Return a function that runs commands in the checkout, up to the first that fails, and returns its output."""

    def run() -> str:
        for command in commands:
            done = subprocess.run(command, cwd=skeleton.ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
            if done.returncode:
                return done.stdout + done.stderr or f"exit code {done.returncode}"
        return ""

    return run


def _page(procedure: Procedure) -> str:
    """Write the procedure's page from the notebook that was just run; return what is wrong with its code blocks."""
    executed = FOLDER / f"{procedure.name}.ipynb"
    if not executed.exists():
        return "there is no page, because the notebook did not pass"
    notebook = json.loads(executed.read_text(encoding="utf-8"))
    page = ProcedurePage(procedure, notebook, check_notebooks.stamps(FOLDER)[procedure.name])
    path: Path = FOLDER / "docs" / "runbooks" / page.file_name
    path.parent.mkdir(parents=True)
    path.write_text(page_markdown(page), encoding="utf-8")
    return command((*_PYTHON, "runbook_lib.pages.code_blocks", str(FOLDER / "docs")))()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
