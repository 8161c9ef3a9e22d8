"""The direction of imports: `tests/layers.toml` is the diagram of the architecture, and the package is held to it."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from authoring import layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = Path(__file__).resolve().parents[1] / "runbook_lib"

LAYERS = layers.read()
SHARED_BY_SYSTEMS = {path.stem for path in (PACKAGE / "systems").glob("*.py")}


def imports(source: str) -> Iterator[tuple[str, bool]]:
    """Yield every module that a source imports, and whether only for annotations."""
    tree = ast.parse(source)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for child in node.body
        for inner in ast.walk(child)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name, id(node) in typing_only


def package_of(path: Path, root: Path) -> str:
    """Return the package that a file belongs to: ``engine``, ``systems/db``."""
    first, *rest = path.relative_to(root).with_suffix("").parts
    return f"{first}/{rest[0]}" if first == "systems" and rest[1:] else first


def offences(root: Path) -> list[str]:
    """Return every import against the table, as ``file imports module``."""
    imported = []
    for path in sorted(root.rglob("*.py")):
        package = package_of(path, root)
        for name, typing_only in imports(path.read_text(encoding="utf-8")):
            if not _allowed(package, path, name, typing_only=typing_only):
                imported.append(f"{path.relative_to(root)} imports {name}")
    return imported


def _allowed(package: str, path: Path, name: str, *, typing_only: bool) -> bool:
    top, *rest = name.split(".")
    if top == "":
        return False  # a relative import: the table reads whole names
    if top != "runbook_lib":
        return package in LAYERS.libraries.get(top, (package,))
    other = rest[0]
    package, _, system = package.partition("/")
    if package not in LAYERS.packages:
        return False
    if package == "procedures" and other == "procedures":
        return path.name.startswith("_")
    if package == "systems" and other == "systems":
        return rest[1] == system or rest[1] in SHARED_BY_SYSTEMS
    return (
        other == package
        or other in LAYERS.packages[package]
        or (typing_only and other in LAYERS.annotations.get(package, ()))
    )


def module_graph(root: Path) -> dict[str, set[str]]:
    """Return module → the modules of the package that it imports, for annotations too unless the table allows that."""
    paths = {module_name(path, root): path for path in root.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for module, path in paths.items():
        package = package_of(path, root)
        graph[module] = set()
        for name, typing_only in imports(path.read_text(encoding="utf-8")):
            if typing_only and _allowed(package, path, name, typing_only=True) != _allowed(
                package, path, name, typing_only=False
            ):
                continue  # what a higher layer hands down
            imported = next((part for part in prefixes(name) if part in paths), module)
            graph[module] |= {imported} - {module}
    return graph


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a file's module."""
    return ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")


def prefixes(name: str) -> Iterator[str]:
    """Yield ``a.b.c``, ``a.b`` and ``a``."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def neighbors(graph: Mapping[str, set[str]], package: str) -> dict[str, set[str]]:
    """Return the graph between the modules and packages that lie directly in a package."""
    level = package.count(".") + 1
    imports_of: dict[str, set[str]] = {}
    for module, imported in graph.items():
        if module.startswith(f"{package}."):
            name = module.split(".")[level]
            others = {other.split(".")[level] for other in imported if other.startswith(f"{package}.")}
            imports_of.setdefault(name, set()).update(others - {name})
    return imports_of


def import_cycle(graph: Mapping[str, set[str]]) -> str:
    """Return one cycle, as ``a → b → a``, with the first name first; empty if there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        names = error.args[1][:0:-1]
        first = names.index(min(names))
        return " → ".join([*names[first:], *names[:first], names[first]])
    return ""


def import_cycles(root: Path) -> list[str]:
    """Return a cycle of modules, and one of neighbors for each package that has one."""
    graph = module_graph(root)
    packages = {module_name(path, root) for path in root.rglob("__init__.py")}
    cycles = [import_cycle(graph), *(import_cycle(neighbors(graph, package)) for package in sorted(packages))]
    return [each for each in cycles if each]


