"""The record of the tests that attack a promise: written to ``build/promises.json`` at the end of each run.

A test counts as one point per case. One that tries more in a case says so: ``record_property("points", number)``.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.pages.reference import promises

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "build" / "promises.json"
_tests = frozenset(attack.test for promise in promises.promises() for attack in promise.attacks)
_results: dict[str, dict[str, Any]] = {}


def add(report: pytest.TestReport) -> None:
    """Count one case of a test that attacks a promise."""
    test = report.nodeid.partition("[")[0]
    is_result = report.when == "call" or (report.when == "setup" and report.failed)
    if test in _tests and is_result and not report.skipped:
        result = _results.setdefault(test, {"cases": 0, "failed": 0, "points": 0})
        result["cases"] += 1
        result["failed"] += report.failed
        result["points"] += int(dict(report.user_properties).get("points", 1))


def write(file: Path = FILE, *, commit: str = "") -> None:
    """Add the results of this run to the file."""
    if not _results:
        return
    about = {
        "commit": commit or _commit(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
    }
    content = {**promises.results(file), **{test: {**result, **about} for test, result in _results.items()}}
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{json.dumps(content, indent=1, sort_keys=True)}\n", encoding="utf-8")


def _commit() -> str:
    """Return the commit of the working tree, and whether files differ from it."""
    commit = _git("rev-parse", "--short", "HEAD")
    return f"{commit} with changes" if _git("status", "--porcelain", "--untracked-files=no") else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
