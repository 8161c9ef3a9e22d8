"""find_celery_tasks: tasks with tracebacks, what no worker holds any more, queues, and sources that do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import ParamError, Refused
from runbook_lib.fixture.rows.launches import ARGO_INSTANCE
from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.fixture.stand_ins.flower import store as flower_store
from runbook_lib.fixture.stand_ins.flower.server import serve
from tests.checks import check_inspection

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "find_celery_tasks"
IMAGING = "imaging@atmo-prod"


def table(inspection: Inspection, title: str) -> list[dict[str, Any]]:
    """Return the rows of a table by column."""
    return next(part["rows"] for part in inspection.as_json()["tables"] if part["title"].startswith(title))


def tasks(inspection: Inspection) -> list[tuple[str, str]]:
    """Return name and state of the tasks that were found."""
    return [(row["task"], row["state"]) for row in table(inspection, "Tasks that Flower")]


def test_an_instances_task_is_found_with_its_traceback(world: World, bench: Bench) -> None:
    """Whose log has more, which try it was, and that it is tried again by itself."""
    inspection = check_inspection(world, bench, NAME, text=ARGO_INSTANCE)

    assert [("_deploy_instance", "RETRY")] == tasks(inspection)
    assert f"1 task with '{ARGO_INSTANCE}': 1 RETRY." == inspection.answer
    assert "atmosphere-deploy_1@atmo-prod" == table(inspection, "Tasks that Flower")[0]["worker"]
    (text,) = inspection.as_json()["texts"]
    assert (
        text["text"]
        .rstrip()
        .endswith(
            f"AnsibleDeployException: Instance: {ARGO_INSTANCE} IP:192.0.2.10 Hostname: vm142-10.example.org - Failed"
        )
    )
    assert (
        "_deploy_instance: try 1 failed, and it is tried again by itself. Wait, and inspect again."
        == inspection.steps[0].text
    )
    (event,) = inspection.events
    assert (True, False) == (event.trouble, event.lasts)


@pytest.mark.parametrize(
    ("text", "state", "found"),
    [
        ("nbd-guide", "any", [("machine_imaging_task", "FAILURE")]),
        ("nbd-guide", "SUCCESS", []),
        ("IN-FLIGHT", "any", [("machine_imaging_task", "STARTED")]),
        ("deploy_ready_test", "FAILURE", [("deploy_ready_test", "FAILURE")]),
        ("nobody-has-this", "any", []),
    ],
)
def test_text_and_state_must_both_fit(
    world: World, bench: Bench, text: str, state: str, found: list[tuple[str, str]]
) -> None:
    """In any of a task's fields, in upper or lower case."""
    inspection = check_inspection(world, bench, NAME, text=text, state=state)
    assert found == tasks(inspection)
    assert bool(found) is not inspection.answer.startswith("Flower remembers no task with ")


def test_no_login_is_shown(world: World, bench: Bench) -> None:
    """An imaging task is handed the administrator's."""
    inspection = check_inspection(world, bench, NAME, most=500)
    assert "fixture-not-a-secret" not in str(inspection.as_json())
    assert "(masked)" in str(inspection.as_json())


def test_a_known_failure_comes_with_what_to_do(world: World, bench: Bench) -> None:
    """The exception is looked up; one that nobody knows sends to the log."""
    known = check_inspection(world, bench, NAME, text="nbd-guide").steps[0]
    assert "machine_imaging_task on imaging@atmo-prod has failed for good: " in known.text
    assert known.page
    unknown = check_inspection(world, bench, NAME, text="unknown-cause").steps[0]
    assert ("runbooks/find-log-lines.html", True) == (unknown.page, "not among the known ones" in unknown.text)


@pytest.mark.parametrize("held", [False, True])
def test_a_task_that_no_worker_holds_is_told(world: World, bench: Bench, *, held: bool) -> None:
    """Flower goes on saying STARTED when a worker was killed."""
    (row,) = table(check_inspection(world, bench, NAME, text="in-flight"), "Tasks that Flower")
    task = {"name": row["task"], "args": "(u'in-flight',)", "id": row["id"], "worker": IMAGING, "queue": "imaging"}
    if held:
        with state_file.changed(bench.practice / celery_state.FILE) as celery:
            celery["tasks"] = [task | {"stage": "active"}]

    inspection = check_inspection(world, bench, NAME, text="in-flight")

    assert held is not any("no worker that answers holds it now" in step.text for step in inspection.steps)
    assert held == len(table(inspection, "Tasks that workers hold"))


