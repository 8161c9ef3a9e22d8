"""A plan and an inspection only read: checked at every system for every procedure, and enforced on one that writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from runbook_lib import engine, params, procedures
from runbook_lib.errors import Defect, WriteRefused
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
from runbook_lib.fixture.stand_ins.flower import server as flower_server
from runbook_lib.fixture.stand_ins.glance import server as glance_server
from runbook_lib.fixture.stand_ins.host import program as host
from runbook_lib.fixture.stand_ins.kubernetes import server as kubernetes_server
from runbook_lib.fixture.stand_ins.nova import server as nova_server
from runbook_lib.model import DATABASES, Call, RowInsert, System, SystemId
from runbook_lib.model.procedure import Procedure
from runbook_lib.systems.db.models.atmosphere.models import Application, AtmosphereUser, UserProfile
from runbook_lib.systems.host import process
from tests import sessions
from tests.checks import everything

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.model.inspection import Inspection
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

READS = re.compile(r"\s*SELECT\b(?!.*\bFOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)\b)", re.DOTALL | re.IGNORECASE)


# POST requests that only read: the login at Keystone, and the question for this account's rights in the cluster.
ASKS = re.compile(r"POST (/identity/(\d+/)?v3/auth/tokens|/apis/authorization\.k8s\.io/v1/selfsubject\w+)$")
# The commands of the host that only read, by their first arguments.
READING_COMMANDS = ("ps", "cat", "grep", "systemctl show", "test", "id")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect every request that reaches a fake service, such as ``GET /image/4/…``, and every command of the host."""
    received: list[str] = []
    follow = process.follow

    def recorded(answer: Callable[[Any], None]) -> Callable[[Any], None]:
        def record(handler: Any) -> None:
            received.append(f"{handler.command} {handler.path}")
            answer(handler)

        return record

    def record_command(arguments: Sequence[str], *rest: Any, **named: Any) -> int:
        fixed = host.prefix(Path())[:-1]
        assert fixed == tuple(arguments[: len(fixed)])
        received.append(f"host {' '.join(arguments[len(fixed) + 1 :])}")
        return follow(arguments, *rest, **named)

    for server in (glance_server, nova_server, api_server, flower_server, kubernetes_server):
        monkeypatch.setattr(server._Handler, "_answer", recorded(server._Handler._answer))
    monkeypatch.setattr(process, "follow", record_command)
    return received


def _only_reads(request: str) -> bool:
    """Return whether a request, or a command of the host, changes nothing."""
    reads = any(request.startswith(f"host {arguments} ") for arguments in READING_COMMANDS)
    return reads or request.startswith("GET ") or bool(ASKS.match(request))


def _examples(procedure: Procedure) -> dict[str, Any]:
    given = procedure.practice_example
    return params.check(procedure.fields, given, procedure=procedure.name)


def test_rehearsal_leaves_sequences(world: World, bench: Bench) -> None:
    """A plan for new rows, with a key from the database or of a row of the same plan, uses no number of a sequence."""
    before = everything(bench), _sequences(bench)
    inserting = set()

    for name in procedures.changing():
        procedure = procedures.find(name)
        planned = engine.make_plan(procedure, world, _examples(procedure))
        if any(isinstance(change, RowInsert) for change in planned.changes):
            inserting.add(name)
        assert before[1] == _sequences(bench), name

    assert inserting
    assert before[0] == everything(bench)


def _sequences(bench: Bench) -> list[Any]:
    """Return the state of every sequence of both databases."""
    if bench.backend == "sqlite":
        return [sessions.rows(bench, database, "SELECT name, seq FROM sqlite_sequence") for database in DATABASES]
    return [
        sessions.rows(bench, database, f"SELECT '{name}', last_value, is_called FROM {name}")
        for database in DATABASES
        for (name,) in sessions.rows(
            bench, database, "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'S' ORDER BY 1"
        )
    ]


@pytest.mark.parametrize("name", procedures.changing())
def test_plan_of_every_procedure_only_reads(world: World, bench: Bench, requests: list[str], name: str) -> None:
    """Every statement is a SELECT without a lock, every request a GET, every command a reading one."""
    procedure = procedures.find(name)
    before = everything(bench)

    with world.reading(), sessions.statements() as received:
        planned = procedure.plan(world, procedure.bind(_examples(procedure)))

    assert planned.changes
    # A plan of rows reads their tables; a plan of a call to the workers only reads the host's processes.
    assert received or [SystemId(System.WORKERS)] == [call.system for call in planned.changes if isinstance(call, Call)]
    assert received or [request for request in requests if request.startswith("host ps ")]
    assert [] == [sql for sql in received if not READS.match(sql)]
    assert [] == [request for request in requests if not _only_reads(request)]
    assert before == everything(bench)


