"""Checks that every gateway makes before and after it sends a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled, NotConnected, ResponseLost, StalePlan, WriteRefused
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.gateway import Gateway

if TYPE_CHECKING:
    from runbook_lib.model import Json

CALL = Call(SystemId(System.ARGO), target="x", action="suspend", before=False, after=True)
TROUBLE = NotConnected(kind="unreachable", system="Argo", address="127.0.0.1", reason="no answer", next_step="wait")
LOST = ResponseLost(TROUBLE)


class Switch(Gateway):
    """A system with one value.

    Attributes:
        value: The current value.
        sent: The number of changes sent.
        lost: When the response is lost: ``before`` the change takes effect, ``after`` it, or ``never``.
        is_readable: Whether the value can be read.
    """

    def __init__(self, *, value: Json = False, lost: str = "never", is_readable: bool = True) -> None:
        self.value, self.lost, self.is_readable = value, lost, is_readable
        self.sent = 0
        self.may_write = lambda: True

    def current(self, call: Call) -> Json:
        """Return the value."""
        del call
        if not self.is_readable:
            raise TROUBLE
        return self.value

    def _send(self, call: Call) -> None:
        self.sent += 1
        if self.lost == "before":
            return self._settle(call, LOST)
        self.value = call.after
        return self._settle(call, LOST) if self.lost == "after" else None


def test_planned_value_is_changed_once() -> None:
    """A second call finds the wanted value and sends nothing."""
    switch = Switch()
    switch.perform(CALL)
    switch.perform(CALL)

    assert (True, 1) == (switch.value, switch.sent)


def test_stale_value_is_not_changed() -> None:
    """The error names the call and the current value."""
    switch = Switch(value="broken")

    with pytest.raises(StalePlan, match=r"argo x.*suspend") as caught:
        switch.perform(CALL)
    assert "broken" in str(caught.value)
    assert 0 == switch.sent


def test_call_without_permission_reads_and_sends_nothing() -> None:
    """The permission check comes first."""
    switch = Switch(is_readable=False)
    switch.may_write = lambda: False

    with pytest.raises(WriteRefused, match="argo"):
        switch.perform(CALL)
    assert 0 == switch.sent


def test_lost_response_is_resolved_by_reading_back() -> None:
    """A change that took effect is done."""
    switch = Switch(lost="after")
    switch.perform(CALL)
    assert 1 == switch.sent


def test_missing_effect_of_a_lost_request_proves_nothing() -> None:
    """The system can still be working on the request, so it is unknown whether anything was changed."""
    switch = Switch(lost="before")
    with pytest.raises(CallUnsettled, match=r"no answer; suspend of x is False so far: .* might still") as caught:
        switch.perform(CALL)
    assert (1, None) == (switch.sent, caught.value.changed)


@pytest.mark.parametrize(
    ("value", "text", "changed"),
    [(False, "Argo accepted suspend of x, but it is still False", None), ("broken", "another writer changed it", True)],
)
def test_accepted_change_that_is_not_in_effect_is_unsettled(value: Json, text: str, *, changed: bool | None) -> None:
    """A success alone proves neither that the change is in effect nor that nothing was changed."""
    with pytest.raises(CallUnsettled, match=text) as caught:
        Switch(value=value)._judge_accepted(CALL, "Argo")
    assert changed == caught.value.changed
    with pytest.raises(CallUnsettled, match="which can't be read back"):
        Switch(is_readable=False)._judge_accepted(CALL, "Argo")
    Switch(value=True)._judge_accepted(CALL, "Argo")


def test_unreadable_value_after_a_lost_response_is_reported() -> None:
    """The error says that the value might have changed."""

    class Blind(Switch):
        def _send(self, call: Call) -> None:
            self.is_readable = False
            super()._send(call)

    switch = Blind(lost="after")
    with pytest.raises(CallUnsettled, match="it might have changed"):
        switch.perform(CALL)
