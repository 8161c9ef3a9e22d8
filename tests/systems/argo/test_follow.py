"""Reading logs while they are written: each line once, over all pods, with an end of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, TargetNotFound
from runbook_lib.fixture.rows.workflows import NAMESPACE
from runbook_lib.fixture.stand_ins.kubernetes import store
from runbook_lib.systems.argo import lines
from runbook_lib.systems.argo.follow import follow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook_lib.systems.argo import Argo
    from tests.systems.argo.conftest import Cluster

RUNNING, DONE = "ansible-deploy-v9dmx", "ansible-deploy-7w2kq"


def phase(state: Path, name: str, to: str) -> None:
    """Let a workflow come to another phase."""
    body = store.read(state, "workflows", NAMESPACE, name)
    assert body is not None
    store.put(state, "workflows", body | {"status": body["status"] | {"phase": to}})


def pod(state: Path, name: str) -> None:
    """Let a workflow begin another step."""
    body = store.read(state, "pods", NAMESPACE, f"{RUNNING}-1")
    assert body is not None
    store.put(state, "pods", body | {"metadata": body["metadata"] | {"name": name}})


def acting(*acts: Callable[[], object]) -> Callable[[float], None]:
    """Return a pause in which, one after the other, these things happen."""
    left = list(acts)

    def pause(_: float) -> None:
        if left:
            left.pop(0)()

    return pause


def test_a_workflow_that_has_ended_is_read_once(argo: Argo) -> None:
    """Every line of every pod, in order, and no waiting."""
    told: list[str] = []

    found = follow(
        argo, DONE, seconds=60, on_line=lambda line: told.append(line.text), pause=lambda _: pytest.fail("?")
    )

    whole = [line for one in argo.pods(DONE) for line in argo.lines(one.name)]
    assert ("ended", whole) == (found.end, found.lines)
    assert [line.text for line in whole] == told
    assert any("Failed to lock apt" in line.text for line in found.lines)


def test_each_new_line_is_told_once_until_the_end(cluster: Cluster, argo: Argo) -> None:
    """Lines that come later, those of a pod that comes later, and the last ones, written before the end was seen."""
    state = cluster.state

    def last() -> None:
        store.write_log(state, NAMESPACE, f"{RUNNING}-2", "the last line\n")
        phase(state, RUNNING, "Succeeded")

    def new() -> None:
        pod(state, f"{RUNNING}-2")
        store.write_log(state, NAMESPACE, f"{RUNNING}-2", "of the new pod\n")

    acts = acting(
        lambda: store.write_log(state, NAMESPACE, f"{RUNNING}-1", "more\nand more\n"), lambda: None, new, last
    )
    found = follow(argo, RUNNING, seconds=60, pause=acts)

    whole = [line for one in argo.pods(RUNNING) for line in argo.lines(one.name)]
    assert "ended" == found.end
    assert sorted(map(str, whole)) == sorted(map(str, found.lines))
    assert ["more", "and more", "of the new pod", "the last line"] == [line.text for line in found.lines[-4:]]


def test_it_ends_when_the_time_is_over(argo: Argo) -> None:
    """After one round at least."""
    found = follow(argo, RUNNING, seconds=0)
    assert ("time", True) == (found.end, len(found.lines) > 0)


def test_it_ends_at_ctrl_c(argo: Argo) -> None:
    """With what has come until then."""

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    found = follow(argo, RUNNING, seconds=60, pause=stop)
    assert ("interrupted", True) == (found.end, len(found.lines) > 0)


def test_it_ends_when_the_workflow_is_deleted(cluster: Cluster, argo: Argo) -> None:
    """Argo deletes old ones, and their pods with them."""
    gone = acting(lambda: store.change(cluster.state, NAMESPACE, RUNNING, lambda _before, _version: None))
    found = follow(argo, RUNNING, seconds=60, pause=gone)
    assert ("gone", True) == (found.end, len(found.lines) > 0)


def test_it_ends_when_the_cluster_is_lost(cluster: Cluster, argo: Argo) -> None:
    """With the error, and with what has come until then."""
    found = follow(argo, RUNNING, seconds=60, pause=acting(lambda: store.fail(cluster.state, 503)))
    assert ("lost", True) == (found.end, len(found.lines) > 0)
    assert isinstance(found.error, NotConnected)


def test_a_workflow_that_is_not_there_is_not_followed(argo: Argo) -> None:
    """It is told at once."""
    with pytest.raises(TargetNotFound):
        follow(argo, "ansible-deploy-nope", seconds=60)


def test_no_more_is_kept_than_fits(argo: Argo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after is told, and counted."""
    monkeypatch.setattr("runbook_lib.systems.argo.follow.MOST_LINES", 3)
    told: list[Any] = []
    found = follow(argo, DONE, seconds=0, on_line=told.append)
    assert (3, len(told) - 3) == (len(found.lines), found.left_out)


