"""Base class of the systems that a plan changes: check the permission, compare the value, then send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from runbook_lib.errors import CallUnsettled, NothingChanged, StalePlan, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.errors import ResponseLost
    from runbook_lib.model import Call, Json

SHAPE_ERRORS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""The errors of code that reads a response with other fields or types than those of the expected service."""


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

    def _settle(self, call: Call, lost: ResponseLost) -> None:
        """Return if a change took effect although its response was lost.

        Raises:
            CallUnsettled: The value is not the wanted one, or can't be read. The system can still be working on the
                request, so neither proves that nothing was changed.
        """
        system = lost.trouble.system
        try:
            now = self.current(call)
        except NothingChanged as unreadable:
            text = f"{system}: {lost}; {call.action} of {call.target} can't be read back ({unreadable.what})"
            raise CallUnsettled(f"{text}: it might have changed") from lost
        if now != call.after:
            text = f"{system}: {lost}; {call.action} of {call.target} is {now!r} so far"
            raise CallUnsettled(f"{text}: the request might still take effect") from lost

    def _judge_accepted(self, call: Call, system: str) -> None:
        """Return if a change that the system accepted is in effect.

        Raises:
            CallUnsettled: The value is not the wanted one, or can't be read.
        """
        try:
            now = self.current(call)
        except NothingChanged as unreadable:
            text = f"{system} accepted {call.action} of {call.target}, which can't be read back: {unreadable.what}"
            raise CallUnsettled(text) from unreadable
        if now == call.before:
            raise CallUnsettled(f"{system} accepted {call.action} of {call.target}, but it is still {now!r}")
        if now != call.after:
            text = f"{system} accepted {call.action} of {call.target}, but it is now {now!r}: another writer changed it"
            raise CallUnsettled(text, changed=True)


def stale(call: Call, now: Json) -> StalePlan:
    """Return the error for a value that differs from the planned one."""
    return StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)