@pytest.mark.parametrize("name", procedures.inspecting())
def test_every_inspection_only_reads(world: World, bench: Bench, requests: list[str], name: str) -> None:
    """So do the threads in which it reads its data sources; and it reads at least one system."""
    procedure = procedures.find(name)
    before = everything(bench)

    with sessions.statements() as received:
        inspection = engine.inspect(procedure, world, _examples(procedure))

    assert () == inspection.gaps
    assert [*received, *requests] or name == "find_log_lines"  # which reads only files
    assert [] == [sql for sql in received if not READS.match(sql)]
    assert [] == [request for request in requests if not _only_reads(request)]
    assert before == everything(bench)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("GET /image/4/v2/images", True),
        ("POST /identity/v3/auth/tokens", True),
        ("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", True),
        ("host ps -ww -e", True),
        ("host systemctl show celeryd", True),
        ("PATCH /image/4/v2/images/1", False),
        ("POST /api/v1/provider/1/identity/2/instance/3/action", False),
        ("POST /apis/argoproj.io/v1alpha1/namespaces/argo/workflows", False),
        ("DELETE /apis/argoproj.io/v1alpha1/namespaces/argo/workflows/x", False),
        ("host kill -TERM 2319", False),
        ("host service celeryd start", False),
        ("host systemctl restart celeryd", False),
        ("host psql", False),
    ],
)
def test_request_that_changes_something_is_detected(request_: str, expected: object) -> None:
    """Only a GET and the known reading POST requests count as reads."""
    assert expected == _only_reads(request_)


@pytest.mark.parametrize("sql", ["UPDATE t SET a = 1", "SELECT 1 FOR UPDATE", "WITH x AS (DELETE FROM t) SELECT 1"])
def test_statement_that_writes_is_detected(sql: str) -> None:
    """Only a plain SELECT counts as a read."""
    assert not READS.match(sql)


def _orm_save(_world: World) -> None:
    user = AtmosphereUser.objects.get(username="joetest")
    user.is_staff = True
    user.save()


def _orm_update(_world: World) -> None:
    Application.objects.filter(pk=1201).update(private=False)


def _orm_insert(_world: World) -> None:
    UserProfile.objects.create(user_id=user_id("noprofile"))


def _orm_delete(_world: World) -> None:
    UserProfile.objects.filter(user_id=user_id("joetest")).delete()


def _orm_lock(_world: World) -> None:
    list(AtmosphereUser.objects.select_for_update().filter(username="joetest"))


def _raw(sql: str) -> Callable[[World], None]:
    def write(_world: World) -> None:
        with connections["atmosphere"].cursor() as cursor:
            cursor.execute(sql)

    return write


WRITES: dict[str, Callable[[World], None]] = {
    "save": _orm_save,
    "update": _orm_update,
    "insert": _orm_insert,
    "delete": _orm_delete,
    "raw": _raw("UPDATE application SET private = FALSE"),
    "with": _raw("WITH gone AS (DELETE FROM user_profile RETURNING *) SELECT * FROM gone"),
    "comment first": _raw("/* SELECT */ DELETE FROM user_profile"),
    "two statements": _raw("SELECT 1; DELETE FROM user_profile"),
    "function": _raw("SELECT setval('application_id_seq', 1)"),
    "drop": _raw("DROP TABLE application"),
}


def _procedure(write: Callable[[World], None]) -> Procedure:
    """Return a procedure that writes while it plans."""

    def plan(world: World, params: Any) -> Plan:
        del params
        write(world)
        raise AssertionError("the write was let through")

    return Procedure(name="wrong", summary="", minutes=1, declaration=dict, plans=plan)


def _check_stopped(error: Defect, cause: str) -> None:
    """Check that the error describes the defect without internals, and that it keeps the cause."""
    assert "it tried to write to " in error.why
    assert error.changed is False
    assert isinstance(error.__cause__, WriteRefused)
    assert str(error.__cause__).startswith(cause)


@pytest.mark.parametrize("how", WRITES)
def test_plan_that_writes_a_row_is_stopped(world: World, bench: Bench, how: str) -> None:
    """The statement does not reach the database, and the world remains usable."""
    before = everything(bench)

    with pytest.raises(Defect, match="because of a defect") as caught:
        engine.make_plan(_procedure(WRITES[how]), world, {})

    _check_stopped(caught.value, "while a plan is made, atmosphere is only read; refused: ")
    assert before == everything(bench)


@pytest.mark.parametrize("how", WRITES)
def test_inspection_that_writes_a_row_is_stopped_in_its_threads_too(world: World, bench: Bench, how: str) -> None:
    """A data source that writes is a defect, not a missing source, and the statement does not reach the database."""

    def inspect(world: World, params: Any) -> Inspection:
        del params
        world.ask({"atmosphere": lambda: WRITES[how](world)})
        raise AssertionError("the write was let through")

    before = everything(bench)

    with pytest.raises(Defect, match="because of a defect") as caught:
        engine.inspect(Procedure(name="wrong", summary="", minutes=1, declaration=dict, inspects=inspect), world, {})

    _check_stopped(caught.value, "while a plan is made, atmosphere is only read; refused: ")
    assert before == everything(bench)


def test_plan_that_calls_glance_is_stopped(world: World, bench: Bench, requests: list[str]) -> None:
    """No PATCH leaves."""
    call = Call(
        system=SystemId.parse("glance:4"), target=GUIDE_IMAGE, action="visibility", before="shared", after="public"
    )
    before = everything(bench)

    with pytest.raises(Defect, match="because of a defect") as caught:
        engine.make_plan(_procedure(lambda opened: opened.outside(call.system).perform(call)), world, {})

    _check_stopped(caught.value, "while a plan is made, glance:4 is only read; refused: ")
    assert not [request for request in requests if request.startswith("PATCH")]
    assert before == everything(bench)
