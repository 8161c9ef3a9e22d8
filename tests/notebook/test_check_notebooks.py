"""A check that fails names every notebook, publishes nothing, and leaves nothing behind on a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from runbook_lib.errors import Refused
from runbook_lib.pages import executed

if TYPE_CHECKING:
    from tests.checkout import Checkout
    from tests.services.postgres import PostgreSQL

# Put at the end of a procedure's module, where it replaces its plan().
DIES = "def plan(world, params):\n    import os\n    os._exit(1)\n"
SLEEPS = "def plan(world, params):\n    import time\n    time.sleep(300)\n"
REFUSES = "def plan(world, params):\n    raise Refused(what='broken on purpose', next_step='mend it')\n"
PLANS_NOTHING = "def plan(world, params):\n    return Plan(because='this test wants it so')\n"
WRITES_BESIDE = """
_sound = plan

def plan(world, params):
    import sqlite3
    from runbook_lib.systems.db.access import connection
    with sqlite3.connect(connection.address("troposphere").removeprefix("sqlite:///")) as db:
        db.execute("update troposphere_user set first_name = 'left behind'")
    return _sound(world, params)
"""
WRITES_AN_OBJECT_BESIDE = """
_sound = plan

def plan(world, params):
    from pathlib import Path
    from runbook_lib.systems.db.access import connection
    from runbook_lib.fixture.stand_ins import celery_state, state_file
    folder = Path(connection.address("troposphere").removeprefix("sqlite:///")).parent
    with state_file.changed(folder / celery_state.FILE) as state:
        state["service"] = celery_state.SYSTEMD
    return _sound(world, params)
"""
DIES_WHEN_A_WORKER_IMPORTS_IT = "import multiprocessing, os\nif multiprocessing.parent_process():\n    os._exit(1)\n"


def test_every_notebook_that_fails_is_named_and_nothing_is_published(checkout: Checkout) -> None:
    """A dead kernel, a cell without end, a refusal and an empty plan: exit 3, and the earlier results stay."""
    checkout.append("grant_staff", DIES)
    checkout.append("revoke_staff", SLEEPS)
    checkout.append("move_image_version", REFUSES)
    checkout.append("publicize_image", PLANS_NOTHING)
    checkout.replace("runbook_lib/notebook/round_trip.py", "CELL_SECONDS = 120", "CELL_SECONDS = 12")
    checkout.executed.mkdir(parents=True)
    for name in ("grant_staff.ipynb", "stamps.json"):
        (checkout.executed / name).write_text('{"earlier": {}}')
    names = ("grant_staff", "revoke_staff", "move_image_version", "publicize_image")

    code, body = checkout.answer("check-notebooks", *names)

    assert 3 == code
    assert "refused" == body["error"]
    for words in (
        "grant_staff failed on SQLite",
        "its kernel died",
        "revoke_staff failed on SQLite",
        "a cell took longer than 12 s",
        "move_image_version failed on SQLite",
        "Refused: broken on purpose",
        "publicize_image on SQLite",
        "did not apply and undo its changes",
    ):
        assert words in body["what"]
    _check_nothing_published(checkout, failed=names[:3])


def _check_nothing_published(checkout: Checkout, *, failed: tuple[str, ...]) -> None:
    """Check that the results are those of before, and that what was run cannot become a page."""
    kept = {path.name for path in checkout.executed.iterdir() if path.is_file()}
    assert {"grant_staff.ipynb", "stamps.json"} == kept
    assert {'{"earlier": {}}'} == {(checkout.executed / name).read_text() for name in kept}
    for name in failed:
        notebook = json.loads((checkout.executed / "unpublished" / f"{name}.ipynb").read_text(encoding="utf-8"))
        with pytest.raises(Refused) as caught:
            executed.refuse_unfinished(name, notebook)
        assert f"the notebook of {name} cannot become a page" == caught.value.what


@pytest.mark.parametrize("beside", [WRITES_BESIDE, WRITES_AN_OBJECT_BESIDE], ids=["row", "object"])
def test_an_undo_that_leaves_a_difference_is_named_with_the_table(checkout: Checkout, beside: str) -> None:
    """Everything is compared, from before the first line of the procedure's code: a write beside the plan is found."""
    checkout.append("revoke_staff", beside)

    code, body = checkout.answer("check-notebooks", "revoke_staff")

    assert 3 == code
    assert body["what"].startswith("revoke_staff on SQLite")
    what = "troposphere troposphere_user" if beside == WRITES_BESIDE else "celery service"
    assert body["what"].endswith(f"left something different after its undo: {what}")
    assert not (checkout.executed / "stamps.json").exists()


