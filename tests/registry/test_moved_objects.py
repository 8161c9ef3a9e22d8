"""Each value of the fake services' objects is changed: if a new plan differs, the saved plan is stale."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import math
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import procedures
from runbook_lib.errors import NothingChanged
from runbook_lib.fixture.stand_ins import state_file
from runbook_lib.model.plan import Plan
from tests.checks import apply, everything
from tests.registry import moved_reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

SAMPLE, ENOUGH = 60, 1  # values per procedure, and after how many differences the rest is left to 'make soak'
# The plans of the others depend on rows, on what does not exist, or on processes whose absence takes seconds to notice.
SAMPLED = ("migrate_image", "publicize_image", "repair_replica_image", "resubmit_workflow", "sync_replica_images")
OUTSIDE = frozenset({"api", "argo", "broker", "flower", "glance", "host", "keystone", "nova"})
ALL = [name for name in procedures.changing() if OUTSIDE & {*procedures.find(name).needs}]


@pytest.mark.parametrize(
    ("name", "most", "enough"),
    [
        *(pytest.param(name, SAMPLE, ENOUGH, id=f"{name}-sample") for name in SAMPLED),
        *(pytest.param(name, None, math.inf, id=f"{name}-all", marks=pytest.mark.soak) for name in ALL),
    ],
)
def test_plan_is_stale_after_an_object_moved(
    world: World, bench: Bench, name: str, most: int | None, enough: float
) -> None:
    """Any difference in a new plan stops the saved plan, and nothing is changed."""
    saved = moved_reads.fresh(world, name)
    assert isinstance(saved, Plan)
    differ = 0
    for label, move, restore in itertools.islice(_moves(bench.practice, json.dumps(saved.as_json())), most):
        with contextlib.ExitStack() as stack:
            move()
            stack.callback(restore)
            if moved_reads.changes(moved_reads.fresh(world, name)) == moved_reads.changes(saved):
                continue
            differ += 1
            before = everything(bench)
            with pytest.raises(NothingChanged):
                apply(world, bench, saved)
            assert before == everything(bench), label
        if differ >= enough:
            break

    assert differ or name not in SAMPLED


def _moves(folder: Path, plan: str) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """Yield a label, a change and its undo for each value, those of objects that the plan names first."""
    moves = [move for file in sorted(folder.iterdir()) for move in _moves_of(file)]
    names = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}|[a-z0-9-]{12,}", plan))
    moves.sort(key=lambda move: not any(name in move[1] for name in names))
    yield from ((label, change, undo) for label, _, change, undo in moves)


def _moves_of(file: Path) -> Iterator[tuple[str, str, Callable[[], None], Callable[[], None]]]:
    if file.suffix == ".json":
        yield from _of_json(file)
    elif file.suffix == ".sqlite3" and file.stem not in {"atmosphere", "troposphere"}:
        yield from _of_sqlite(file)


def _of_json(file: Path) -> Iterator[tuple[str, str, Callable[[], None], Callable[[], None]]]:
    original = state_file.read(file)
    for path, value in _leaves(original):
        moved = _replaced(state_file.read(file), path, _other(value))
        label = f"{file.name} {path}"
        yield (
            label,
            label,
            functools.partial(state_file.write, file, moved),
            functools.partial(state_file.write, file, original),
        )


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, str | int | bool):
        yield path, value


def _of_sqlite(file: Path) -> Iterator[tuple[str, str, Callable[[], None], Callable[[], None]]]:
    with state_file.connected(file) as db:
        db.row_factory = sqlite3.Row
        tables = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [(table, dict(row)) for table in tables for row in db.execute(f"SELECT rowid AS number, * FROM {table}")]
    for table, row in rows:
        for column, value in row.items():
            if column != "number" and isinstance(value, str | int):
                set_to = functools.partial(_set, file, table, column, row["number"])
                for label, moved in _others(value):
                    name = f"{file.name} {table} {row['number']} {column} {label}"
                    yield name, json.dumps(row), functools.partial(set_to, moved), functools.partial(set_to, value)


def _set(file: Path, table: str, column: str, number: int, value: Any) -> None:
    with state_file.connected(file) as db:
        db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, number))


def _others(value: str | int) -> Iterator[tuple[str, str | int]]:
    """Yield a label and another value; of a JSON object, one for each value in it."""
    if not (isinstance(value, str) and value.startswith("{")):
        yield "", _other(value)
        return
    for path, leaf in _leaves(json.loads(value)):
        yield str(path), json.dumps(_replaced(json.loads(value), path, _other(leaf)))


def _replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return body


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 5000 if isinstance(value, int) else f"{value}x"
