"""The contract with Flower: the same tests for a real Flower behind a prefix and for the fixture's stand-in."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import Refused
from runbook_lib.fixture.rows.tasks import Job, row
from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.fixture.stand_ins.flower import store as flower_store
from runbook_lib.fixture.stand_ins.flower.server import serve
from runbook_lib.systems.celery.flower import Flower
from tests.services.celery import LOGIN, TASK, celery_service, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FAULT = "TypeError(\"'str' object cannot be interpreted as an integer\")"
KINDS = ("SUCCESS", "FAILURE", "STARTED", "RECEIVED")


@dataclass(frozen=True)
class Stand:
    """A Flower with one task in each of four states, sent in that order.

    Attributes:
        url: Its root.
        auth: Its login.
        ids: State → the task's id.
        restarted: Restarts only Flower and yields the new root.
        no_worker: Ends the worker.
    """

    url: str
    auth: tuple[str, str]
    ids: dict[str, str]
    restarted: Callable[[], Any]
    no_worker: Callable[[], Any]

    @property
    def flower(self) -> Flower:
        """The gateway, logged in."""
        return self.at(self.url)

    def at(self, url: str) -> Flower:
        """Return the gateway to another Flower with the same login."""
        return Flower(url, auth=self.auth)


@contextmanager
def real(folder: Path) -> Iterator[Stand]:
    """Run a broker, a worker with one process, and Flower."""
    with celery_service(folder) as celery:
        celery.start("imaging", queues="imaging")
        with celery.flower("flower") as url:
            flower = Flower(url, auth=LOGIN)
            wait_for(lambda: flower.workers().get("imaging@host"), "Flower to receive the worker's events")
            # Flower asks its workers for their queues within a second; on a busy machine it must ask again.
            wait_for(lambda: flower.history() and "imaging" in flower.lengths(), "Flower to find the queue")
            sent = [celery.send(seconds)[0] for seconds in (0, "not a number", 120, 121)]
            wait_for(lambda: sorted(KINDS) == sorted(task.state for task in flower.tasks("joetest")), "four states")
            yield Stand(
                url,
                LOGIN,
                dict(zip(KINDS, sent, strict=True)),
                lambda: celery.flower("flower"),
                lambda: celery.end("imaging", signal.SIGKILL),
            )


@contextmanager
def stand_in(folder: Path) -> Iterator[Stand]:
    """Serve four such tasks from a state file."""
    state = folder / flower_store.FILE
    celery_state.seed(folder / celery_state.FILE)
    flower_store.seed(state)
    jobs = [
        Job(kind, "", TASK, kind, f"['instance-0', 'joetest', {number}]", "imaging@host", 10 - number)
        for number, kind in enumerate(KINDS)
    ]
    rows = [row(job) for job in jobs]
    rows[1] |= {"exception": FAULT, "traceback": f"Traceback (most recent call last):\n{FAULT}\n"}
    rows[3] |= {"started": None}
    with state_file.changed(folder / celery_state.FILE) as celery:
        celery["nodes"] = [node for node in celery["nodes"] if node["name"] == "imaging"]
    with state_file.changed(state) as flower:
        flower["tasks"] = {task["uuid"]: task for task in rows}
        for task in rows:
            task["worker"] = "imaging@atmo-prod"
    with serve(state) as server:

        @contextmanager
        def restarted() -> Iterator[str]:
            flower_store.restart(state)
            yield server.url

        def no_worker() -> None:
            with state_file.changed(folder / celery_state.FILE) as celery:
                celery["nodes"] = []

        name, _, word = server.login.partition(":")
        yield Stand(server.url, (name, word), {job.state: job.id for job in jobs}, restarted, no_worker)


@pytest.fixture(scope="module", params=[real, stand_in])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """The real Flower and the stand-in in turn."""
    with request.param(tmp_path_factory.mktemp("flower")) as opened:
        yield opened


@pytest.mark.parametrize("auth", [None, ("ops", "wrong"), ("nobody", ""), ("öps", "wörd")])
def test_wrong_login_is_refused(stand: Stand, auth: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every request, the error has the HTTP status and the file of the login."""
    monkeypatch.setenv("NETRC", "/dev/null")
    flower = Flower(stand.url, auth=auth)
    for ask in (flower.workers, flower.lengths, flower.history, lambda: flower.tasks("x"), lambda: flower.task("x")):
        with pytest.raises(Refused, match="HTTP 401") as caught:
            ask()
        assert "~/.netrc" in caught.value.next_step


