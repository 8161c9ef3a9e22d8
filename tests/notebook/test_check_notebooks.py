"""A failed check names every notebook, publishes nothing, and leaves nothing on a server."""

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
    import contextlib
    import sqlite3
    from runbook_lib.systems.db.access import connection
    file = connection.address("troposphere").removeprefix("sqlite:///")
    with contextlib.suppress(sqlite3.OperationalError), sqlite3.connect(file, timeout=0) as db:
        db.execute("update troposphere_user set first_name = 'left behind'")  # not while the run holds the lock
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


def test_failed_notebooks_are_named_and_nothing_is_published(checkout: Checkout) -> None:
    """A dead kernel, an endless cell, a refusal and an empty plan: exit 3, and the earlier results stay."""
    checkout.append("grant_staff", DIES)
    checkout.append("revoke_staff", SLEEPS)
    checkout.append("move_image_version", REFUSES)
    checkout.append("publicize_image", PLANS_NOTHING)
    checkout.replace("runbook_lib/notebook/round_trip.py", "CELL_SECONDS = 120", "CELL_SECONDS = 12")
    checkout.executed.mkdir(parents=True)
    for name in ("grant_staff.ipynb", "stamps.json"):
        (checkout.executed / name).write_text('{"earlier": {}}')
    names = ("grant_staff", "revoke_staff", "move_image_version", "publicize_image")

    code, body = checkout.run_json("check-notebooks", *names)

    assert 3 == code
    assert "refused" == body["error"]
    for message in (
        "grant_staff failed on SQLite",
        "its kernel died",
        "revoke_staff failed on SQLite",
        "a cell took longer than 12 s",
        "move_image_version failed on SQLite",
        "Refused: broken on purpose",
        "publicize_image on SQLite",
        "did not apply and undo its changes",
    ):
        assert message in body["what"]
    _check_nothing_published(checkout, failed=names[:3])


def _check_nothing_published(checkout: Checkout, *, failed: tuple[str, ...]) -> None:
    """Check that the earlier results are unchanged, and that the executed files cannot become pages."""
    kept = {path.name for path in checkout.executed.iterdir() if path.is_file()}
    assert {"grant_staff.ipynb", "stamps.json"} == kept
    assert {'{"earlier": {}}'} == {(checkout.executed / name).read_text() for name in kept}
    for name in failed:
        notebook = json.loads((checkout.executed / "unpublished" / f"{name}.ipynb").read_text(encoding="utf-8"))
        with pytest.raises(Refused) as caught:
            executed.refuse_unfinished(name, notebook)
        assert f"the notebook of {name} cannot become a page" == caught.value.what


@pytest.mark.parametrize("beside", [WRITES_BESIDE, WRITES_AN_OBJECT_BESIDE], ids=["row", "object"])
def test_difference_after_an_undo_is_named_with_the_table(checkout: Checkout, beside: str) -> None:
    """The comparison starts before the procedure's first line, so it includes a write beside the plan."""
    checkout.append("revoke_staff", beside)

    code, body = checkout.run_json("check-notebooks", "revoke_staff")

    assert 3 == code
    assert body["what"].startswith("revoke_staff on SQLite")
    what = "troposphere troposphere_user" if beside == WRITES_BESIDE else "celery service"
    assert body["what"].endswith(f"left something different after its undo: {what}")
    assert not (checkout.executed / "stamps.json").exists()


def test_difference_after_an_inspection_is_named_with_the_table(checkout: Checkout) -> None:
    """An inspection is compared like a changing procedure: a write beside it is reported."""
    checkout.append("list_staff", WRITES_BESIDE.replace("plan", "inspect").replace("(world, params)", "(world)"))

    code, body = checkout.run_json("check-notebooks", "list_staff")

    assert 3 == code
    assert body["what"].endswith("left something different though it only inspects: troposphere troposphere_user")
    assert not (checkout.executed / "stamps.json").exists()


def test_procedure_that_exits_the_check_is_named(checkout: Checkout) -> None:
    """The error is a sentence, not a broken pool of processes."""
    checkout.append("revoke_staff", DIES_WHEN_A_WORKER_IMPORTS_IT)

    code, body = checkout.run_json("check-notebooks", "revoke_staff")

    assert (3, "refused") == (code, body["error"])
    assert "revoke_staff on SQLite" in body["what"]
    assert "a process of the check died" in body["what"]


def test_malformed_notebook_is_refused_before_anything_runs(checkout: Checkout) -> None:
    """The error names the missing part and its file; no notebook is run, also no correct one."""
    checkout.replace("notebooks/grant_staff.py", "**Not for**", "Not for")

    code, body = checkout.run_json("check-notebooks")

    assert 3 == code
    assert "invalid notebook: grant_staff" == body["what"]
    assert "notebooks/grant_staff.py: 'When to use' does not say what this is **Not for**" == body["why"]
    assert not checkout.executed.exists()


def test_check_on_both_databases_names_them_and_drops_its_databases(checkout: Checkout, postgres: PostgreSQL) -> None:
    """The stamp names SQLite and PostgreSQL with their versions; the server has the same databases as before."""
    before = _databases(postgres)

    code, body = checkout.run_json("check-notebooks", "grant_staff", "--server", postgres.url("postgres"))

    assert 0 == code, body
    sqlite, postgresql = body["grant_staff"]["verified"]["databases"]
    assert sqlite.startswith("SQLite 3.")
    assert f"PostgreSQL {postgres.version}" == postgresql
    assert body["grant_staff"]["reversible"]
    assert before == _databases(postgres)
    assert {"grant_staff.ipynb", "stamps.json"} == {path.name for path in checkout.executed.iterdir()}
    assert body == json.loads((checkout.executed / "stamps.json").read_text())


def test_unresponsive_server_is_named(checkout: Checkout) -> None:
    """Exit 7, without the password of the URL, and no earlier result is touched."""
    code, body = checkout.run_json(
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