def test_a_log_longer_than_one_answer_is_read_on(cluster: Cluster, argo: Argo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that an answer ends in the middle of is not told until it is whole."""
    written = "".join(f"line {number} {'x' * 90}\n" for number in range(60))
    store.write_log(cluster.state, NAMESPACE, f"{RUNNING}-1", written)
    monkeypatch.setattr(lines, "LOG_BYTES", 1500)
    monkeypatch.setattr("runbook_lib.systems.argo.kube.LOG_BYTES", 1500)
    rounds = [lambda: None] * 20
    phase(cluster.state, RUNNING, "Running")

    found = follow(argo, RUNNING, seconds=60, pause=acting(*rounds, lambda: phase(cluster.state, RUNNING, "Failed")))

    assert written.splitlines() == [line.text for line in found.lines if line.text.startswith("line ")]


@pytest.mark.parametrize(
    ("raw", "stamp", "text"),
    [
        ("2026-01-15T11:49:00.123456789Z ok: [x]", "2026-01-15T11:49:00.123456789Z", "ok: [x]"),
        ("2026-01-15T11:49:00Z", "2026-01-15T11:49:00Z", ""),
        ("2026-01-15T11:49:00Z \x1b[0;31mfatal\x1b[0m\x07", "2026-01-15T11:49:00Z", "fatal?"),
        ("2026-01-15T11:49:00Z a\u2028b\x0bc\x1ed", "2026-01-15T11:49:00Z", "a\u2028b?c?d"),
        ("2026-99-15T11:49:00Z x", "", "2026-99-15T11:49:00Z x"),
        ("no moment", "", "no moment"),
        ("2026-01-15T11:49:00Z password: fixture-word", "2026-01-15T11:49:00Z", "password: (masked)"),
        ("2026-01-15T11:49:00Z progress\r", "2026-01-15T11:49:00Z", "progress"),
    ],
)
def test_a_line_is_split_and_made_fit_to_be_shown(raw: str, stamp: str, text: str) -> None:
    """Colours go, other control characters are shown, likely secrets are masked."""
    (line,) = lines.lines("pod", raw + "\n")
    assert (stamp, text) == (line.stamp, line.text)


def test_moments_are_ordered_whatever_zeros_are_left_out() -> None:
    """Kubernetes writes no zeros at the end of a fraction: as texts they would be in another order."""
    stamps = ["00Z", "00.000000001Z", "00.1Z", "00.12Z", "00.123456789Z", "00.2Z", "01Z"]
    places = [lines.LogLine("p", f"2026-01-15T11:49:{stamp}", "").place for stamp in stamps]
    assert sorted(places) == places
    assert len(set(places)) == len(stamps)


def test_a_line_without_a_moment_has_that_of_the_line_before() -> None:
    """It is a part of it."""
    first, second = lines.lines("p", "2026-01-15T11:49:00Z a\nb\n")
    assert (first.stamp, "2026-01-15T11:49:00Z") == (second.stamp, second.second)
