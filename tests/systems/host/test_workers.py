"""Restart of real workers: they finish or are killed, and respond again; unplanned processes are not affected."""

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


def test_node_is_identified_by_pid_and_start(real: RealHost) -> None:
    """The parent process is the node; the processes of its pool, with the same command line, belong to it."""
    process = real.celery.start(real.node, queues=real.queue)

    (node,) = real.workers().nodes(real.queue)

    assert (f"{real.node}@host", process.pid, (real.queue,)) == (node.name, node.pid, node.queues)
    assert 1 == len(node.children)
    with open(f"/proc/{process.pid}/stat") as file:  # noqa: PTH123 - no path of ours
        assert node.start == int(file.read().rpartition(") ")[2].split()[19])


def test_idle_worker_is_restarted_gracefully(real: RealHost) -> None:
    """The parent exits with 0 after SIGTERM, a new process responds, and the operator sees each step."""
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
    assert f"waiting up to 600 s for {real.node}@host to finish" in real.reported
    assert any(line.startswith(f"{real.node}@host ended after") for line in real.reported)
    assert real.reported[-1].startswith(f"the workers of {real.queue} respond after")
    workers.perform(call)  # finds the wanted state
    assert ["celeryd start"] == real.calls()


def test_worker_with_a_task_is_not_restarted(real: RealHost) -> None:
    """The queue is checked again right before the signal, so a new task is not interrupted."""
    process = real.celery.start(real.node, queues=real.queue)
    workers = real.workers()
    call = workers.call(real.queue, graceful=True, running=workers.nodes(real.queue))
    real.celery.send(20, queue=real.queue)

    with pytest.raises(Refused, match="1 task held by a worker: machine_imaging_task"):
        workers.perform(call)

    assert (None, []) == (process.poll(), real.calls())


def test_unplanned_processes_are_not_affected(real: RealHost) -> None:
    """After another restart, with an unresponsive new worker, the plan is stale and no signal is sent."""
    real.celery.start(real.node, queues=real.queue)
    workers = real.workers()
    call = workers.call(real.queue, graceful=True, running=workers.nodes(real.queue))
    real.celery.end(real.node, signal.SIGTERM)
    new = real.celery.start(real.node, queues=real.queue)
    new.send_signal(signal.SIGSTOP)

    with pytest.raises(StalePlan):
        workers.perform(call)

    assert (None, []) == (new.poll(), real.calls())


def test_stopped_worker_is_refused(real: RealHost) -> None:
    """The task of a worker that hangs is unknown."""
    process = real.celery.start(real.node, queues=real.queue)
    process.send_signal(signal.SIGSTOP)
    workers = real.workers()

    with pytest.raises(Refused, match=r"no worker responds.*runs but does not respond"):
        workers.check_idle(real.queue, workers.nodes(real.queue), INIT_SCRIPT)


def test_worker_that_does_not_end_is_killed_with_its_child(real: RealHost) -> None:
    """A worker that ignores SIGTERM is killed on request; another node's process still runs."""
    process = real.celery.start(real.node, queues=real.queue)
    other = real.celery.start(f"{real.node}-other", queues="default")
    workers = real.workers(kill_seconds=1)
    running = workers.nodes(real.queue)
    process.send_signal(signal.SIGSTOP)

    workers._stop(running, kill=True)

    assert -signal.SIGKILL == process.wait(10)
    (child,) = running[0].children
    wait_for(lambda: _has_ended(child), "the child", seconds=10)
    assert other.poll() is None
    assert f"killing {running[0]}, processes {process.pid}, {child}" in real.reported


def test_nothing_is_killed_without_a_request(real: RealHost) -> None:
    """The error says that a worker that does not end in time still runs."""
    process = real.celery.start(real.node, queues=real.queue)
    workers = real.workers(finish_seconds=1)
    running = workers.nodes(real.queue)
    process.send_signal(signal.SIGSTOP)

    with pytest.raises(CallUnsettled, match="received the signal to finish and still runs"):
        workers._stop(running, kill=False)

    assert process.poll() is None


def test_worker_that_does_not_start_again_is_reported(real: RealHost) -> None:
    """The service reports OK but starts nothing; the error lists the running processes."""
    real.install(starts=False)
    real.celery.start(real.node, queues=real.queue)
    workers = real.workers(return_seconds=1)
    call = workers.call(real.queue, graceful=True, running=workers.nodes(real.queue))

    with pytest.raises(CallUnsettled, match=r"not all workers of .* respond; their processes: none"):
        workers.perform(call)

    real.install()
    after = real.workers()
    after.perform(after.call(real.queue, graceful=True, running=()))  # without a running worker, it only starts one
    assert 1 == len(after.nodes(real.queue))


def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - no path of ours
        return file.read().rpartition(") ")[2][0] == "Z"


def test_nodes_of_celery_multi_are_distinguished(
    real: RealHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream's services start nodes with ``celery multi``, which starts an ended node beside a running one."""
    names = [f"{real.node}-a", f"{real.node}-b"]
    files = [f"--pidfile={tmp_path}/%n.pid", f"--logfile={tmp_path}/%n.log"]
    options = ["-A", "tests.services.celery_tasks", "--detach", f"-Q:{names[0]}", real.queue, "-c", "1", *files]
    options.append(
        f"--executable={shlex.quote(sys.executable)}"
    )  # celery multi splits its own interpreter's path at a space
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