def test_inspection_that_leaves_a_difference_is_named_with_the_table(checkout: Checkout) -> None:
    """What only inspects is compared like everything else: a write beside it is found."""
    checkout.append("list_staff", WRITES_BESIDE.replace("plan", "inspect").replace("(world, params)", "(world)"))

    code, body = checkout.answer("check-notebooks", "list_staff")

    assert 3 == code
    assert body["what"].endswith("left something different though it only inspects: troposphere troposphere_user")
    assert not (checkout.executed / "stamps.json").exists()


def test_a_procedure_that_ends_the_check_itself_is_named(checkout: Checkout) -> None:
    """The answer is in words, not a broken pool of processes."""
    checkout.append("revoke_staff", DIES_WHEN_A_WORKER_IMPORTS_IT)

    code, body = checkout.answer("check-notebooks", "revoke_staff")

    assert (3, "refused") == (code, body["error"])
    assert "revoke_staff on SQLite" in body["what"]
    assert "a process of the check died" in body["what"]


def test_a_notebook_that_is_built_otherwise_is_refused_before_anything_runs(checkout: Checkout) -> None:
    """A missing part is named with its file; no notebook is run, the sound ones neither."""
    checkout.replace("notebooks/grant_staff.py", "**Not for**", "Not for")

    code, body = checkout.answer("check-notebooks")

    assert 3 == code
    assert "invalid notebook: grant_staff" == body["what"]
    assert "notebooks/grant_staff.py: 'When to use' does not say what this is **Not for**" == body["why"]
    assert not checkout.executed.exists()


def test_a_check_on_both_databases_says_so_and_drops_what_it_made(checkout: Checkout, postgres: PostgreSQL) -> None:
    """The stamp names SQLite and PostgreSQL with their versions; the server has the databases of before."""
    before = _databases(postgres)

    code, body = checkout.answer("check-notebooks", "grant_staff", "--server", postgres.url("postgres"))

    assert 0 == code, body
    sqlite, postgresql = body["grant_staff"]["verified"]["databases"]
    assert sqlite.startswith("SQLite 3.")
    assert f"PostgreSQL {postgres.version}" == postgresql
    assert body["grant_staff"]["reversible"]
    assert before == _databases(postgres)
    assert {"grant_staff.ipynb", "stamps.json"} == {path.name for path in checkout.executed.iterdir()}
    assert body == json.loads((checkout.executed / "stamps.json").read_text())


def test_a_server_that_does_not_answer_is_named(checkout: Checkout) -> None:
    """Exit 7, without the password of the URL, and no earlier result is touched."""
    code, body = checkout.answer(
        "check-notebooks", "grant_staff", "--server", "postgresql://u:hush@127.0.0.1:1/postgres"
    )

    assert 7 == code
    assert (
        "the PostgreSQL server for the fixture cannot be reached at postgresql://127.0.0.1:1/postgres" == body["what"]
    )
    assert "hush" not in json.dumps(body)


def _databases(server: PostgreSQL) -> set[str]:
    with psycopg.connect(server.url("postgres")) as connection:
        return {name for (name,) in connection.execute("select datname from pg_database").fetchall()}
