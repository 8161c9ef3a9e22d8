"""The direction of imports: the table below is the diagram of the architecture, and the package is held to it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parents[1] / "runbook_lib"

GATEWAYS = ("db", "cloud", "atmosphere_api", "flower", "argo", "logs", "hosts")
CORE = ("changes", "errors", "plan", "params", "secrets", "systems")
TOP = (
    *CORE,
    "engine",
    "journal",
    "readback",
    "recovery",
    "registry",
    "report",
    "saved",
    "looks",
    "looking",
    "look_report",
    "markdown",
    "needs",
    "timeline",
    "sites",
    "sources",
    "settings",
    "world",
    "doctor",
    "fixture",
)

# Part of the package → the parts that it may import at run time. A part not named here fails the test.
ALLOWED: dict[str, tuple[str, ...]] = {
    "errors": (),
    "changes": (),
    "systems": ("changes",),
    "plan": ("changes", "errors", "systems"),
    "secrets": ("errors",),
    "settings": ("errors",),
    "moments": (),
    "needs": (),
    "masking": (),
    "params": ("errors", "moments", "secrets"),
    "registry": ("errors", "params", "procedures"),
    "looks": (),
    "sources": ("errors", "looks"),
    "sites": ("changes", "secrets", "settings"),
    "markdown": (),
    "looking": ("engine",),
    "look_report": ("looks", "markdown", "report"),
    "timeline": ("looks", "markdown"),
    "journal": ("changes", "errors", "plan"),
    "saved": ("errors", "plan"),
    "readback": ("changes", "systems"),
    "work": ("changes", "errors", "plan", "readback", "systems"),
    "engine": ("changes", "errors", "plan", "readback", "systems", "work"),
    "recovery": ("changes", "errors", "plan", "engine", "journal", "readback", "registry"),
    "report": ("changes", "errors", "markdown", "needs", "plan"),
    **dict.fromkeys(GATEWAYS, ("changes", "errors", "masking", "settings")),
    "world": ("changes", "errors", "replication", "secrets", "settings", "sites", "sources", "systems", *GATEWAYS),
    "doctor": ("changes", "errors", "settings", "sites", "world", *GATEWAYS),
    "replication": ("changes", "errors", *GATEWAYS),
    "procedures": (
        *(
            "changes",
            "errors",
            "look_report",
            "looks",
            "masking",
            "params",
            "plan",
            "replication",
            "secrets",
            "sources",
        ),
        *("evidence", "triage", *GATEWAYS),
    ),
    "triage": ("errors", "masking"),
    "evidence": ("errors", "looks", "masking", "sources", "triage", *GATEWAYS),
    "fixture": ("changes", "errors", "secrets", "settings", "sites", "world", "db", "flower", "logs"),
    "notebook": (*TOP, "db"),
    "pages": (*TOP, "notebook", "triage"),
    "commands": (*TOP, "notebook", "pages", "triage"),
    "cli": ("commands", "errors"),
    "__main__": ("cli",),
    "__init__": (),
}
# What is imported for annotations alone never runs: it may also name the parts it gets from above.
FOR_TYPES: dict[str, tuple[str, ...]] = {
    "systems": ("changes",),
    "work": ("journal",),
    "engine": ("journal", "registry"),
    "registry": ("changes", "looks", "plan"),
    "looking": ("looks", "registry", "systems"),
    "sites": ("flower",),
    "recovery": ("systems",),
    "report": ("doctor", "engine", "journal", "registry"),
    "evidence": ("sources", "world"),
    "procedures": ("sources", "world"),
    "pages": ("params",),
}
# Library → the parts that may import it, at run time or for annotations.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "django": ("db", "fixture"),
    "psycopg": ("db", "fixture"),
    "openstack": ("cloud",),
    "keystoneauth1": ("cloud",),
    "kubernetes": ("argo",),
    "celery": ("flower",),
    "kombu": ("flower",),
    "redis": ("flower",),
    "hera": (),
    "requests": ("atmosphere_api", "flower"),
    "urllib3": ("argo", "atmosphere_api", "flower"),
    "jupytext": ("notebook",),
    "papermill": ("notebook",),
    "nbclient": ("notebook",),
    "nbformat": ("notebook",),
    "IPython": ("notebook",),
    "ipykernel": ("notebook",),
    "traitlets": ("notebook",),
}


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


def part_of(path: Path, package: Path) -> str:
    """Return the part of the package that a file belongs to."""
    first = path.relative_to(package).parts[0]
    return first.removesuffix(".py")


def offences(package: Path) -> list[str]:
    """Return every import against the table, as ``file imports module``."""
    found = []
    for path in sorted(package.rglob("*.py")):
        part = part_of(path, package)
        for name, typing_only in imports(path.read_text(encoding="utf-8")):
            if not _allowed(part, path, name, typing_only=typing_only):
                found.append(f"{path.relative_to(package)} imports {name}")
    return found


def _allowed(part: str, path: Path, name: str, *, typing_only: bool) -> bool:
    top, *rest = name.split(".")
    if top == "":
        return False  # a relative import: the table reads whole names
    if top != "runbook_lib":
        return part in LIBRARIES.get(top, (part,))
    other = rest[0]
    if part not in ALLOWED:
        return False
    if part == "procedures" and other == "procedures":
        return path.name == "__init__.py"
    return other == part or other in ALLOWED[part] or (typing_only and other in FOR_TYPES.get(part, ()))


def test_every_import_of_the_package_points_the_allowed_way() -> None:
    """No module imports what the table does not allow to its part of the package."""
    assert [] == offences(PACKAGE)


def test_every_part_of_the_package_is_in_the_table() -> None:
    """A new part must say in the table what it may import."""
    parts = {part_of(path, PACKAGE) for path in PACKAGE.rglob("*.py")}

    assert set() == parts - ALLOWED.keys()


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("errors.py", "from runbook_lib import plan"),
        ("engine.py", "import django"),
        ("engine.py", "from runbook_lib.db.rows import Rows"),
        ("engine.py", "def late() -> None:\n    import runbook_lib.cli"),
        ("params.py", "from . import plan"),
        ("cloud/glance.py", "from runbook_lib.db import rows"),
        ("cloud/glance.py", "from django.db import models"),
        ("db/rows.py", "import openstack"),
        ("db/rows.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from runbook_lib.world import World"),
        ("procedures/grant.py", "from runbook_lib.procedures.revoke import plan"),
        ("procedures/grant.py", "from runbook_lib.fixture import practice"),
        ("procedures/grant.py", "from runbook_lib.world import World"),
        ("world.py", "from runbook_lib.fixture import practice"),
        ("pages/write.py", "import nbformat"),
        ("cli.py", "import papermill"),
        ("__init__.py", "from runbook_lib.cli import main"),
        ("brand_new.py", "from runbook_lib.errors import Refused"),
    ],
)
def test_an_import_the_wrong_way_is_found(tmp_path: Path, file: str, source: str) -> None:
    """Each kind of forbidden import is named, wherever in the file it stands."""
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)

    assert 1 == len(offences(tmp_path))


def test_an_import_for_annotations_may_name_what_it_is_given(tmp_path: Path) -> None:
    """The engine names the journal in its annotations, but may not import it at run time."""
    path = tmp_path / "engine.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from runbook_lib.journal import Journal\n"
    )
    assert [] == offences(tmp_path)

    path.write_text("from runbook_lib.journal import Journal\n")
    assert ["engine.py imports runbook_lib.journal.Journal"] == offences(tmp_path)


@pytest.mark.parametrize("module", ["runbook_lib", "runbook_lib.cli", "runbook_lib.engine", "runbook_lib.registry"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    """``runbook --help`` answers without Django, openstacksdk, papermill or IPython being loaded."""
    heavy = {"django", "openstack", "keystoneauth1", "papermill", "jupytext", "nbformat", "IPython", "psycopg"}
    command = f"import sys, {module}; print(*sorted(set(sys.modules) & {heavy!r}))"

    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)

    assert "" == done.stdout.strip()
