"""A new procedure: three files that are valid at once, and that say what to fill in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from authoring import checklist, skeleton

if TYPE_CHECKING:
    from pathlib import Path

ROOT = skeleton.ROOT
COPIED = (
    "runbook_lib",
    "notebooks",
    "tests",
    "authoring",
    "docs/index.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "pyproject.toml",
)
CHANGING, INSPECTING = "rename_user", "show_user"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with two new procedures: one that changes something, one that inspects."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in (CHANGING, INSPECTING):
        done = run(folder, "authoring.skeleton", name)
        assert "" == done.stderr
        assert f"wrote runbook_lib/procedures/{name}.py\nwrote notebooks/{name}.py\n" in done.stdout
        assert f"make try NAME={name}" in done.stdout
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_new_files_pass_lint(checkout: Path) -> None:
    """Style and format of all three files are right before anything is filled in."""
    files = [str(path) for name in (CHANGING, INSPECTING) for path in skeleton.files(name, checkout)]

    assert "" == run(checkout, "ruff", "check", "--quiet", "--no-cache", *files).stdout
    assert "" == run(checkout, "ruff", "format", "--check", "--quiet", "--no-cache", *files).stdout


def test_new_modules_pass_types(checkout: Path) -> None:
    """The strict check of types has nothing to say about them."""
    if (ROOT / ".mypy_cache").exists():  # most of what it would read is in there
        shutil.copytree(ROOT / ".mypy_cache", checkout / ".mypy_cache")
    done = run(
        checkout, "mypy", "--no-error-summary", *(f"runbook_lib/procedures/{n}.py" for n in (CHANGING, INSPECTING))
    )

    assert "" == done.stdout + done.stderr
    assert 0 == done.returncode


def test_new_notebooks_are_built_as_the_others(checkout: Path) -> None:
    """Headings, cells and the generated parts are in their places, and the command line lists both."""
    script = (
        "from runbook_lib import procedures; from runbook_lib.notebook import anatomy;"
        f"found = [procedures.find(name) for name in ({CHANGING!r}, {INSPECTING!r})];"
        "anatomy.check(found); print([bool(procedure.plans) for procedure in found])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=False)

    assert ("", "[True, False]\n") == (done.stderr, done.stdout)


def test_new_tests_fail_with_what_to_fill_in(checkout: Path) -> None:
    """The refusal passes already; each other test shows its sentence."""
    files = [str(skeleton.files(name, checkout)[2]) for name in (CHANGING, INSPECTING)]
    done = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", "-k", "not postgresql", *files)

    assert "3 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    for sentence in (
        "FILL IN: the reason that plan() returns when there is nothing to do",
        "FILL IN: each change of the example, as 'runbook plan rename_user' lists it",
        "FILL IN: the answer to the example, as 'runbook inspect show_user' shows it",
    ):
        assert sentence in done.stdout


@pytest.mark.parametrize("name", [CHANGING, INSPECTING])
def test_checklist_names_each_text_to_fill_in(checkout: Path, name: str) -> None:
    """Each place with its file and line; the home page and the changelog are on the list too."""
    problems = checklist.problems(name, checkout)

    assert f"runbook_lib/procedures/{name}.py:1: FILL IN: what the procedure" in "\n".join(problems)
    for start in (
        f"notebooks/{name}.py:12: FILL IN: what is true",
        f"tests/procedures/test_{name}.py:1: FILL IN: what is",
    ):
        assert [line for line in problems if line.startswith(start)]
    page = name.replace("_", "-")
    assert [f"docs/index.md: no line links to runbooks/{page}.md", f"CHANGELOG.md: no line names `{name}`"] == problems[
        -2:
    ]


def test_existing_procedure_is_not_overwritten(checkout: Path) -> None:
    """A second time, and with any one of the three files, nothing is written."""
    before = [path.read_text(encoding="utf-8") for path in skeleton.files(CHANGING, checkout)]

    with pytest.raises(skeleton.BadNameError, match=r"rename_user exists: runbook_lib/procedures/rename_user\.py, "):
        skeleton.write(CHANGING, checkout)
    assert before == [path.read_text(encoding="utf-8") for path in skeleton.files(CHANGING, checkout)]

    (alone := checkout / "tests" / "procedures" / "test_rename_other.py").touch()
    with pytest.raises(skeleton.BadNameError, match=r"rename_other exists: tests/procedures/test_rename_other\.py"):
        skeleton.write("rename_other", checkout)
    assert [alone] == [path for path in skeleton.files("rename_other", checkout) if path.exists()]
    alone.unlink()


@pytest.mark.parametrize(
    "name",
    [
        "rename",
        "Rename_image",
        "rename-image",
        "_rename_image",
        "rename_",
        "../x_y",
        "rename image",
        "",
        "1_x",
        "x" * 39 + "_y",
    ],
)
def test_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    """Only a verb and an object in snake_case can be a name, and nothing is written for any other."""
    with pytest.raises(skeleton.BadNameError, match="use a verb and an object"):
        skeleton.write(name, tmp_path)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"), [([], "Give one name"), (["rename"], "'rename' can't be"), (["a_b", "c_d"], "Give one")]
)
def test_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Exit code 2 and one sentence."""
    assert 2 == skeleton.main(arguments)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("verb", skeleton.INSPECTING)
def test_verb_decides_the_kind(verb: str) -> None:
    """The verbs of inspections make inspections, and no other verb does."""
    assert skeleton.inspects(f"{verb}_image")
    assert not skeleton.inspects(f"re{verb}_image")
