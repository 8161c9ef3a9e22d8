"""Check that a restart of workers interrupts no task: queues must be empty, and workers responsive and on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.systems.host.processes import Node

IMAGING = "imaging"
ALL = "celeryd"  # the target that stands for every node
SYSTEMD, INIT_SCRIPT = "systemd", "init script"


class QueueActivity(Protocol):
    """The required part of a queue's state."""

    @property
    def is_proved_idle(self) -> bool:
        """Whether it is proved that the queue has no task anywhere."""

    @property
    def sentence(self) -> str:
        """The queue's name and the conclusion about it."""

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of the workers that consume it."""


def check_idle(
    ask: Callable[[Sequence[str]], Mapping[str, QueueActivity]], target: str, running: Sequence[Node], *, service: str
) -> Mapping[str, QueueActivity]:
    """Return the states of all queues, if a restart interrupts no task.

    Args:
        ask: Returns the states of the given queues and of every queue that a worker consumes.
        target: The queue whose nodes restart, or `ALL`.
        running: Those nodes.
        service: The service manager of the nodes. systemd restarts all nodes and kills them after 90 s, so every queue
            counts. The init script waits, so for `ALL` only the nodes that serve `IMAGING` count.

    Raises:
        Refused: A queue is not proved empty, a node is unresponsive, or another host consumes the queue. The error
            lists all problems.
    """
    served = {name for node in running for name in node.queues}
    states = ask(sorted(served | {IMAGING if target == ALL else target}))
    if service == SYSTEMD:
        counted = set(states)
    elif target == ALL:
        counted = {name for node in running if IMAGING in node.queues for name in node.queues}
    else:
        counted = served
    busy = [states[name].sentence for name in sorted(counted) if not states[name].is_proved_idle]
    problems = busy if running else []
    problems += [f"{node} runs but does not respond" for node in running if _is_unresponsive(node, states, counted)]
    problems += [
        f"{worker} consumes {target} but is not a process on this host"
        for worker in (states[target].workers if target != ALL else ())
        if not any(node.is_called(worker) for node in running)
    ]
    if problems:
        raise Refused(
            what=f"the workers of {target} can't be restarted now: {'; '.join(problems)}",
            why="the restart might interrupt their tasks",
            next_step="wait until they hold no task, then make a new plan; for an unresponsive worker, read its log",
        )
    return states


def answering(nodes: Sequence[Node], states: Mapping[str, QueueActivity]) -> bool:
    """Return whether each of these nodes responds and consumes the queues on its command line."""
    return all(any(node.is_called(worker) for worker in states[name].workers) for node in nodes for name in node.queues)


def _is_unresponsive(node: Node, states: Mapping[str, QueueActivity], counted: set[str]) -> bool:
    names = counted & set(node.queues)
    return bool(names) and not any(node.is_called(worker) for name in names for worker in states[name].workers)