def test_that_there_is_more_is_told(world: World, bench: Bench) -> None:
    """The ones heard of last are shown."""
    inspection = check_inspection(world, bench, NAME, most=3)
    assert (3, True) == (
        len(tasks(inspection)),
        "There may be more: these are the ones heard of last." in inspection.answer,
    )


def test_a_number_out_of_range_is_refused(world: World, bench: Bench) -> None:
    """Before anything is asked."""
    with pytest.raises(Refused, match="it must be 1 to 500"):
        check_inspection(world, bench, NAME, most=501)


def test_a_state_that_celery_has_not_is_refused(world: World, bench: Bench) -> None:
    """The states are named."""
    with pytest.raises(ParamError, match="FAILURE"):
        check_inspection(world, bench, NAME, state="failed")


def test_a_flower_that_was_restarted_says_so(world: World, bench: Bench) -> None:
    """That a task is not there does not mean that it never ran."""
    flower_store.restart(bench.practice / flower_store.FILE)

    inspection = check_inspection(world, bench, NAME, text=ARGO_INSTANCE)

    assert "Flower has missed tasks: that one is not here does not mean that it never ran." in inspection.answer
    assert ["flower's memory"] == [gap.source for gap in inspection.gaps]
    assert "it was restarted after them" in inspection.gaps[0].why


def test_an_old_flower_finds_the_same(world: World, bench: Bench) -> None:
    """Release 0.9.2, which neither searches nor says whose a task is."""
    new = check_inspection(world, bench, NAME, text=ARGO_INSTANCE)
    with state_file.changed(bench.practice / flower_store.FILE) as state:
        state["old"] = True
    assert new.as_json() == check_inspection(world, bench, NAME, text=ARGO_INSTANCE).as_json()


def test_a_queue_that_nobody_tells_of_is_unknown(world: World, bench: Bench) -> None:
    """It is not called empty, and no number is made up."""
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        celery["nodes"] = [node for node in celery["nodes"] if node["name"] != "email"]
        celery["waiting"] = {"imaging": 4}

    rows = {row["queue"]: row for row in table(check_inspection(world, bench, NAME), "Queues")}

    assert ("unknown", "nobody") == (rows["email"]["Flower's length"], rows["email"]["workers"])
    assert rows["email"]["what is known"].startswith("nobody consumes it")
    assert (4, 4) == (rows["imaging"]["Flower's length"], rows["imaging"]["waiting"])
    assert rows["periodic"]["what is known"].startswith("proved empty")


def test_without_the_broker_the_answer_is_flowers_alone(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no broker proves is unknown; the gap says which setting is missing."""
    netrc = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(netrc))
    with serve(bench.practice / flower_store.FILE) as server:
        name, _, word = server.login.partition(":")
        netrc.write_text(f"machine 127.0.0.1 login {name} password {word}\n")
        netrc.chmod(0o600)
        with connect.open_world(Settings(home=bench.home, flower_url=server.url), operator="tester@host") as world:
            inspection = check_inspection(world, bench, NAME, text="in-flight")

    assert [("machine_imaging_task", "STARTED")] == tasks(inspection)
    assert (["broker"], True) == (
        [gap.source for gap in inspection.gaps],
        "RUNBOOK_BROKER_URL" in inspection.gaps[0].why,
    )
    assert {"nobody told: unknown, not empty"} == {row["what is known"] for row in table(inspection, "Queues")}
    assert () == inspection.steps


@pytest.mark.parametrize("status", [401, 500])
def test_without_flower_the_answer_is_the_brokers_alone(world: World, bench: Bench, status: int) -> None:
    """What workers hold is found all the same."""
    held = {"name": "machine_imaging_task", "args": "(u'x',)", "id": "t", "worker": IMAGING, "queue": "imaging"}
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        celery["tasks"] = [held | {"stage": "active"}]
    with state_file.changed(bench.practice / flower_store.FILE) as state:
        state["failure"] = status

    inspection = check_inspection(world, bench, NAME, text="machine_imaging")

    assert "Flower does not tell; workers hold 1 task with 'machine_imaging'." == inspection.answer
    assert ["flower", "flower's memory", "flower's queues"] == [gap.source for gap in inspection.gaps]
    assert ["t"] == [row["id"] for row in table(inspection, "Tasks that workers hold")]


def test_without_either_it_is_refused(bench: Bench) -> None:
    """An empty answer would pass for none."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(Refused, match="Flower can't be asked"),
    ):
        check_inspection(world, bench, NAME)
