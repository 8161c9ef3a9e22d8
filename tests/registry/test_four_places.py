"""One stem, four places: a procedure's module, notebook, tests and page have one name, and no list names them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runbook_lib import procedures
from runbook_lib.notebook import notebook_files
from runbook_lib.pages.procedure_page import ProcedurePage
from tests.checks import check_each

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "procedures"


def stems(folder: Path, pattern: str = "*.py") -> set[str]:
    """Return the names of a folder's files, without endings; what begins with _ is no procedure."""
    return {path.stem for path in folder.glob(pattern) if not path.stem.startswith("_")}


@pytest.mark.every_procedure
def test_a_procedure_stands_in_all_its_places() -> None:
    """Module, notebook, tests and page are there under the one name."""

    def check(name: str) -> None:
        page = procedures.find(name).page
        assert (ROOT / "runbook_lib" / "procedures" / f"{name}.py").is_file()
        assert (ROOT / "notebooks" / f"{name}.py").is_file()
        assert (TESTS / f"test_{name}.py").is_file()
        assert f"runbooks/{name.replace('_', '-')}.html" == page
        assert f"{Path(page).stem}.md" == ProcedurePage(procedures.find(name), notebook={}).file_name

    check_each(procedures.names(), check)


def test_there_are_procedures() -> None:
    """The walk over the package finds them; the tests over all of them are not empty."""
    assert procedures.names()
    assert list(procedures.names()) == [procedure.name for procedure in procedures.every()]


def test_nothing_is_orphaned() -> None:
    """There is no notebook, test or generated page of a procedure that does not exist."""
    names = set(procedures.names())
    generated = {name.replace("-", "_") for name in stems(ROOT / "docs" / "runbooks", "*.md")}

    assert names == stems(ROOT / "runbook_lib" / "procedures")
    assert names == stems(notebook_files.folder())
    tests = {stem.partition("__")[0] for stem in stems(TESTS, "test_*.py")}  # test_NAME__TOPIC.py is a second file
    assert {f"test_{name}" for name in names} == tests
    assert set() == generated - names


def test_no_notebook_is_committed_with_outputs() -> None:
    """Git has the py:percent files only; an .ipynb is always made from them."""
    found = [path for path in ROOT.rglob("*.ipynb") if not {".venv", "build", ".cache", "site"} & set(path.parts)]

    assert [] == found


def test_a_new_procedure_touches_no_list(tmp_path: Path) -> None:
    """Files put into their places are enough: the command line lists the procedure and shows its parameters."""
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


def test_no_other_module_holds_a_list_of_procedures() -> None:
    """None of the library's other modules knows two of them by name; one may be the word of another system."""
    package = ROOT / "runbook_lib"
    texts = {
        path.relative_to(package): path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
        if path.parent.name != "procedures"
    }
    named = {path: [name for name in procedures.names() if f'"{name}"' in text] for path, text in texts.items()}

    assert {} == {path: names for path, names in named.items() if len(names) > 1}
