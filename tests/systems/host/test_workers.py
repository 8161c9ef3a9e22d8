"""Real workers are asked to finish, or killed, and seen to come back; what is not as planned is left alone."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled, Refused, StalePlan
from runbook_lib.systems.host.idleness import INIT_SCRIPT
from runbook_lib.systems.host.workers import RESTARTED
from tests.services.celery import ROOT, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.systems.host.conftest import RealHost


def test_a_node_is_known_by_pid_and_start_and_its_child_is_not_a_node(real: RealHost) -> None:
    """The parent process is the node; its pool, which has the same command line, belongs to it."""
    process = real.celery.start(real.node, queues=real.queue)

    (node,) = real.workers().nodes(real.queue)

    assert (f"{real.node}@host", process.pid, (real.queue,)) == (node.name, node.pid, node.queues)
    assert 1 == len(node.children)
    with open(f"/proc/{process.pid}/stat") as file:  # noqa: PTH123 - no path of ours
        assert node.start == int(file.read().rpartition(") ")[2].split()[19])


def test_an_idle_worker_is_restarted_warm(real: RealHost) -> None:
    """SIGTERM to the parent, which exits with 0; a new process answers; the operator is told each step."""
    old = real.celery.start(real.node, queues=real.queue)
    workers = real.workers()
    running = workers.nodes(real.queue)
    call = workers.call(real.queue, graceful=True, running=running)
    assert call.before == workers.current(call)

    workers.perform(call)

    assert 0 == old.wait(10)
    assert RESTARTED == workers.current(call)
    assert ["celeryd start"] == real.calls()
    (new,) = workers.nodes(real.queue)
    assert new.pid != old.pid
    assert f"waits up to 600 s for {real.node}@host to finish" in real.told
    assert any(line.startswith(f"{real.node}@host ended after") for line in real.told)
    assert real.told[-1].startswith(f"the workers of {real.queue} answer after")
    workers.perform(call)  # done already
    assert ["celeryd start"] == real.calls()


def test_a_worker_with_work_is_not_touched(real: RealHost) -> None:
    """The queue is proved empty once more right before the signal: a task that came meanwhile is not interrupted."""
    process = real.celery.start(real.node, queues=real.queue)
    workers = real.workers()
    call = workers.call(real.queue, graceful=True, running=workers.nodes(real.queue))
    real.celery.send(20, queue=real.queue)

    with pytest.raises(Refused, match="1 task with a worker: machine_imaging_task"):
        workers.perform(call)

    assert (None, []) == (process.poll(), real.calls())


def test_other_processes_than_planned_are_left_alone(real: RealHost) -> None:
    """Somebody restarted it in between, and the new one does not answer: the plan is stale, nothing is signaled."""
    real.celery.start(real.node, queues=real.queue)
    workers = real.workers()
    call = workers.call(real.queue, graceful=True, running=workers.nodes(real.queue))
    real.celery.end(real.node, signal.SIGTERM)
    new = real.celery.start(real.node, queues=real.queue)
    new.send_signal(signal.SIGSTOP)

    with pytest.raises(StalePlan):
        workers.perform(call)

    assert (None, []) == (new.poll(), real.calls())


def test_a_stopped_worker_is_refused_for_nobody_answers(real: RealHost) -> None:
    """What a worker that hangs is doing can't be known."""
    process = real.celery.start(real.node, queues=real.queue)
    process.send_signal(signal.SIGSTOP)
    workers = real.workers()

    with pytest.raises(Refused, match=r"nobody answers.*is there and does not answer"):
        workers.check_idle(real.queue, workers.nodes(real.queue), INIT_SCRIPT)


def test_what_does_not_end_is_killed_exactly_and_with_its_child(real: RealHost) -> None:
    """A worker that does not react to SIGTERM is killed on request; another node's process lives on."""
    process = real.celery.start(real.node, queues=real.queue)
    other = real.celery.start(f"{real.node}-other", queues="default")
    workers = real.workers(kill_seconds=1)
    running = workers.nodes(real.queue)
    process.send_signal(signal.SIGSTOP)

    workers._stop(running, kill=True)

    assert -signal.SIGKILL == process.wait(10)
    (child,) = running[0].children
    wait_for(lambda: _gone(child), "the child", seconds=10)
    assert other.poll() is None
    assert f"kills {running[0]}, with children: {process.pid}, {child}" in real.told


def test_without_the_request_nothing_is_killed(real: RealHost) -> None:
    """A worker that does not end in time is left to end by itself, and that is said."""
    process = real.celery.start(real.node, queues=real.queue)
    workers = real.workers(finish_seconds=1)
    running = workers.nodes(real.queue)
    process.send_signal(signal.SIGSTOP)

    with pytest.raises(CallUnsettled, match="was asked to finish and still runs"):
        workers._stop(running, kill=False)

    assert process.poll() is None


def test_a_worker_that_does_not_come_back_is_told(real: RealHost) -> None:
    """The service says OK and starts nothing: something was changed, and the text says what is there."""
    real.install(starts=False)
    real.celery.start(real.node, queues=real.queue)
    workers = real.workers(back_seconds=1)
    call = workers.call(real.queue, graceful=True, running=workers.nodes(real.queue))

    with pytest.raises(CallUnsettled, match=r"did not all answer; processes there: none"):
        workers.perform(call)

    real.install()
    again = real.workers()
    again.perform(again.call(real.queue, graceful=True, running=()))  # with none there, it only starts
    assert 1 == len(again.nodes(real.queue))


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - no path of ours
        return file.read().rpartition(") ")[2][0] == "Z"


def test_nodes_of_celery_multi_are_told_apart(real: RealHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upstream's services start nodes with ``celery multi``; a node that was killed is started beside a living one."""
    names = [f"{real.node}-a", f"{real.node}-b"]
    files = [f"--pidfile={tmp_path}/%n.pid", f"--logfile={tmp_path}/%n.log"]
    options = ["-A", "tests.services.celery_tasks", "--detach", f"-Q:{names[0]}", real.queue, "-c", "1", *files]
    options.append(f"--executable={shlex.quote(sys.executable)}")  # it splits its own interpreter's path at a blank
    multi = [sys.executable, "-P", "-m", "celery", "multi"]
    monkeypatch.setenv("BROKER", real.celery.url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    workers = real.workers()

    def both() -> bool:
        mine = [node for node in workers.nodes() if node.name.partition("@")[0] in names]
        return len(mine) == 2 and all(node.children for node in mine)

    try:
        real.host.read([*multi, "start", *names, *options])
        wait_for(both, "two nodes")
        (node,) = workers.nodes(real.queue)
        assert names[0] == node.name.partition("@")[0]

        workers._stop([node], kill=False)
        assert () == workers.nodes(real.queue)
        started = real.host.read([*multi, "start", *names, *options])
        assert f"{names[1]}@" in started.output
        wait_for(both, "the one that was stopped")
    finally:
        for file in tmp_path.glob("*.pid"):
            os.kill(int(file.read_text()), signal.SIGTERM)
        wait_for(lambda: not [n for n in workers.nodes() if n.name.partition("@")[0] in names], "their end")
