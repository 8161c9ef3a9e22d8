"""Following logs: each line once, across all pods, with every kind of end."""

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
    """Set a workflow's phase."""
    body = store.read(state, "workflows", NAMESPACE, name)
    assert body is not None
    store.put(state, "workflows", body | {"status": body["status"] | {"phase": to}})


def pod(state: Path, name: str) -> None:
    """Add a pod for another step of the workflow."""
    body = store.read(state, "pods", NAMESPACE, f"{RUNNING}-1")
    assert body is not None
    store.put(state, "pods", body | {"metadata": body["metadata"] | {"name": name}})


def acting(*acts: Callable[[], object]) -> Callable[[float], None]:
    """Return a pause that does one of these acts per call."""
    remaining = list(acts)

    def pause(_: float) -> None:
        if remaining:
            remaining.pop(0)()

    return pause


def test_ended_workflow_is_read_once(argo: Argo) -> None:
    """It reports every line of every pod in order, without waiting."""
    reported: list[str] = []

    followed = follow(
        argo, DONE, seconds=60, on_line=lambda line: reported.append(line.text), pause=lambda _: pytest.fail("?")
    )

    expected = [line for finished in argo.pods(DONE) for line in argo.lines(finished.name)]
    assert ("ended", expected) == (followed.end, followed.lines)
    assert [line.text for line in expected] == reported
    assert any("Failed to lock apt" in line.text for line in followed.lines)


def test_each_new_line_is_reported_once_until_the_end(cluster: Cluster, argo: Argo) -> None:
    """This includes later lines, a later pod's lines, and the last lines before the end."""
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
    followed = follow(argo, RUNNING, seconds=60, pause=acts)

    expected = [line for running in argo.pods(RUNNING) for line in argo.lines(running.name)]
    assert "ended" == followed.end
    assert sorted(map(str, expected)) == sorted(map(str, followed.lines))
    assert ["more", "and more", "of the new pod", "the last line"] == [line.text for line in followed.lines[-4:]]


def test_following_ends_when_the_time_is_over(argo: Argo) -> None:
    """It reads the lines at least once."""
    followed = follow(argo, RUNNING, seconds=0)
    assert ("time", True) == (followed.end, len(followed.lines) > 0)


def test_following_ends_at_ctrl_c(argo: Argo) -> None:
    """It returns the lines read so far."""

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    followed = follow(argo, RUNNING, seconds=60, pause=stop)
    assert ("interrupted", True) == (followed.end, len(followed.lines) > 0)


def test_following_ends_when_the_workflow_is_deleted(cluster: Cluster, argo: Argo) -> None:
    """Argo deletes old workflows with their pods."""
    gone = acting(lambda: store.change(cluster.state, NAMESPACE, RUNNING, lambda _before, _version: None))
    followed = follow(argo, RUNNING, seconds=60, pause=gone)
    assert ("gone", True) == (followed.end, len(followed.lines) > 0)


def test_following_ends_when_the_connection_is_lost(cluster: Cluster, argo: Argo) -> None:
    """It returns the error and the lines read so far."""
    followed = follow(argo, RUNNING, seconds=60, pause=acting(lambda: store.fail(cluster.state, 503)))
    assert ("lost", True) == (followed.end, len(followed.lines) > 0)
    assert isinstance(followed.error, NotConnected)


def test_missing_workflow_is_reported_immediately(argo: Argo) -> None:
    """Following raises the error before any wait."""
    with pytest.raises(TargetNotFound):
        follow(argo, "ansible-deploy-nope", seconds=60)


def test_lines_beyond_the_limit_are_reported_and_counted(argo: Argo, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not kept in memory."""
    monkeypatch.setattr("runbook_lib.systems.argo.follow.MAX_LINES", 3)
    reported: list[Any] = []
    followed = follow(argo, DONE, seconds=0, on_line=reported.append)
    assert (3, len(reported) - 3) == (len(followed.lines), followed.omitted)


def test_log_longer_than_one_response_is_read_completely(
    cluster: Cluster, argo: Argo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that a response truncates is reported only when it is complete."""
    written = "".join(f"line {number} {'x' * 90}\n" for number in range(60))
    store.write_log(cluster.state, NAMESPACE, f"{RUNNING}-1", written)
    monkeypatch.setattr(lines, "LOG_BYTES", 1500)
    monkeypatch.setattr("runbook_lib.systems.argo.kube.LOG_BYTES", 1500)
    rounds = [lambda: None] * 20
    phase(cluster.state, RUNNING, "Running")

    followed = follow(argo, RUNNING, seconds=60, pause=acting(*rounds, lambda: phase(cluster.state, RUNNING, "Failed")))

    assert written.splitlines() == [line.text for line in followed.lines if line.text.startswith("line ")]


@pytest.mark.parametrize(
    ("raw", "stamp", "text"),
    [
        ("2026-01-15T11:49:00.123456789Z ok: [x]", "2026-01-15T11:49:00.123456789Z", "ok: [x]"),
        ("2026-01-15T11:49:00Z", "2026-01-15T11:49:00Z", ""),
        ("2026-01-15T11:49:00Z \x1b[0;31mfatal\x1b[0m\x07", "2026-01-15T11:49:00Z", "fatal?"),
        ("2026-01-15T11:49:00Z a\u2028b\x0bc\x1ed", "2026-01-15T11:49:00Z", "a\u2028b?c?d"),
        ("2026-99-15T11:49:00Z x", "", "2026-99-15T11:49:00Z x"),
        ("no timestamp", "", "no timestamp"),
        ("2026-01-15T11:49:00Z password: fixture-word", "2026-01-15T11:49:00Z", "password: (masked)"),
        ("2026-01-15T11:49:00Z progress\r", "2026-01-15T11:49:00Z", "progress"),
    ],
)
def test_line_is_split_and_made_printable(raw: str, stamp: str, text: str) -> None:
    """Colors are removed, other control characters are replaced, and likely secrets are masked."""
    (line,) = lines.lines("pod", raw + "\n")
    assert (stamp, text) == (line.stamp, line.text)


def test_timestamps_are_ordered_despite_omitted_zeros() -> None:
    """Kubernetes omits trailing zeros of a fraction, so the texts sort differently."""
    stamps = ["00Z", "00.000000001Z", "00.1Z", "00.12Z", "00.123456789Z", "00.2Z", "01Z"]
    sort_keys = [lines.LogLine("p", f"2026-01-15T11:49:{stamp}", "").sort_key for stamp in stamps]
    assert sorted(sort_keys) == sort_keys
    assert len(set(sort_keys)) == len(stamps)


def test_line_without_a_timestamp_has_that_of_the_line_before() -> None:
    """It continues that line."""
    first, second = lines.lines("p", "2026-01-15T11:49:00Z a\nb\n")
    assert (first.stamp, "2026-01-15T11:49:00Z") == (second.stamp, second.second)
