"""What is relied on in Flower: the same tests for a real Flower behind a prefix and for the fixture's stand-in."""

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
        restarted: Restarts Flower alone and yields the new one's root.
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
        """The gateway to another one of the same login."""
        return Flower(url, auth=self.auth)


@contextmanager
def real(folder: Path) -> Iterator[Stand]:
    """Run a broker, a worker with one process, and Flower."""
    with celery_service(folder) as celery:
        celery.start("imaging", queues="imaging")
        with celery.flower("flower") as url:
            flower = Flower(url, auth=LOGIN)
            wait_for(lambda: flower.workers().get("imaging@host"), "Flower to hear of the worker")
            # Flower asks its workers for their queues within a second; on a busy machine it has to ask again.
            wait_for(lambda: flower.history() and "imaging" in flower.lengths(), "Flower to learn of the queue")
            sent = [celery.send(seconds)[0] for seconds in (0, "not a number", 120, 121)]
            wait_for(lambda: sorted(KINDS) == sorted(one.state for one in flower.tasks("joetest")), "four states")
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
        flower["tasks"] = {one["uuid"]: one for one in rows}
        for one in rows:
            one["worker"] = "imaging@atmo-prod"
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
    """Each of the two."""
    with request.param(tmp_path_factory.mktemp("flower")) as opened:
        yield opened


@pytest.mark.parametrize("auth", [None, ("ops", "wrong"), ("nobody", ""), ("öps", "wörd")])
def test_a_wrong_login_is_refused(stand: Stand, auth: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the number, and where the login belongs; for every kind of question."""
    monkeypatch.setenv("NETRC", "/dev/null")
    flower = Flower(stand.url, auth=auth)
    for ask in (flower.workers, flower.lengths, flower.history, lambda: flower.tasks("x"), lambda: flower.task("x")):
        with pytest.raises(Refused, match="HTTP 401") as caught:
            ask()
        assert "~/.netrc" in caught.value.next_step


def test_tasks_come_with_the_last_heard_of_first(stand: Stand) -> None:
    """Each with its name, arguments and worker, and the moments that Flower has seen, in order."""
    found = stand.flower.tasks("instance-0")
    assert sorted(KINDS) == sorted(task.state for task in found)
    assert sorted((task.seen for task in found if task.seen), reverse=True) == [task.seen for task in found]
    assert [stand.ids[task.state] for task in found] == [task.id for task in found]
    for task in found:
        assert (TASK, True, True) == (task.name, "joetest" in task.args, task.worker.startswith("imaging@"))
        assert task.received is not None
        assert task.seen is not None
        assert task.received <= task.seen


def test_what_became_of_a_task_is_told(stand: Stand) -> None:
    """A success with its runtime, a failure with exception and traceback, and neither of what still runs."""
    found = {state: stand.flower.task(task_id) for state, task_id in stand.ids.items()}
    done, failed, begun, taken = (found[state] for state in KINDS)
    assert done is not None
    assert failed is not None
    assert begun is not None
    assert taken is not None
    assert (True, True, "", "") == (
        done.succeeded == done.ended,
        done.runtime is not None,
        done.exception,
        done.traceback,
    )
    assert (FAULT, True, True) == (failed.exception, failed.is_trouble, failed.ended == failed.failed)
    assert failed.traceback.startswith("Traceback (most recent call last):\n")
    assert (None, False, True) == (begun.ended, begun.has_ended, begun.started is not None)
    assert (None, None) == (taken.started, taken.runtime)


@pytest.mark.parametrize("task_id", ["00000000-0000-0000-0000-000000000000", "../tasks", "a b", "x?limit=1", "ü"])
def test_a_task_that_flower_does_not_remember_is_none(stand: Stand, task_id: str) -> None:
    """Whatever the id looks like."""
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
def test_a_search_is_literal(stand: Stand, text: str, number: int) -> None:
    """Upper and lower case are one; quotes, brackets and Flower's own words mean themselves; a short text will do."""
    assert number == len(stand.flower.tasks(text))


def test_a_task_is_found_by_its_id(stand: Stand) -> None:
    """By the whole of it, or by a part."""
    for text in (stand.ids["FAILURE"], stand.ids["FAILURE"][:18].upper()):
        assert ["FAILURE"] == [task.state for task in stand.flower.tasks(text)]


@pytest.mark.parametrize(("state", "number"), [("FAILURE", 1), ("RECEIVED", 1), ("RETRY", 0), ("", 4)])
def test_tasks_of_one_state(stand: Stand, state: str, number: int) -> None:
    """With and without a text."""
    assert [number, number] == [len(stand.flower.tasks(text, state=state)) for text in ("", "joetest")]


@pytest.mark.parametrize(("limit", "number", "cut"), [(1, 1, True), (3, 3, True), (4, 4, False), (50, 4, False)])
def test_that_there_is_more_is_told(stand: Stand, limit: int, number: int, *, cut: bool) -> None:
    """Those heard of last are returned; whether something was left out is known."""
    found = stand.flower.search("joetest", limit=limit)
    assert (number, cut) == (len(found.tasks), found.cut)
    assert stand.flower.tasks("joetest")[:limit] == found.tasks


def test_a_queue_that_no_worker_consumes_is_not_told(stand: Stand) -> None:
    """It is unknown, and not called empty."""
    assert {"imaging": 0} == stand.flower.lengths()


def test_a_whole_memory_a_lost_one_and_nobody_to_ask(stand: Stand) -> None:
    """While Flower has seen what its workers did, that is said; after a restart it is said that it has not."""
    whole = stand.flower.history()
    assert (True, True, True) == (whole.whole, whole.since is not None, whole.oldest is not None)
    assert "That is all that the present workers began: " in whole.says

    with stand.restarted() as url:
        flower = stand.at(url)
        wait_for(flower.workers, "the new Flower to hear of the worker")
        lost = flower.history()
        assert (False, ()) == (lost.whole, flower.tasks(""))
        assert "it remembers no task. The workers began " in lost.says

        stand.no_worker()
        with stand.restarted() as again:
            unknown = stand.at(again).history()
            assert unknown.whole is None
            assert "No worker answers Flower" in unknown.says
