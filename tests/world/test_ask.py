"""Several sources at once: each tells, fails or is silent on its own, and nothing waits for ever."""

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
    raise Refused(what="Nova of provider 4 is not open to us", why="HTTP 403", next_step="ask its administrator")


def test_what_the_sources_tell_is_kept_in_the_order_asked() -> None:
    """Whoever answers first, the order is the caller's."""
    told = threading.Event()

    def late() -> int:
        assert told.wait(10)
        return 1

    def early() -> int:
        told.set()
        return 2

    answers = ask.ask({"late": late, "early": early})

    assert [("late", 1), ("early", 2)] == list(answers.told.items())
    assert () == answers.gaps
    assert 1 == answers.get("late")
    assert answers.get("nobody") is None


def test_all_sources_are_asked_at_the_same_time() -> None:
    """Each waits for the other: one after the other would never end."""
    both = threading.Barrier(2, timeout=10)

    assert 2 == len(ask.ask({"one": both.wait, "two": both.wait}).told)


def test_an_error_of_ours_is_a_gap_and_the_others_go_on() -> None:
    """The gap says what happened and how to get what is missing."""
    answers = ask.ask({"nova:4": refuse, "celery": lambda: "idle"})

    assert {"celery": "idle"} == dict(answers.told)
    assert (Gap("nova:4", "Nova of provider 4 is not open to us: HTTP 403", "ask its administrator"),) == answers.gaps


def test_a_source_that_does_not_answer_is_left_alone() -> None:
    """The answer comes after the time limit, with the silent source as a gap: later it would have told."""
    release = threading.Event()
    try:
        answers = ask.ask({"hung": lambda: release.wait(10), "quick": lambda: 1}, seconds=0.2)
    finally:
        release.set()

    assert {"quick": 1} == dict(answers.told)
    assert ["hung"] == [gap.source for gap in answers.gaps]
    assert "did not answer within 0.2 s" in answers.gaps[0].why


def test_a_defect_is_no_gap() -> None:
    """An exception that is not ours is raised where the question was asked."""
    with pytest.raises(ZeroDivisionError):
        ask.ask({"wrong": lambda: 1 // 0})


def test_the_context_is_entered_in_the_thread_of_each_source() -> None:
    """What belongs to a thread, such as database connections, is closed there, also after an error."""
    entered, left = set[str](), set[str]()

    @contextlib.contextmanager
    def around() -> Iterator[None]:
        entered.add(threading.current_thread().name)
        try:
            yield
        finally:
            left.add(threading.current_thread().name)

    ask.ask({"one": lambda: 1, "two": refuse}, around=around)

    assert {"ask one", "ask two"} == entered
    assert entered == left


def test_one_source_of_several_is_enough() -> None:
    """An inspection with one source is partial; with none it is an error, the first source's."""
    ask.ask({"one": lambda: 1, "two": refuse}).require_one()

    with pytest.raises(RunbookError, match="not open to us"):
        ask.ask({"two": refuse}).require_one()


def test_no_source_is_no_answer() -> None:
    """Nothing asked, nothing told, nothing waited for."""
    assert {} == ask.ask({}).told
