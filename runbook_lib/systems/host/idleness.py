"""Whether workers may be restarted: what each queue that would be interrupted holds, and who is mute or elsewhere."""

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
    """What is needed of a queue's state."""

    @property
    def proved_idle(self) -> bool:
        """Whether no task of it is anywhere."""

    @property
    def sentence(self) -> str:
        """The queue's name and what is known of it."""

    @property
    def workers(self) -> tuple[str, ...]:
        """Who consumes it."""


def check_idle(
    ask: Callable[[Sequence[str]], Mapping[str, QueueActivity]], target: str, running: Sequence[Node], *, service: str
) -> Mapping[str, QueueActivity]:
    """Return the states of all queues, if a restart interrupts nothing.

    Args:
        ask: Returns the states of the queues named, and of every queue that is consumed.
        target: The queue whose nodes are restarted, or `ALL`.
        running: Those nodes.
        service: What keeps the nodes. systemd restarts all of them, and kills after 90 s, so there every queue counts;
            the init script's restart waits, so of `ALL` only the nodes that serve `IMAGING` count.

    Raises:
        Refused: A queue is not proved empty, a node is mute, or the queue is consumed elsewhere. All of it is told.
    """
    served = {name for node in running for name in node.queues}
    states = ask(sorted(served | {IMAGING if target == ALL else target}))
    if service == SYSTEMD:
        counted = set(states)
    elif target == ALL:
        counted = {name for node in running if IMAGING in node.queues for name in node.queues}
    else:
        counted = served
    problems = [states[name].sentence for name in sorted(counted) if not states[name].proved_idle] if running else []
    problems += [f"{node} is there and does not answer" for node in running if _is_mute(node, states, counted)]
    problems += [
        f"{worker} consumes {target}, and is none of the processes on this host"
        for worker in (states[target].workers if target != ALL else ())
        if not any(node.is_called(worker) for node in running)
    ]
    if problems:
        raise Refused(
            what=f"the workers of {target} are not restarted: {'; '.join(problems)}",
            why="a worker that is restarted now may take work down with it",
            next_step="wait until nothing is held, then plan again; for one that is mute, read its log",
        )
    return states


def answering(nodes: Sequence[Node], states: Mapping[str, QueueActivity]) -> bool:
    """Tell whether each of these nodes answers and consumes what its command line says."""
    return all(any(node.is_called(worker) for worker in states[name].workers) for node in nodes for name in node.queues)


def _is_mute(node: Node, states: Mapping[str, QueueActivity], counted: set[str]) -> bool:
    names = counted & set(node.queues)
    return bool(names) and not any(node.is_called(worker) for name in names for worker in states[name].workers)
