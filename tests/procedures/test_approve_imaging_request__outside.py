"""Approving an imaging request: nothing starts while queue, broker or API leave a doubt."""

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


def _unresponsive(state: Any) -> None:
    state["mute"] = ["imaging"]


def _no_worker(state: Any) -> None:
    state["nodes"] = []


@pytest.mark.parametrize(
    ("happens", "text"),
    [
        (_running, "machine_imaging_task"),
        (_waiting, "1 task waiting in the queue"),
        (_lost, "1 task delivered but not acknowledged"),
        (_unresponsive, "no worker consumes it"),
        (_no_worker, "no worker responds"),
    ],
)
def test_queue_that_is_not_proved_idle_is_refused(world: World, bench: Bench, happens: Any, text: str) -> None:
    """The refusal names the reason; neither silence nor a length of 0 is a proof."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        happens(state)

    error = check_refuses(
        world, bench, NAME, Refused, "not proved idle", request_id=WAITING, despite_in_flight=CONFIRMED
    )

    assert text in error.what


def test_missing_broker_is_refused(world: World, bench: Bench) -> None:
    """A queue that cannot be inspected is not idle; the refusal names the variable."""
    world.endpoints = dataclasses.replace(world.endpoints, celery=None)

    error = check_refuses(
        world, bench, NAME, Refused, "can't be inspected", request_id=WAITING, despite_in_flight=CONFIRMED
    )

    assert "redis://" in error.next_step


def test_missing_api_is_refused(world: World, bench: Bench) -> None:
    """A change in the database would start nothing."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="")
    text = "Atmosphere's API is not configured"

    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=CONFIRMED)


def test_rejected_token_is_not_shown(world: World, bench: Bench, tmp_path: Path) -> None:
    """The error names the system, but not the token."""
    (tmp_path / "token").write_text("a token that nobody gave out\n")
    world.endpoints = dataclasses.replace(world.endpoints, api_token=SecretReference(f"file:{tmp_path / 'token'}"))

    error = check_refuses(
        world, bench, NAME, NotConnected, "rejected the token", request_id=WAITING, despite_in_flight=CONFIRMED
    )

    assert "a token that nobody" not in str(error)
