"""Descriptive names: one class per name, modules that keep their names, and no identifier of the refused ones."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "runbook_lib"

_BOTH_DATABASES = "a table that both databases have, and its abstract model"
# Class name → why the package has several.
SEVERAL: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("AuthGroup", "AuthGroupPermissions", "ContentType", "CyverseAccessToken", "LogEntry"),
            *("MaintenanceRecord", "Permission", "Session", "Token", "UserProxy"),
        ),
        _BOTH_DATABASES,
    ),
    "DatabaseWrapper": "Django looks for this name in each database backend",
    "Meta": "Django looks for this name in each model",
    **dict.fromkeys(
        ("_Handler", "_Listener"), "each stand-in's server has its own, and a test records what all of them get"
    ),
    "Params": "the registry looks for this name in each procedure",
}
# Module, or package with a dot at its end → why it is always imported under another name.
ALIASED: Mapping[str, str] = {
    "runbook_lib.procedures._registry": "the underscore hides it from the search for procedures",
    "runbook_lib.fixture.stand_ins.": "each stand-in has a server, a store and rules; the alias adds whose they are",
}
# Names that say nothing about a value or a function: no nouns and no verbs.
REFUSED = frozenset(
    {
        *("again", "found", "heard", "here", "known", "left", "mend", "moment", "of", "one"),
        *("said", "says", "seen", "tell", "tells", "there", "told", "whole"),
    }
)


def classes(root: Path) -> dict[str, list[str]]:
    """Return class name → the files that define one, nested ones too."""
    files = defaultdict(list)
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                files[node.name].append(str(path.relative_to(root)))
    return dict(files)


def aliases(files: Iterable[Path]) -> dict[str, set[str]]:
    """Return imported name, with its module or package → the names that these files give to it."""
    names_by_import = defaultdict(set)
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for name in node.names:
                    names_by_import[name.name].add(name.asname or name.name)
            elif isinstance(node, ast.ImportFrom):
                for name in node.names:
                    names_by_import[f"{node.module}.{name.name}"].add(name.asname or name.name)
    return dict(names_by_import)


def always_aliased(root: Path, files: Iterable[Path]) -> list[str]:
    """Return the modules of a package that no file imports under their own names."""
    modules = {".".join(path.relative_to(root.parent).with_suffix("").parts) for path in root.rglob("*.py")}
    return sorted(
        module
        for module, names in aliases(files).items()
        if module in modules and not names & {module, module.rpartition(".")[2]}
    )


def refused(source: str) -> list[str]:
    """Return each refused name that a source gives to a value, a parameter, a function or an import, with its line."""
    names: list[tuple[int, str | None]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append((node.lineno, node.id))
        elif isinstance(node, ast.arg):
            names.append((node.lineno, node.arg))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.append((node.lineno, node.name))
        elif isinstance(node, ast.alias):
            names.append((0, node.asname))
    return [f"line {line}: {name}" for line, name in sorted(names, key=str) if name and name.strip("_") in REFUSED]


def test_class_name_is_unique() -> None:
    """A reader who meets a class name knows which class it is; the exceptions have a reason."""
    several = {name: files for name, files in classes(PACKAGE).items() if len(files) > 1}

    assert {} == {name: files for name, files in several.items() if name not in SEVERAL}
    assert set() == SEVERAL.keys() - several.keys()


def test_module_is_imported_under_its_own_name() -> None:
    """A module that every file renames has the wrong name; the exceptions have a reason."""
    files = [path for folder in ("runbook_lib", "tests") for path in (ROOT / folder).rglob("*.py")]
    renamed = always_aliased(PACKAGE, files)

    assert [] == [name for name in renamed if not name.startswith(tuple(ALIASED))]
    assert [] == [reason for reason in ALIASED if not any(name.startswith(reason) for name in renamed)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from runbook_lib.model import plan as planned", ["runbook_lib.model.plan"]),
        ("import runbook_lib.model.plan as planned", ["runbook_lib.model.plan"]),
        ("from runbook_lib.model import plan", []),
        ("from runbook_lib.model import plan as planned, plan", []),
        ("from runbook_lib.model.plan import Plan as Planned", []),
    ],
)
def test_always_renamed_module_is_reported(tmp_path: Path, source: str, expected: list[str]) -> None:
    """One import under its own name is enough, and a name in a module is not a module."""
    root = tmp_path / "runbook_lib"
    (root / "model").mkdir(parents=True)
    (root / "model" / "plan.py").write_text("class Plan:\n    class Plan:\n        pass\n")
    user = tmp_path / "user.py"
    user.write_text(source)

    assert expected == always_aliased(root, [user])
    assert {"Plan": ["model/plan.py", "model/plan.py"]} == classes(root)


def test_no_name_is_refused() -> None:
    """Values have nouns as names, and functions have verbs."""
    files = [
        path for folder in ("runbook_lib", "tests", "benchmarks", "authoring") for path in (ROOT / folder).rglob("*.py")
    ]
    names = {path.relative_to(ROOT).as_posix(): refused(path.read_text(encoding="utf-8")) for path in files}

    assert {} == {path: lines for path, lines in names.items() if lines}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("seen = 1", ["line 1: seen"]),
        ("x = [one for one in rows]", ["line 1: one"]),
        ("def _told(again):\n    pass", ["line 1: _told", "line 1: again"]),
        ("try:\n    pass\nexcept ValueError as there:\n    pass", ["line 3: there"]),
        ("import re as left", ["line 0: left"]),
        ("for image in images:\n    image.left = known(image)", []),
    ],
)
def test_refused_name_is_reported(source: str, expected: list[str]) -> None:
    """A name counts where it is given, not where it is read."""
    assert sorted(expected) == sorted(refused(source))
