"""What a snapshot of Celery proves about a queue."""

from __future__ import annotations

from runbook_lib.systems.celery.snapshot import Held, Snapshot, judge


def test_finding_does_not_contain_the_name_of_the_queue() -> None:
    """The name is a field of its own, so tables show the finding even if the name contains a colon."""
    state = judge("odd: name", Snapshot(workers={}, held={"odd: name": Held(waiting=2, unacked=())}))

    assert "no worker responds; 2 tasks waiting in the queue" == state.finding
    assert "odd: name: no worker responds; 2 tasks waiting in the queue" == state.sentence
