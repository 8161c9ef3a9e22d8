"""find_celery_tasks: tasks with tracebacks, tasks that no worker holds, queues, and missing sources."""

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
    """Return name and state of the tasks in the inspection."""
    return [(row["task"], row["state"]) for row in table(inspection, "Tasks that Flower")]


def test_task_of_an_instance_is_listed_with_its_traceback(world: World, bench: Bench) -> None:
    """The inspection shows its worker, its attempt, and that Celery retries it."""
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
        "_deploy_instance: attempt 1 failed, and Celery retries it. Wait, and inspect again."
        == inspection.steps[0].text
    )
    (event,) = inspection.events
    assert (True, False) == (event.trouble, event.lasts)


@pytest.mark.parametrize(
    ("text", "state", "expected"),
    [
        ("nbd-guide", "any", [("machine_imaging_task", "FAILURE")]),
        ("nbd-guide", "SUCCESS", []),
        ("IN-FLIGHT", "any", [("machine_imaging_task", "STARTED")]),
        ("deploy_ready_test", "FAILURE", [("deploy_ready_test", "FAILURE")]),
        ("nobody-has-this", "any", []),
    ],
)
def test_text_and_state_must_both_match(
    world: World, bench: Bench, text: str, state: str, expected: list[tuple[str, str]]
) -> None:
    """The text matches in any of a task's fields, in upper or lower case."""
    inspection = check_inspection(world, bench, NAME, text=text, state=state)
    assert expected == tasks(inspection)
    assert bool(expected) is not inspection.answer.startswith("Flower remembers no task with ")


def test_login_is_not_shown(world: World, bench: Bench) -> None:
    """An imaging task has the administrator's login among its arguments."""
    inspection = check_inspection(world, bench, NAME, limit=500)
    assert "fixture-not-a-secret" not in str(inspection.as_json())
    assert "(masked)" in str(inspection.as_json())


def test_known_failure_shows_its_fix(world: World, bench: Bench) -> None:
    """An unknown exception leads to the worker's log."""
    recognized = check_inspection(world, bench, NAME, text="nbd-guide").steps[0]
    assert "machine_imaging_task on imaging@atmo-prod failed permanently: " in recognized.text
    assert recognized.page
    unknown = check_inspection(world, bench, NAME, text="unknown-cause").steps[0]
    assert ("runbooks/find-log-lines.html", True) == (unknown.page, "with an unknown exception" in unknown.text)


@pytest.mark.parametrize("held", [False, True])
def test_task_that_no_worker_holds_is_reported(world: World, bench: Bench, *, held: bool) -> None:
    """Flower still reports STARTED after a worker was killed."""
    (row,) = table(check_inspection(world, bench, NAME, text="in-flight"), "Tasks that Flower")
    task = {"name": row["task"], "args": "(u'in-flight',)", "id": row["id"], "worker": IMAGING, "queue": "imaging"}
    if held:
        with state_file.changed(bench.practice / celery_state.FILE) as celery:
            celery["tasks"] = [task | {"stage": "active"}]

    inspection = check_inspection(world, bench, NAME, text="in-flight")

    assert held is not any("no worker that responds holds it now" in step.text for step in inspection.steps)
    assert held == len(table(inspection, "Tasks that workers hold"))


def test_left_out_tasks_are_reported(world: World, bench: Bench) -> None:
    """The tasks with the latest events are shown."""
    inspection = check_inspection(world, bench, NAME, limit=3)
    assert (3, True) == (
        len(tasks(inspection)),
        "There might be more: these are the tasks with the latest events." in inspection.answer,
    )


def test_limit_out_of_range_is_refused(world: World, bench: Bench) -> None:
    """Nothing is read before the refusal."""
    with pytest.raises(Refused, match="it must be 1 to 500"):
        check_inspection(world, bench, NAME, limit=501)


def test_unknown_state_is_refused(world: World, bench: Bench) -> None:
    """The refusal names the states."""
    with pytest.raises(ParamError, match="FAILURE"):
        check_inspection(world, bench, NAME, state="failed")


def test_restarted_flower_is_reported(world: World, bench: Bench) -> None:
    """A missing task might still have run."""
    flower_store.restart(bench.practice / flower_store.FILE)

    inspection = check_inspection(world, bench, NAME, text=ARGO_INSTANCE)

    assert "Flower missed tasks: a task that is missing here might still have run." in inspection.answer
    assert ["flower's memory"] == [gap.source for gap in inspection.gaps]
    assert "it restarted after them" in inspection.gaps[0].why


def test_old_flower_gives_the_same_result(world: World, bench: Bench) -> None:
    """Release 0.9.2 neither searches nor names the worker of a task."""
    new = check_inspection(world, bench, NAME, text=ARGO_INSTANCE)
    with state_file.changed(bench.practice / flower_store.FILE) as state:
        state["old"] = True
    assert new.as_json() == check_inspection(world, bench, NAME, text=ARGO_INSTANCE).as_json()


def test_queue_without_data_is_unknown(world: World, bench: Bench) -> None:
    """It is not called empty, and no number is invented."""
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        celery["nodes"] = [node for node in celery["nodes"] if node["name"] != "email"]
        celery["waiting"] = {"imaging": 4}

    rows = {row["queue"]: row for row in table(check_inspection(world, bench, NAME), "Queues")}

    assert ("unknown", "none") == (rows["email"]["length in Flower"], rows["email"]["workers"])
    assert rows["email"]["state"].startswith("no worker consumes it")
    assert (4, 4) == (rows["imaging"]["length in Flower"], rows["imaging"]["waiting"])
    assert rows["periodic"]["state"].startswith("proved empty")


def test_missing_broker_leaves_flowers_tasks(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker's part is unknown; the missing source names its setting."""
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
    assert {"no response: unknown, not empty"} == {row["state"] for row in table(inspection, "Queues")}
    assert () == inspection.steps


@pytest.mark.parametrize("status", [401, 500])
def test_missing_flower_leaves_the_brokers_tasks(world: World, bench: Bench, status: int) -> None:
    """The tasks that workers hold are still listed."""
    held = {"name": "machine_imaging_task", "args": "(u'x',)", "id": "t", "worker": IMAGING, "queue": "imaging"}
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        celery["tasks"] = [held | {"stage": "active"}]
    with state_file.changed(bench.practice / flower_store.FILE) as state:
        state["failure"] = status

    inspection = check_inspection(world, bench, NAME, text="machine_imaging")

    assert "Flower does not respond; workers hold 1 task with 'machine_imaging'." == inspection.answer
    assert ["flower", "flower's memory", "flower's queues"] == [gap.source for gap in inspection.gaps]
    assert ["t"] == [row["id"] for row in table(inspection, "Tasks that workers hold")]


def test_missing_flower_and_broker_are_refused(bench: Bench) -> None:
    """An empty answer would mean that there are no tasks."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(Refused, match="Flower is not configured"),
    ):
        check_inspection(world, bench, NAME)
