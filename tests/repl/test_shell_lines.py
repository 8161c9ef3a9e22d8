"""The lines for the Django shell change the same rows and images as the procedures, and no line is redundant."""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect, engine, params
from runbook_lib.config.settings import Settings
from runbook_lib.fixture import dump, practice
from runbook_lib.fixture.folder import database_urls, glance_state
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.notebook import notebook_files
from runbook_lib.procedures import _registry as registry
from runbook_lib.systems.db.access import connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Bench
    from tests.services.fork_server import ForkServer

REPL = Path(__file__).parent

# What the sites' hooks write when a user is saved; the page says so. Our models are plain: no hook runs here, so the
# procedures write these rows themselves, and the shell lines do not.
BY_HOOKS = {("atmosphere", "user_profile"), ("troposphere", "api_userpreferences")}


@dataclass(frozen=True)
class Block:
    """One block of lines to paste into a site's shell.

    Attributes:
        name: The procedure.
        number: Which one of its blocks, from 1.
        text: The lines.
    """

    name: str
    number: int
    text: str


def blocks(name: str) -> list[Block]:
    """Return the blocks of Python in a notebook's cells for the Django shell."""
    cells = notebook_files.read(notebook_files.path(name)).cells
    texts = [cell.source for cell in cells if "repl" in cell.metadata.get("tags", ())]
    shell_blocks = re.findall(r"^```python\n(.*?)^```", "\n".join(texts), re.MULTILINE | re.DOTALL)
    return [Block(name, number, text) for number, text in enumerate(shell_blocks, start=1)]


# A page without such lines has none that would do: what it changes needs the API, a host or a cluster.
ALL = {name: shell_blocks for name in registry.names() if (shell_blocks := blocks(name))}
WRITING = [
    (block, line)
    for shell_blocks in ALL.values()
    for block in shell_blocks
    for line in block.text.splitlines()
    if re.search(r"\.(save|update|delete)\(", line)
]


def paste(home: Path, text: str, forks: ForkServer) -> subprocess.CompletedProcess[str]:
    """Paste lines into a shell on the practice databases of `home`, in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")}
    return subprocess.run(
        forks.command("shell"),
        cwd=REPL,
        env={**kept, "RUNBOOK_HOME": str(home)},
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def state(home: Path) -> dict[str, Any]:
    """Return every row and image of the practice databases of `home`, but the rows that hooks write."""
    folder = practice.prepare(home)
    connection.connect(database_urls(folder), application_name="test")
    try:
        rows: dict[Any, Any] = dict(dump.dump())
    finally:
        connection.close()
    kept = {
        f"{database}.{table}": content
        for database, tables in rows.items()
        for table, content in tables.items()
        if (database, table) not in BY_HOOKS
    }
    return kept | glance_store.dump(glance_state(folder))


def by_procedure(home: Path, name: str) -> dict[str, Any]:
    """Return the state after the procedure's own example was applied."""
    procedure = registry.find(name)
    values = params.check(procedure.fields, procedure.practice_example, procedure=name)
    with connect.open_world(Settings(home=home), operator="tester@host") as world:
        plan = engine.make_plan(procedure, world, values)
        engine.apply(
            world,
            plan,
            journal=connect.open_journal(Settings(home=home)),
            reason="test",
            operator="tester@host",
            find=registry.find,
            policy=engine.Policy(),
        )
    return state(home)


@pytest.fixture(scope="module")
def procedures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Return a function for the state after a procedure was applied to its own copy; each procedure runs once."""
    return functools.cache(lambda name: by_procedure(tmp_path_factory.mktemp(name), name))


@pytest.mark.parametrize("name", ALL)
def test_shell_lines_change_what_the_procedure_changes(
    name: str, bench: Bench, procedures: Callable[[str], dict[str, Any]], forks: ForkServer
) -> None:
    """All blocks, each in a shell of its own, leave every row and image as the procedure leaves it on another copy."""
    before = state(bench.home)

    for block in ALL[name]:
        ended = paste(bench.home, block.text, forks)
        assert "" == ended.stderr
        assert 0 == ended.returncode

    after = state(bench.home)
    assert before != after
    assert _without_times(procedures(name)) == _without_times(after)


@pytest.mark.parametrize(
    ("block", "line"), WRITING, ids=[f"{block.name}-{block.number}-{line.strip()}" for block, line in WRITING]
)
def test_every_line_that_writes_is_needed(
    block: Block, line: str, tmp_path: Path, procedures: Callable[[str], dict[str, Any]], forks: ForkServer
) -> None:
    """Without any one of them the comparison above fails, or the lines after it do."""
    home = tmp_path / "home"

    texts = [o.text.replace(f"{line}\n", "", 1) if o == block else o.text for o in ALL[block.name]]
    failed = [ended.returncode for text in texts if (ended := paste(home, text, forks)).returncode]

    assert failed or _without_times(procedures(block.name)) != _without_times(state(home))


@pytest.mark.parametrize("name", ALL)
def test_shell_lines_are_python_of_sites(name: str) -> None:
    """There is a block, it writes, and it has nothing that the sites' Python 2.7 does not know."""
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.Await, ast.Starred, ast.Match)
    trees = [ast.parse(block.text) for block in ALL[name]]

    assert {name} <= {block.name for block, _ in WRITING}
    assert [] == [type(node).__name__ for tree in trees for node in ast.walk(tree) if isinstance(node, newer)]
    assert all(block.text.isascii() for block in ALL[name])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("images.update(uuid, visibility='public', name='x')", "the stand-in knows update(uuid, visibility='public')"),
        ("images.update(uuid, is_public=True)", "the stand-in knows update(uuid, visibility='public')"),
        ("images.update(uuid, visibility='shared')", "the stand-in knows update(uuid, visibility='public')"),
        ("images.update({'id': uuid}, visibility='public')", "the stand-in knows update(uuid, visibility='public')"),
        ("images.update('no-such-image', visibility='public')", "has no image no-such-image"),
        ("images.delete(uuid)", "has no attribute 'delete'"),
        ("get_account_driver(4)", "takes a Provider"),
        ("get_account_driver(provider).get_image(uuid)", "has no attribute 'get_image'"),
        ("for _ in ():\n    pass\nprint()", "invalid syntax"),
        ("for _ in ():", "in the middle of a statement"),
    ],
)
def test_what_the_real_shell_may_not_know_is_refused(
    line: str, message: str, tmp_path: Path, forks: ForkServer
) -> None:
    """The stand-ins take what the pages use and nothing else; a paste that the shell would misread fails."""
    lines = f"""
from core.models import Provider
from service.driver import get_account_driver
uuid = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"
provider = Provider.objects.get(id=4)
images = get_account_driver(provider).image_manager.glance.images
{line}"""

    ended = paste(tmp_path / "home", lines, forks)

    assert 1 == ended.returncode
    assert message in ended.stderr


def _without_times(everything: dict[str, Any]) -> dict[str, Any]:
    """Return a state without the timestamp of an image's last change."""
    return {
        name: {key: value for key, value in content.items() if key != "updated_at"}
        if isinstance(content, dict)
        else content
        for name, content in everything.items()
    }
