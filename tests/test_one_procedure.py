"""The option ``--procedure`` selects every test of a procedure, and no test of another one."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from runbook_lib import procedures

TESTS = Path(__file__).parent


def selected(*arguments: str) -> list[str]:
    """Return the ids of the tests that pytest selects."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)

    return [line for line in done.stdout.splitlines() if "::" in line]


def test_tests_of_one_procedure_are_selected() -> None:
    """The procedure's own tests, its part of the tests over all procedures, and those with its name."""
    files = ("tests/procedures/test_list_staff.py", "tests/procedures/test_grant_staff.py", "tests/registry")
    ids = selected("--procedure", "list_staff", *files)
    own = [test for test in ids if "/procedures/" in test]

    assert own
    assert [] == [test for test in own if "test_list_staff.py" not in test]
    assert "tests/registry/test_needs.py::test_required_systems_are_enough" in ids
    others = set(procedures.names()) - {"list_staff"}
    assert [] == [test for test in ids if others & set(re.split(r"[\[\]-]", test))]


def test_unknown_procedure_is_refused() -> None:
    """A misspelled name selects nothing."""
    assert [] == selected("--procedure", "list_stuff", "tests/registry/test_registry.py")


def test_every_test_over_all_procedures_is_marked() -> None:
    """Without the mark, ``--procedure`` would leave the test out."""
    unmarked = [
        f"{path.relative_to(TESTS)}: {function.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
        if re.search(r"check_each\((procedures|registry)\.", ast.unparse(function))
        if "pytest.mark.every_procedure" not in map(ast.unparse, function.decorator_list)
    ]

    assert [] == unmarked
