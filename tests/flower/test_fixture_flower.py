"""The fixture's Flower: its rows, what it refuses, and how the gateway copes with release 0.9.2."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.rows.launches import ARGO_INSTANCE
from runbook_lib.fixture.rows.tasks import JOBS, STARTED
from runbook_lib.fixture.stand_ins import celery as celery_state
from runbook_lib.fixture.stand_ins import state_file
from runbook_lib.fixture.stand_ins.flower import store as flower_store
from runbook_lib.fixture.stand_ins.flower.server import FlowerServer, serve
from runbook_lib.systems.celery import http
from runbook_lib.systems.celery.http import Flower
from runbook_lib.systems.celery.tasks import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.systems.celery.http import Found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FlowerServer]:
    """The fixture's Flower."""
    celery_state.seed(tmp_path / celery_state.FILE)
    flower_store.seed(tmp_path / flower_store.FILE)
    with serve(tmp_path / flower_store.FILE) as opened:
        yield opened


@pytest.fixture
def flower(server: FlowerServer) -> Flower:
    """The gateway, which finds its login when it needs it."""
    return Flower(server.url, login=lambda: server.login)


@pytest.fixture
def old(server: FlowerServer, flower: Flower) -> Flower:
    """The gateway to a Flower that answers as release 0.9.2 does."""
    with state_file.changed(server.path) as state:
        state["old"] = True
    return flower


def test_every_task_of_the_fixture_is_one() -> None:
    """No two have the same id; none is from before Flower's start or from the future; each state is Celery's."""
    assert len(JOBS) == len({job.id for job in JOBS})
    assert {job.state for job in JOBS} <= set(STATES)
    for job in JOBS:
        began = NOW - timedelta(minutes=job.minutes)
        assert STARTED < began <= NOW, job.key
        assert job.state == "STARTED" or began + timedelta(minutes=job.took) <= NOW, job.key


def test_a_login_among_the_arguments_is_masked(flower: Flower) -> None:
    """A task of imaging is handed the administrator's."""
    (task,) = (one for one in flower.tasks("in-flight") if one.name == "machine_imaging_task")
    assert "'secret': u'(masked)'" in task.args
    assert "fixture-not-a-secret" not in repr(task)


@pytest.mark.parametrize("limit", [3, 50])
def test_an_old_flower_is_searched_here(old: Flower, limit: int) -> None:
    """It answers every search with its newest tasks: all of them are read, and only the right ones returned."""
    found = old.search(ARGO_INSTANCE, limit=limit)
    assert (["_deploy_instance"], False) == ([task.name for task in found.tasks], found.cut)


def test_an_old_flower_is_asked_whose_a_task_is(old: Flower) -> None:
    """Its lists leave the worker out, whose log one needs."""
    assert ["atmosphere-deploy_1@atmo-prod"] == [task.worker for task in old.tasks(ARGO_INSTANCE)]


def test_an_old_flower_and_a_new_one_find_the_same(server: FlowerServer, flower: Flower) -> None:
    """In the same order."""

    def ask() -> list[Found]:
        asked = [(text, state) for text in ("", "joetest", "o", "'in-flight'") for state in ("", "FAILURE")]
        return [flower.search(text, state=state, limit=9) for text, state in asked]

    new = ask()
    with state_file.changed(server.path) as memory:
        memory["old"] = True
    assert new == ask()


def test_the_details_of_one_task_fail_with_an_old_flower(old: Flower) -> None:
    """Celery 4 keeps a set in them that it can't send."""
    with pytest.raises(NotConnected, match="HTTP 500"):
        old.task(JOBS[0].id)


def test_an_old_flower_does_not_say_when_it_started(server: FlowerServer, old: Flower) -> None:
    """What it remembers is counted instead, and what it forgot is told all the same."""
    whole = old.history()
    assert (True, None, len(JOBS)) == (whole.whole, whole.since, whole.received)
    assert whole.says.startswith("This release of Flower does not say when it started; the oldest task that it")
    flower_store.restart(server.path)
    lost = old.history()
    assert (False, 0, None) == (lost.whole, lost.received, lost.oldest)
    assert f"The workers began {len(JOBS)} tasks since they started, and Flower knows of 0" in lost.says


def test_what_may_be_left_out_is_told(flower: Flower, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when as many tasks were read as are ever read."""
    monkeypatch.setattr(http, "MOST_TASKS", len(JOBS))
    assert flower.search("o", limit=1000).cut
    monkeypatch.setattr(http, "MOST_TASKS", len(JOBS) + 1)
    assert not flower.search("o", limit=1000).cut


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/tasks?offset=3", 501),
        ("/api/tasks?search=joetest", 501),
        ("/api/tasks?search=%22args%3Ajoetest%22", 501),
        ("/api/tasks?search=%22jo%22", 400),
        ("/api/tasks?sort_by=name", 501),
        ("/api/tasks?limit=x", 400),
        ("/api/task/types", 501),
        ("/api/task/info/nope", 404),
        ("/api/worker/shutdown/imaging@atmo-prod", 501),
        ("/", 501),
        ("/healthcheck", 501),
    ],
)
def test_what_is_not_modelled_is_refused(server: FlowerServer, path: str, status: int) -> None:
    """With a sentence; and nothing can be written at all."""
    name, _, word = server.login.partition(":")
    assert status == requests.get(server.url + path, auth=(name, word), timeout=5).status_code
    assert 501 == requests.post(server.url + path, auth=(name, word), timeout=5).status_code


def test_outside_its_prefix_there_is_nothing(server: FlowerServer) -> None:
    """As behind the proxy."""
    with pytest.raises(NotConnected, match="HTTP 404"):
        Flower(re.sub("/flower$", "", server.url), login=lambda: server.login).workers()


def test_the_login_is_asked_for_when_it_is_needed() -> None:
    """Not before, and not for a Flower that is not configured."""

    def never() -> str:
        raise AssertionError

    with pytest.raises(Refused, match="RUNBOOK_FLOWER_URL is not set"):
        Flower("", login=never).workers()


def test_its_login_is_for_the_owner_only(server: FlowerServer, tmp_path: Path) -> None:
    """The file is not readable for others."""
    assert 0 == server.login_file(tmp_path).stat().st_mode & 0o077