def test_tasks_are_sorted_by_their_latest_event(stand: Stand) -> None:
    """Each task has its name, arguments and worker, and the times of its events in order."""
    tasks = stand.flower.tasks("instance-0")
    assert sorted(KINDS) == sorted(task.state for task in tasks)
    assert sorted((task.last_event for task in tasks if task.last_event), reverse=True) == [
        task.last_event for task in tasks
    ]
    assert [stand.ids[task.state] for task in tasks] == [task.id for task in tasks]
    for task in tasks:
        assert (TASK, True, True) == (task.name, "joetest" in task.args, task.worker.startswith("imaging@"))
        assert task.received is not None
        assert task.last_event is not None
        assert task.received <= task.last_event


def test_outcome_of_a_task_is_read(stand: Stand) -> None:
    """A success has its runtime, a failure has exception and traceback, and a running task has neither."""
    tasks = {state: stand.flower.task(task_id) for state, task_id in stand.ids.items()}
    done, failed, running, received = (tasks[state] for state in KINDS)
    assert done is not None
    assert failed is not None
    assert running is not None
    assert received is not None
    assert (True, True, "", "") == (
        done.succeeded == done.ended,
        done.runtime is not None,
        done.exception,
        done.traceback,
    )
    assert (FAULT, True, True) == (failed.exception, failed.is_trouble, failed.ended == failed.failed)
    assert failed.traceback.startswith("Traceback (most recent call last):\n")
    assert (None, False, True) == (running.ended, running.has_ended, running.started is not None)
    assert (None, None) == (received.started, received.runtime)


@pytest.mark.parametrize("task_id", ["00000000-0000-0000-0000-000000000000", "../tasks", "a b", "x?limit=1", "ü"])
def test_task_outside_of_the_memory_returns_none(stand: Stand, task_id: str) -> None:
    """This applies to any id, even an invalid one."""
    assert stand.flower.task(task_id) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("joetest", 4),
        ("JOETEST", 4),
        (" joetest ", 4),
        ("', 'joetest", 4),
        ("machine_imaging_task", 4),
        ("imaging@", 4),
        ("", 4),
        ("nobody-of-that-name", 0),
        ("o", 4),
        ("st", 4),
        ('"joetest"', 0),
        ("joe\\test", 0),
        ("args:joetest", 0),
        ("state:FAILURE", 0),
        ("joetest)", 0),
        ("NOT joetest", 0),
        ("-joetest", 0),
        ("a:b", 0),
        ("100%", 0),
    ],
)
def test_search_is_literal(stand: Stand, text: str, number: int) -> None:
    """It ignores case, treats quotes, brackets and Flower's syntax literally, and accepts a short text."""
    assert number == len(stand.flower.tasks(text))


def test_task_is_found_by_its_id(stand: Stand) -> None:
    """The complete id or a part of it is enough."""
    for text in (stand.ids["FAILURE"], stand.ids["FAILURE"][:18].upper()):
        assert ["FAILURE"] == [task.state for task in stand.flower.tasks(text)]


@pytest.mark.parametrize(("state", "number"), [("FAILURE", 1), ("RECEIVED", 1), ("RETRY", 0), ("", 4)])
def test_tasks_are_found_by_state(stand: Stand, state: str, number: int) -> None:
    """This works with and without a text."""
    assert [number, number] == [len(stand.flower.tasks(text, state=state)) for text in ("", "joetest")]


@pytest.mark.parametrize(("limit", "number", "is_partial"), [(1, 1, True), (3, 3, True), (4, 4, False), (50, 4, False)])
def test_partial_result_is_marked(stand: Stand, limit: int, number: int, *, is_partial: bool) -> None:
    """The tasks with the latest events are returned, and the result shows whether there are more."""
    matches = stand.flower.search("joetest", limit=limit)
    assert (number, is_partial) == (len(matches.tasks), matches.is_partial)
    assert stand.flower.tasks("joetest")[:limit] == matches.tasks


def test_queue_without_a_worker_is_not_returned(stand: Stand) -> None:
    """Such a queue is unknown, not empty."""
    assert {"imaging": 0} == stand.flower.lengths()


def test_history_reports_complete_lost_and_unknown_memory(stand: Stand) -> None:
    """The memory is complete at first, incomplete after a restart, and unknown without a worker."""
    complete = stand.flower.history()
    assert (True, True, True) == (complete.is_complete, complete.since is not None, complete.oldest is not None)
    assert "It has every task that the running workers started: " in complete.description

    with stand.restarted() as url:
        flower = stand.at(url)
        wait_for(flower.workers, "the new Flower to receive the worker's events")
        lost = flower.history()
        assert (False, ()) == (lost.is_complete, flower.tasks(""))
        assert "its memory contains no task. The workers started " in lost.description

        stand.no_worker()
        with stand.restarted() as restarted:
            unknown = stand.at(restarted).history()
            assert unknown.is_complete is None
            assert "No worker responds to Flower" in unknown.description
