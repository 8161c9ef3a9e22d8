"""A procedure's module, notebook, tests and page have one name, and no list names them."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runbook_lib import procedures
from runbook_lib.notebook.folder import folder
from runbook_lib.pages.procedure_page import ProcedurePage
from tests.checks import check_each

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "procedures"


def stems(folder: Path, pattern: str = "*.py") -> set[str]:
    """Return the names of a folder's files, without endings; a name that begins with _ is not a procedure."""
    return {path.stem for path in folder.glob(pattern) if not path.stem.startswith("_")}


@pytest.mark.every_procedure
def test_procedure_has_all_its_files() -> None:
    """Module, notebook, tests and page exist under one name."""

    def check(name: str) -> None:
        page = procedures.find(name).page
        assert (ROOT / "runbook_lib" / "procedures" / f"{name}.py").is_file()
        assert (ROOT / "notebooks" / f"{name}.py").is_file()
        assert (TESTS / f"test_{name}.py").is_file()
        assert f"runbooks/{name.replace('_', '-')}.html" == page
        assert f"{Path(page).stem}.md" == ProcedurePage(procedures.find(name), notebook={}).file_name

    check_each(procedures.names(), check)


def test_package_contains_procedures() -> None:
    """The walk over the package finds them, so the tests over all of them are not empty."""
    assert procedures.names()
    assert list(procedures.names()) == [procedure.name for procedure in procedures.every()]


def test_no_file_is_orphaned() -> None:
    """Every notebook, test and generated page belongs to an existing procedure."""
    names = set(procedures.names())
    generated = {name.replace("-", "_") for name in stems(ROOT / "docs" / "runbooks", "*.md")}

    assert names == stems(ROOT / "runbook_lib" / "procedures")
    assert names == stems(folder())
    tests = {stem.partition("__")[0] for stem in stems(TESTS, "test_*.py")}  # test_NAME__TOPIC.py is a second file
    private = {f"test{path.stem}" for path in (ROOT / "runbook_lib" / "procedures").glob("_*.py")}
    assert {f"test_{name}" for name in names} == tests - private
    assert set() == generated - names


def test_no_notebook_is_committed_with_outputs() -> None:
    """Git has only the py:percent files; an .ipynb is always generated from them."""
    notebooks = [path for path in ROOT.rglob("*.ipynb") if not {".venv", "build", ".cache", "site"} & set(path.parts)]

    assert [] == notebooks


def test_new_procedure_changes_no_list(tmp_path: Path) -> None:
    """Its files are enough: the command line lists the procedure and shows its parameters."""
    for name in ("runbook_lib", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "runbook_lib" / "procedures"
    shutil.copy(module / "revoke_staff.py", module / "dismiss_staff.py")
    text = (tmp_path / "notebooks" / "revoke_staff.py").read_text(encoding="utf-8")
    (tmp_path / "notebooks" / "dismiss_staff.py").write_text(text.replace('"revoke_staff"', '"dismiss_staff"'))
    script = """
from runbook_lib import procedures
from runbook_lib.notebook import anatomy
assert "dismiss_staff" in procedures.names()
anatomy.check([procedures.find("dismiss_staff")])
print(procedures.find("dismiss_staff").page)
"""

    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == ended.stderr
    assert "runbooks/dismiss-staff.html\n" == ended.stdout


def test_no_other_module_lists_procedures() -> None:
    """No other module of the library names two procedures; one name can be another system's word.

    A module that recommends procedures as next steps is not a list: the test below checks it against the registry.
    """
    package = ROOT / "runbook_lib"
    texts = {
        path.relative_to(package): path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
        if path.parent.name != "procedures" and path.name != "next_steps.py"
    }
    named = {path: [name for name in procedures.names() if f'"{name}"' in text] for path, text in texts.items()}

    assert {} == {path: names for path, names in named.items() if len(names) > 1}


def unknown_steps(source: str) -> list[str]:
    """Return the next steps of a source that match no procedure: another name, verb or parameter."""
    steps = [
        (call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id, call)
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute | ast.Name)
    ]
    problems = []
    for verb, call in steps:
        if verb in {"to_inspect", "to_plan"} and call.args and isinstance(call.args[0], ast.Constant):
            name = str(call.args[0].value)
            procedure = procedures.find(name) if name in procedures.names() else None
            parameters = {field.name for field in procedure.fields} if procedure else set()
            given = {keyword.arg for keyword in call.keywords if keyword.arg}
            if procedure is None or bool(procedure.inspects) != (verb == "to_inspect") or not given <= parameters:
                problems.append(ast.unparse(call))
    return problems


def test_next_steps_name_procedures_and_their_parameters() -> None:
    """Every recommended command exists."""
    problems = {
        str(path.relative_to(ROOT)): unknown
        for path in sorted((ROOT / "runbook_lib").rglob("*.py"))
        if (unknown := unknown_steps(path.read_text(encoding="utf-8")))
    }

    assert {} == problems


@pytest.mark.parametrize(
    "source",
    [
        "to_plan('grant_stuff', username='joetest')",
        "inspection.to_inspect('grant_staff', username='joetest')",
        "to_plan('grant_staff', name='joetest')",
    ],
)
def test_unknown_next_step_is_reported(source: str) -> None:
    """A misspelled name, the wrong verb and an unknown parameter are reported."""
    assert 1 == len(unknown_steps(source))
