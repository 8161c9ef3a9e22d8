"""Approving an imaging request: nothing is started while the queue, the broker or the API leaves a doubt."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.config.secrets import SecretReference
from runbook_lib.errors import NotConnected, Refused
from runbook_lib.fixture.stand_ins import celery_state, state_file
from tests.checks import check_refuses
from tests.procedures.test_approve_imaging_request import CONFIRMED, NAME, WAITING

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench


def _running(state: Any) -> None:
    task = {"name": "service.tasks.machine.machine_imaging_task", "args": "()", "id": "1", "queue": "imaging"}
    state["tasks"].append({**task, "worker": celery_state.full_name("imaging"), "stage": "active"})


def _waiting(state: Any) -> None:
    state["waiting"] = {"imaging": 1}


def _lost(state: Any) -> None:
    state["unacked"] = {"imaging": ["1234"]}


def _mute(state: Any) -> None:
    state["mute"] = ["imaging"]


def _nobody(state: Any) -> None:
    state["nodes"] = []


@pytest.mark.parametrize(
    ("happens", "text"),
    [
        (_running, "machine_imaging_task"),
        (_waiting, "1 task waiting in the queue"),
        (_lost, "1 task given out and not acknowledged"),
        (_mute, "nobody consumes it"),
        (_nobody, "nobody answers"),
    ],
)
def test_a_queue_that_is_not_proved_idle_is_refused(world: World, bench: Bench, happens: Any, text: str) -> None:
    """Whatever speaks against it is told; silence is no proof, and neither is a length of 0."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        happens(state)

    error = check_refuses(
        world, bench, NAME, Refused, "not proved idle", request_id=WAITING, despite_in_flight=CONFIRMED
    )

    assert text in error.what


def test_without_a_broker_it_is_refused(world: World, bench: Bench) -> None:
    """What can't be inspected is not idle; the variable is named."""
    world.endpoints = dataclasses.replace(world.endpoints, celery=None)

    error = check_refuses(
        world, bench, NAME, Refused, "can't be inspected", request_id=WAITING, despite_in_flight=CONFIRMED
    )

    assert "redis://" in error.next_step


def test_without_the_api_it_is_refused(world: World, bench: Bench) -> None:
    """A row in the database would start nothing."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")
    text = "Atmosphere's API is not configured"

    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=CONFIRMED)


def test_a_token_that_is_not_accepted(world: World, bench: Bench, tmp_path: Path) -> None:
    """The system is named, and the token is not."""
    (tmp_path / "token").write_text("a token that nobody gave out\n")
    world.endpoints = dataclasses.replace(world.endpoints, api_token=SecretReference(f"file:{tmp_path / 'token'}"))

    error = check_refuses(
        world, bench, NAME, NotConnected, "rejected the token", request_id=WAITING, despite_in_flight=CONFIRMED
    )

    assert "a token that nobody" not in str(error)