def test_imports_have_no_cycle() -> None:
    """Modules import one another in one direction, and so do adjacent packages, at every level."""
    assert [] == import_cycles(PACKAGE)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"model/plan.py": "import runbook_lib.model.calls", "model/calls.py": "from runbook_lib.model import plan"},
            ["runbook_lib.model.calls → runbook_lib.model.plan → runbook_lib.model.calls", "calls → plan → calls"],
        ),
        (
            {
                "fixture/rows/nova.py": "from runbook_lib.fixture.stand_ins.store import put",
                "fixture/stand_ins/store.py": "def put() -> None:\n    import runbook_lib.fixture.rows.people",
                "fixture/rows/people.py": "",
            },
            ["rows → stand_ins → rows"],
        ),
        ({"render/plan.py": "if TYPE_CHECKING:\n    import runbook_lib.journal", "journal/__init__.py": ""}, []),
    ],
)
def test_cycle_is_reported(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    """The report names one of two modules, and one of two packages whose modules have no cycle."""
    root = tmp_path / "runbook_lib"
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        for folder in [path.parent, *path.parent.parents][: len(Path(name).parts)]:
            (folder / "__init__.py").touch()

    assert expected == import_cycles(root)


def test_every_import_is_allowed_by_the_layers() -> None:
    """No module imports what the table does not allow to its part of the package."""
    assert [] == offences(PACKAGE)


def test_every_package_is_in_the_table() -> None:
    """A new package must say in the table what it may import."""
    packages = {package_of(path, PACKAGE).partition("/")[0] for path in PACKAGE.rglob("*.py")}

    assert set() == packages ^ LAYERS.packages.keys()


def test_every_package_imports_only_packages_before_it() -> None:
    """The order of the table, which the drawing shows, is the direction of every import that the table allows."""
    order = LAYERS.order

    assert set(order) == LAYERS.packages.keys() - {"__init__", "__main__"}
    assert [] == [
        f"{package} may import {other}"
        for number, package in enumerate(order)
        for other in LAYERS.packages[package]
        if other not in order[:number]
    ]


def test_readme_lists_every_package_in_the_order_of_the_layers() -> None:
    """The README has one line per package, from the bottom up."""
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")

    assert list(LAYERS.order) == re.findall(r"^\| `([a-z]+)` \|", readme, re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("errors/root.py", "from runbook_lib import model"),
        ("engine/apply.py", "import django"),
        ("engine/apply.py", "from runbook_lib.systems.db.access.rows import Rows"),
        ("engine/apply.py", "def late() -> None:\n    import runbook_lib.cli.main"),
        ("params/check.py", "from . import convert"),
        ("systems/openstack/glance.py", "from runbook_lib.systems.db import rows"),
        ("systems/gateway.py", "from runbook_lib.systems.openstack import Glance"),
        ("systems/openstack/glance.py", "from django.db import models"),
        ("systems/db/rows.py", "import openstack"),
        (
            "systems/db/rows.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from runbook_lib.world.world import World",
        ),
        ("procedures/grant.py", "from runbook_lib.procedures.revoke import plan"),
        ("procedures/grant.py", "from runbook_lib.fixture import practice"),
        ("text/words.py", "from runbook_lib.world.world import World"),
        ("world/world.py", "from runbook_lib.fixture import practice"),
        ("pages/write.py", "import nbformat"),
        ("cli/main.py", "import papermill"),
        ("cli/procedures.py", "from runbook_lib.fixture import practice"),
        ("connect.py", "from runbook_lib.procedures import grant_staff"),
        ("__init__.py", "from runbook_lib.cli.main import main"),
        ("brand_new.py", "from runbook_lib.errors import Refused"),
    ],
)
def test_forbidden_import_is_reported(tmp_path: Path, file: str, source: str) -> None:
    """Each kind of forbidden import is named, at any place of the file."""
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)

    assert 1 == len(offences(tmp_path))


def test_annotations_can_import_their_types(tmp_path: Path) -> None:
    """The renderer names the journal in its annotations, but must not import it at runtime."""
    path = tmp_path / "render" / "plan.py"
    path.parent.mkdir()
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from runbook_lib.journal import Journal\n"
    )
    assert [] == offences(tmp_path)

    path.write_text("from runbook_lib.journal import Journal\n")
    assert ["render/plan.py imports runbook_lib.journal.Journal"] == offences(tmp_path)


def test_only_main_and_connect_are_outside_of_packages() -> None:
    """Every other module is in a package."""
    assert ["__init__", "__main__", "connect"] == sorted(path.stem for path in PACKAGE.glob("*.py"))


@pytest.mark.parametrize(
    "module", ["runbook_lib", "runbook_lib.cli.main", "runbook_lib.engine.apply", "runbook_lib.procedures"]
)
def test_help_loads_no_heavy_package(module: str) -> None:
    """``runbook --help`` responds without loading Django, openstacksdk, papermill or IPython."""
    heavy = {"django", "openstack", "keystoneauth1", "papermill", "jupytext", "nbformat", "IPython", "psycopg"}
    command = f"import sys, {module}; print(*sorted(set(sys.modules) & {heavy!r}))"

    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)

    assert "" == done.stdout.strip()
