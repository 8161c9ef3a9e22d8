"""How long a procedure takes from the shell, beside what one would use instead: all in one run, as ratios of medians.

``python benchmarks/plan_apply.py [ROUNDS]``. Whole processes are timed, because that is what the operator waits for;
the candidates take turns, so that load on the machine affects all of them.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.cli import main as cli
from runbook_lib.fixture import build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 7
BARE = """
import sys
import django
from django.conf import settings

DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(DATABASES={"default": DATABASE}, INSTALLED_APPS=[], USE_TZ=True)
django.setup()

from django.db import models


class AtmosphereUser(models.Model):
    username = models.CharField(max_length=256)
    is_staff = models.BooleanField()
    is_superuser = models.BooleanField()

    class Meta:
        app_label = "core"
        db_table = "atmosphere_user"
        managed = False


user = AtmosphereUser.objects.get(username="joetest")
user.is_staff = True
user.is_superuser = True
user.save()
print(user.username, user.is_staff, user.is_superuser)
"""


def main() -> None:
    """Print the machine, then a median in seconds a candidate and the ratio to the first of its group."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    compiled = any(Path(cli.__file__).parent.glob("__pycache__/main.*.pyc"))
    load, version = os.getloadavg()[0], platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {version}")
    print(f"runbook_lib {'has' if compiled else 'has NO'} .pyc files; median of {rounds} rounds, in turns")
    with tempfile.TemporaryDirectory(prefix="rb-") as name:
        folder = Path(name)
        build.copy_to(folder)
        report("from the shell", timed(shell(folder), rounds))
        report("with papermill", timed(notebooks(folder), rounds))
        report("the fixture", timed(fixtures(folder), rounds))


def shell(folder: Path) -> dict[str, Callable[[], None]]:
    """Return the candidates of an operator at a shell; the bare script stands for lines pasted into a REPL."""
    script = folder / "bare.py"
    script.write_text(BARE)
    grant = ("-m", "runbook_lib", "plan", "grant_staff", "-p", "username=joetest")
    apply = (*grant[:2], "apply", *grant[3:], "-p", "site=atmosphere", "--reason", "benchmark", "--yes")
    return {
        "bare Django script, one site": lambda: python(script, folder / "atmosphere.sqlite3"),
        "runbook plan grant_staff, both sites": lambda: python(*grant, home=folder / "plan"),
        "runbook apply grant_staff, one site": fresh(folder / "apply", lambda home: python(*apply, home=home)),
        "runbook --help": lambda: python("-m", "runbook_lib", "--help"),
        "python -c pass": lambda: python("-c", "pass"),
    }


def notebooks(folder: Path) -> dict[str, Callable[[], None]]:
    """Return papermill on a plain notebook with the bare script in it, and on ours."""
    plain = folder / "plain.ipynb"
    text = BARE.replace("sys.argv[1]", repr(str(folder / "atmosphere.sqlite3")))
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    plain.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [cell]}))
    papermill = ("-m", "papermill", "--no-progress-bar")
    given = (
        "-p",
        "username",
        "joetest",
        "-p",
        "site",
        "atmosphere",
        "-p",
        "apply",
        "True",
        "-r",
        "reason",
        "benchmark",
    )
    out = folder / "executed.ipynb"
    return {
        "papermill, plain notebook with the same lines": lambda: python(*papermill, plain, out),
        "papermill runbook://grant_staff, applied": fresh(
            folder / "papermill", lambda home: python(*papermill, "runbook://grant_staff", out, *given, home=home)
        ),
    }


def fixtures(folder: Path) -> dict[str, Callable[[], None]]:
    """Return building both databases from the models, and copying them."""

    def built() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            build.build(build.urls(Path(name), create=True))

    def copied() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            build.copy_to(Path(name))

    return {"build both databases": built, "copy them": copied}


def fresh(home: Path, run: Callable[[Path], None]) -> Callable[[], None]:
    """Return `run` with a home that is new each time: an applied procedure would find nothing to do."""

    def once() -> None:
        run(home)
        shutil.rmtree(home)

    return once


def python(*arguments: str | Path, home: Path | None = None) -> None:
    """Run a Python process to its end, with nothing configured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")}
    command = [sys.executable, *map(str, arguments)]
    subprocess.run(command, env=kept | ({"RUNBOOK_HOME": str(home)} if home else {}), check=True, capture_output=True)


def timed(candidates: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return candidate → median seconds; one round before the first is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds + 1):
        for name, run in candidates.items():
            begin = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(all_[1:]) for name, all_ in seconds.items()}


def report(title: str, medians: Mapping[str, float]) -> None:
    """Print one group."""
    first = next(iter(medians.values()))
    print(f"\n{title}")
    for name, seconds in medians.items():
        print(f"  {name:48}{seconds:8.3f} s  {seconds / first:6.2f} x")


if __name__ == "__main__":
    main()
