"""Base class of the systems that a plan changes: check the permission, compare the value, then send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from runbook_lib.errors import NotConnected, StalePlan, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model import Call, Json


class Gateway(ABC):
    """One system that calls change; satisfies `runbook_lib.model.protocols.Outside`.

    A gateway reads the value with `current` and sends the change with `_send`. Every check before a change is sent is
    in this class, so no gateway can omit it.
    """

    may_write: Callable[[], bool]
    """Returns False while a plan is made or a system is inspected."""

    @abstractmethod
    def current(self, call: Call) -> Json:
        """Return the current value of what `call` changes."""

    @abstractmethod
    def _send(self, call: Call) -> None:
        """Make the change of `call`; return only after it took effect."""

    def perform(self, call: Call) -> None:
        """Make the call once, unless its result is already there; return only after it took effect.

        Raises:
            WriteRefused: A plan is being made, or a system is being inspected.
            StalePlan: The value is neither the planned value nor the wanted value.
            Refused, TargetNotFound, NotConnected, CallUnsettled: As `current` and `_send` raise them.
        """
        self._check_may_write(str(call.system), call.describe())
        now = self.current(call)
        if now == call.after:
            return
        if now != call.before:
            raise stale(call, now)
        self._send(call)

    def _check_may_write(self, system: str, what: str) -> None:
        if not self.may_write():
            raise WriteRefused(system, " ".join(what.split()))

    def _settle(self, call: Call, error: NotConnected) -> None:
        """Return if a change took effect although its response was lost; raise `error` if it did not.

        Raises:
            NotConnected: `error`; or the value can't be read, and the message says that it might have changed.
        """
        try:
            done = self.current(call) == call.after
        except NotConnected as unreadable:
            raise NotConnected(
                kind=unreadable.kind,
                system=error.system,
                address=unreadable.address,
                reason=(
                    f"{error.why}; {call.action} of {call.target} was being set to {call.after!r} and can't be read "
                    "back: it might have changed"
                ),
                next_step="when it responds again, make a new plan: it shows what remains to be done",
            ) from error
        if not done:
            raise error


def stale(call: Call, now: Json) -> StalePlan:
    """Return the error for a value that differs from the planned one."""
    return StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)
