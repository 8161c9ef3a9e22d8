"""Restart Celery workers on a host: let them finish, kill them only on request, and wait until they respond again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import CallUnsettled, NothingChanged, Refused
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.gateway import Gateway
from runbook_lib.systems.host.idleness import ALL, INIT_SCRIPT, SYSTEMD, answering, check_idle
from runbook_lib.systems.host.processes import Node, nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.model import Json
    from runbook_lib.systems.host.command import Host
    from runbook_lib.systems.host.idleness import QueueActivity

RESTART, KILL = "restart", "restart, killed if necessary"
RESTARTED = "restarted, responding"
_REPORT_SECONDS = 10.0  # between two lines of progress


class Workers(Gateway):
    """The Celery nodes of Atmosphere's host.

    A `Call` has ``system="workers"``. Its ``target`` is a queue (the nodes that serve it) or ``celeryd`` (all nodes),
    ``action`` is `RESTART` or `KILL`, ``before`` is the list of the nodes' processes, ``after`` is `RESTARTED`.
    """

    def __init__(  # noqa: PLR0913 - all keyword-only except the first two
        self,
        host: Host,
        states: Callable[[Sequence[str]], Mapping[str, QueueActivity]],
        *,
        finish_seconds: float = 600,
        kill_seconds: float = 30,
        return_seconds: float = 90,
        pause_seconds: float = 1,
    ) -> None:
        """Keep the host and the source of the queues' states. Reads nothing yet.

        Args:
            host: The host.
            states: Returns the states of the given queues and of every queue that a worker consumes.
            finish_seconds: Time limit for the nodes to finish.
            kill_seconds: Time limit for the nodes to finish before they are killed.
            return_seconds: Time limit for the nodes to respond again.
            pause_seconds: Time between two checks.
        """
        self.may_write = host.may_write
        self._host = host
        self._states = states
        self._finish_seconds = finish_seconds
        self._kill_seconds = kill_seconds
        self._return_seconds = return_seconds
        self._pause_seconds = pause_seconds

    def nodes(self, target: str = ALL) -> tuple[Node, ...]:
        """Return the nodes that serve a queue, or all nodes; raises as `host.processes.nodes` does."""
        return tuple(node for node in nodes(self._host) if target == ALL or target in node.queues)

    def service(self) -> str:
        """Return the service manager of the nodes: `SYSTEMD`, or `INIT_SCRIPT`, which a container has too.

        systemd takes over an init script of the same name, and does not start an active unit again.

        Raises:
            Refused: There is neither.
        """
        unit = self._host.read(["systemctl", "show", "celeryd", "--property=LoadState"])
        if not unit.exit_code and "LoadState=loaded" in unit.output.split():
            return SYSTEMD
        if not self._host.read(["test", "-x", "/etc/init.d/celeryd"]).exit_code:
            return INIT_SCRIPT
        raise Refused(
            what=f"{self._host.name} has no service celeryd, neither as a systemd unit nor as an init script",
            next_step="set RUNBOOK_HOST_EXEC to the prefix for the workers' host, or for a container: docker exec NAME",
        )

    def call(self, target: str, *, graceful: bool, running: Sequence[Node]) -> Call:
        """Return the call that restarts these nodes; it is irreversible."""
        return Call(
            system=SystemId(System.WORKERS),
            target=target,
            action=RESTART if graceful else KILL,
            before=[str(node) for node in running],
            after=RESTARTED,
            reversible=False,
        )

    def current(self, call: Call) -> Json:
        """Return the list of processes, or `RESTARTED` when all old ones have ended and the new ones respond."""
        running = self.nodes(call.target)
        now = [str(node) for node in running]
        if now == call.before or not running or set(now) & set(call.before):
            return now
        wanted = {text.partition(" ")[0] for text in call.before}
        if call.target == ALL and wanted - {node.name for node in running}:
            return now
        states = self._states(sorted({name for node in running for name in node.queues}))
        return RESTARTED if answering(running, states) else now

    def _send(self, call: Call) -> None:
        """Restart the nodes, and return when the new ones respond and consume their queues.

        Raises:
            Refused: A queue that the restart would interrupt is not proved empty.
            CallUnsettled: The restart started, and a node did not end or did not respond again.
        """
        running, service = self.nodes(call.target), self.service()
        self.check_idle(call.target, running, service)
        restarts_all = call.target == ALL
        try:
            if not restarts_all and running:
                self._stop(running, kill=call.action == KILL)
            verb = "restart" if restarts_all or service == SYSTEMD else "start"
            completed = self._host.run(["service", "celeryd", verb], seconds=self._finish_seconds)
            self._wait_until_restarted(call, f"service celeryd {verb} ended with exit code {completed.exit_code}")
        except KeyboardInterrupt as error:
            text = "the restart was interrupted: workers might have ended without a replacement"
            raise CallUnsettled(text, changed=self._has_ended_node(running)) from error
        except NothingChanged as error:
            text = f"{error.what}: {error.why}" if error.why else error.what
            raise CallUnsettled(text, changed=self._has_ended_node(running)) from error

    def check_idle(self, target: str, running: Sequence[Node], service: str) -> Mapping[str, QueueActivity]:
        """Return the states of all queues; raises as `host.idleness.check_idle` does."""
        return check_idle(self._states, target, running, service=service)

    def _stop(self, running: Sequence[Node], *, kill: bool) -> None:
        """Send SIGTERM to the parents, wait, and with `kill` kill the remaining processes."""
        self._signal("TERM", [node.pid for node in running])
        remaining = self._wait_until_ended(running, self._kill_seconds if kill else self._finish_seconds)
        if remaining and kill:
            current = [node for node in self.nodes() if node in running]
            pids = [pid for node in current for pid in (node.pid, *node.children)]
            self._host.report(f"killing {', '.join(map(str, current))}, processes {', '.join(map(str, pids))}")
            self._signal("KILL", pids)
            remaining = self._wait_until_ended(current, self._kill_seconds)
        if remaining:
            raise CallUnsettled(
                f"{', '.join(map(str, remaining))} received the signal to finish and still runs; it ends after its "
                "current task",
                changed=True,
            )

    def _has_ended_node(self, running: Sequence[Node]) -> Literal[True] | None:
        """Return True if one of these nodes has certainly ended; None when that is unknown."""
        try:
            now = self.nodes()
        except NothingChanged:
            return None
        return True if any(node not in now for node in running) else None

    def _signal(self, name: str, pids: Sequence[int]) -> None:
        if pids:
            self._host.run(["kill", f"-{name}", *map(str, pids)], seconds=20)

    def _wait_until_ended(self, running: Sequence[Node], seconds: float) -> list[Node]:
        """Return the nodes that still run after `seconds`, or an empty list as soon as all have ended."""
        names = ", ".join(node.name for node in running)
        self._host.report(f"waiting up to {seconds:g} s for {names} to finish")
        start = last_report = time.monotonic()
        while remaining := [node for node in self.nodes() if node in running]:
            waited = time.monotonic() - start
            if waited > seconds:
                return remaining
            if time.monotonic() - last_report >= _REPORT_SECONDS:
                last_report = time.monotonic()
                self._host.report(f"waited {waited:.0f} s for {', '.join(map(str, remaining))}")
            time.sleep(self._pause_seconds)
        self._host.report(f"{names} ended after {time.monotonic() - start:.0f} s")
        return []

    def _wait_until_restarted(self, call: Call, outcome: str) -> None:
        start = time.monotonic()
        self._host.report(f"waiting up to {self._return_seconds:g} s for the workers of {call.target} to respond")
        while (now := self.current(call)) != call.after:
            if time.monotonic() - start > self._return_seconds:
                processes = ", ".join(now) if now else "none"
                raise CallUnsettled(
                    f"{outcome}; after {self._return_seconds:g} s not all workers of {call.target} respond; "
                    f"their processes: {processes}",
                    changed=True,
                )
            time.sleep(self._pause_seconds)
        self._host.report(f"the workers of {call.target} respond after {time.monotonic() - start:.0f} s")
