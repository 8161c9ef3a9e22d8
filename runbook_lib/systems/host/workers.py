"""Restart Celery workers on a host: asked to finish first, killed only on request, and seen to come back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

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

RESTART, KILL = "restart", "restart, killed if need be"
RESTARTED = "restarted, answering"
_TELL_EVERY = 10.0  # seconds


class Workers(Gateway):
    """The Celery nodes of Atmosphere's host.

    A `Call` names ``system="workers"``, as ``target`` a queue (the nodes that serve it) or ``celeryd`` (every node), as
    ``action`` `RESTART` or `KILL`, as ``before`` the nodes' processes in words, as ``after`` `RESTARTED`.
    """

    def __init__(  # noqa: PLR0913 - all by name but the first two
        self,
        host: Host,
        states: Callable[[Sequence[str]], Mapping[str, QueueActivity]],
        *,
        finish_seconds: float = 600,
        kill_seconds: float = 30,
        back_seconds: float = 90,
        pause: float = 1,
    ) -> None:
        """Keep the way to the host and to the queues; nothing is read yet.

        Args:
            host: The host.
            states: Returns the state of the queues named, and of every queue that is consumed.
            finish_seconds: How long nodes may take to finish after they were asked.
            kill_seconds: The same, before they are killed.
            back_seconds: How long they may take to answer again.
            pause: Seconds between two checks.
        """
        self.may_write = host.may_write
        self._host = host
        self._states = states
        self._finish_seconds = finish_seconds
        self._kill_seconds = kill_seconds
        self._back_seconds = back_seconds
        self._pause = pause

    def nodes(self, target: str = ALL) -> tuple[Node, ...]:
        """Return the nodes that serve a queue, or all; raises as `runbook_lib.systems.host.processes.nodes` does."""
        return tuple(node for node in nodes(self._host) if target == ALL or target in node.queues)

    def service(self) -> str:
        """Return what keeps the nodes: `SYSTEMD`, or `INIT_SCRIPT`, which a container has too.

        Raises:
            Refused: Neither is there.

        Source: systemd takes over an init script of the same name; a unit that is active is not started again.
        """
        shown = self._host.read(["systemctl", "show", "celeryd", "--property=LoadState"])
        if not shown.exit_code and "LoadState=loaded" in shown.output.split():
            return SYSTEMD
        if not self._host.read(["test", "-x", "/etc/init.d/celeryd"]).exit_code:
            return INIT_SCRIPT
        raise Refused(
            what=f"{self._host.name} has no service celeryd, neither systemd's nor an init script",
            next_step="let RUNBOOK_HOST_EXEC lead to where Atmosphere's workers run; for a container: docker exec NAME",
        )

    def call(self, target: str, *, graceful: bool, running: Sequence[Node]) -> Call:
        """Return the call that restarts these nodes; it can't be taken back."""
        return Call(
            system=SystemId(System.WORKERS),
            target=target,
            action=RESTART if graceful else KILL,
            before=[str(node) for node in running],
            after=RESTARTED,
            reversible=False,
        )

    def current(self, call: Call) -> Json:
        """Return the processes in words, or `RESTARTED` when none of the old ones is left and the new ones answer."""
        running = self.nodes(call.target)
        now = [str(node) for node in running]
        if now == call.before or not running or set(now) & set(call.before):
            return now
        wanted = {words.partition(" ")[0] for words in call.before}
        if call.target == ALL and wanted - {node.name for node in running}:
            return now
        states = self._states(sorted({name for node in running for name in node.queues}))
        return RESTARTED if answering(running, states) else now

    def _send(self, call: Call) -> None:
        """Restart the nodes, and return when the new ones respond and consume.

        Raises:
            Refused: A queue that would be interrupted is not proved empty.
            CallUnsettled: It was begun, and a node did not end or did not come back.
        """
        running, service = self.nodes(call.target), self.service()
        self.check_idle(call.target, running, service)
        whole = call.target == ALL
        try:
            if not whole and running:
                self._stop(running, kill=call.action == KILL)
            verb = "restart" if whole or service == SYSTEMD else "start"
            ended = self._host.run(["service", "celeryd", verb], seconds=self._finish_seconds)
            self._wait_until_back(call, f"service celeryd {verb} ended with exit code {ended.exit_code}")
        except KeyboardInterrupt as error:
            text = "it was interrupted: workers that were asked to finish may be gone, and not back"
            raise CallUnsettled(text, changed=self._gone(running)) from error
        except NothingChanged as error:
            text = f"{error.what}: {error.why}" if error.why else error.what
            raise CallUnsettled(text, changed=self._gone(running)) from error

    def check_idle(self, target: str, running: Sequence[Node], service: str) -> Mapping[str, QueueActivity]:
        """Return the states of all queues; raises as `runbook_lib.systems.host.idleness.check_idle` does."""
        return check_idle(self._states, target, running, service=service)

    def _stop(self, running: Sequence[Node], *, kill: bool) -> None:
        """Ask the parents to finish, wait, and with `kill` end what is left."""
        self._signal("TERM", [node.pid for node in running])
        left = self._wait_until_gone(running, self._kill_seconds if kill else self._finish_seconds)
        if left and kill:
            exact = [node for node in self.nodes() if node in running]
            pids = [pid for node in exact for pid in (node.pid, *node.children)]
            self._host.tell(f"kills {', '.join(map(str, exact))}, with children: {', '.join(map(str, pids))}")
            self._signal("KILL", pids)
            left = self._wait_until_gone(exact, self._kill_seconds)
        if left:
            raise CallUnsettled(
                f"{', '.join(map(str, left))} was asked to finish and still runs; it ends when its work is done",
                changed=True,
            )

    def _gone(self, running: Sequence[Node]) -> bool:
        """Return whether one of these nodes is certainly gone; False when the host does not respond."""
        try:
            now = self.nodes()
        except NothingChanged:
            return False
        return any(node not in now for node in running)

    def _signal(self, name: str, pids: Sequence[int]) -> None:
        if pids:
            self._host.run(["kill", f"-{name}", *map(str, pids)], seconds=20)

    def _wait_until_gone(self, running: Sequence[Node], seconds: float) -> list[Node]:
        """Return the nodes that still run after `seconds`; as soon as none does, none."""
        names = ", ".join(node.name for node in running)
        self._host.tell(f"waits up to {seconds:g} s for {names} to finish")
        began = told = time.monotonic()
        while left := [node for node in self.nodes() if node in running]:
            waited = time.monotonic() - began
            if waited > seconds:
                return left
            if time.monotonic() - told >= _TELL_EVERY:
                told = time.monotonic()
                self._host.tell(f"has waited {waited:.0f} s for {', '.join(map(str, left))}")
            time.sleep(self._pause)
        self._host.tell(f"{names} ended after {time.monotonic() - began:.0f} s")
        return []

    def _wait_until_back(self, call: Call, how: str) -> None:
        began = time.monotonic()
        self._host.tell(f"waits up to {self._back_seconds:g} s for the workers of {call.target} to answer")
        while (now := self.current(call)) != call.after:
            if time.monotonic() - began > self._back_seconds:
                found = ", ".join(now) if now else "none"
                raise CallUnsettled(
                    f"{how}; after {self._back_seconds:g} s the workers of {call.target} did not all answer; "
                    f"processes there: {found}",
                    changed=True,
                )
            time.sleep(self._pause)
        self._host.tell(f"the workers of {call.target} answer after {time.monotonic() - began:.0f} s")
