"""Several sources at once: each responds, fails or times out on its own, and nothing waits forever."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, RunbookError
from runbook_lib.model.inspection import Gap
from runbook_lib.world import ask

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse() -> None:
    """Fail as a gateway does."""
    raise Refused(what="Nova of provider 4 rejects this account", why="HTTP 403", next_step="ask its administrator")


def test_responses_keep_the_order_of_the_sources() -> None:
    """The order is the caller's, even if a later source responds first."""
    early_done = threading.Event()

    def late() -> int:
        assert early_done.wait(10)
        return 1

    def early() -> int:
        early_done.set()
        return 2

    answers = ask.ask({"late": late, "early": early})

    assert [("late", 1), ("early", 2)] == list(answers.responses.items())
    assert () == answers.gaps
    assert 1 == answers.get("late")
    assert answers.get("unknown") is None


def test_sources_are_queried_in_parallel() -> None:
    """Each source waits for the other, so one after the other would never end."""
    both = threading.Barrier(2, timeout=10)

    assert 2 == len(ask.ask({"first": both.wait, "second": both.wait}).responses)


def test_failed_source_is_missing_and_the_others_respond() -> None:
    """The missing source has the reason and the next step."""
    answers = ask.ask({"nova:4": refuse, "celery": lambda: "idle"})

    assert {"celery": "idle"} == dict(answers.responses)
    assert (
        Gap("nova:4", "Nova of provider 4 rejects this account: HTTP 403", "ask its administrator"),
    ) == answers.gaps


def test_unresponsive_source_is_missing_after_the_time_limit() -> None:
    """The other responses arrive at the time limit, although the source would respond later."""
    release = threading.Event()
    try:
        answers = ask.ask({"hung": lambda: release.wait(10), "quick": lambda: 1}, seconds=0.2)
    finally:
        release.set()

    assert {"quick": 1} == dict(answers.responses)
    assert ["hung"] == [gap.source for gap in answers.gaps]
    assert "did not respond within 0.2 s" in answers.gaps[0].why


def test_defect_of_a_source_is_raised() -> None:
    """The calling thread raises an exception that is not a `RunbookError`."""
    with pytest.raises(ZeroDivisionError):
        ask.ask({"wrong": lambda: 1 // 0})


def test_context_is_entered_and_left_in_the_thread_of_each_source() -> None:
    """Each thread closes its own resources, such as database connections, even after an error."""
    entered, exited = set[str](), set[str]()

    @contextlib.contextmanager
    def around() -> Iterator[None]:
        entered.add(threading.current_thread().name)
        try:
            yield
        finally:
            exited.add(threading.current_thread().name)

    ask.ask({"first": lambda: 1, "second": refuse}, around=around)

    assert {"ask first", "ask second"} == entered
    assert entered == exited


def test_one_response_is_enough() -> None:
    """With one response an inspection is partial. Without any, the first source's error is raised."""
    ask.ask({"first": lambda: 1, "second": refuse}).require_any()

    with pytest.raises(RunbookError, match="rejects this account"):
        ask.ask({"second": refuse}).require_any()


def test_no_sources_return_no_responses() -> None:
    """Nothing is queried, and nothing waits."""
    assert {} == ask.ask({}).responses
