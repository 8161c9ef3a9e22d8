"""What holds before a call leaves this machine, whatever the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, RunbookError, StalePlan, WriteRefused
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.gateway import Gateway

if TYPE_CHECKING:
    from runbook_lib.model import Json

CALL = Call(SystemId(System.ARGO), target="x", action="suspend", before=False, after=True)
LOST = NotConnected(kind="unreachable", system="Argo", address="127.0.0.1", reason="no answer", next_step="wait")


class Switch(Gateway):
    """A system with one value.

    Attributes:
        value: What it holds.
        sent: How many changes were sent.
        lost: The answer is lost: before the change took effect, after it, or never.
        readable: Whether the value can be read.
    """

    def __init__(self, *, value: Json = False, lost: str = "never", readable: bool = True) -> None:
        self.value, self.lost, self.readable = value, lost, readable
        self.sent = 0
        self.may_write = lambda: True

    def current(self, call: Call) -> Json:
        """Return the value."""
        del call
        if not self.readable:
            raise LOST
        return self.value

    def _send(self, call: Call) -> None:
        self.sent += 1
        if self.lost == "before":
            return self._settle(call, LOST)
        self.value = call.after
        return self._settle(call, LOST) if self.lost == "after" else None


def test_a_value_as_planned_is_changed_once() -> None:
    """And a second time it is there already."""
    switch = Switch()
    switch.perform(CALL)
    switch.perform(CALL)

    assert (True, 1) == (switch.value, switch.sent)


def test_a_value_that_moved_is_left_alone() -> None:
    """The error names what was planned and what is there."""
    switch = Switch(value="broken")

    with pytest.raises(StalePlan, match=r"argo x.*suspend") as caught:
        switch.perform(CALL)
    assert "broken" in str(caught.value)
    assert 0 == switch.sent


def test_nothing_is_read_or_sent_while_a_plan_is_made() -> None:
    """Permission comes first."""
    switch = Switch(readable=False)
    switch.may_write = lambda: False

    with pytest.raises(WriteRefused, match="argo"):
        switch.perform(CALL)
    assert 0 == switch.sent


@pytest.mark.parametrize(("lost", "error"), [("after", None), ("before", NotConnected)])
def test_a_lost_answer_is_looked_up(lost: str, error: type[RunbookError] | None) -> None:
    """What took effect is done; what did not is the error."""
    switch = Switch(lost=lost)
    if error:
        with pytest.raises(error, match="no answer"):
            switch.perform(CALL)
    else:
        switch.perform(CALL)
    assert 1 == switch.sent


def test_what_can_not_be_read_back_may_have_been_changed() -> None:
    """The error says so, and what to do."""

    class Blind(Switch):
        def _send(self, call: Call) -> None:
            self.readable = False
            super()._send(call)

    switch = Blind(lost="after")
    with pytest.raises(NotConnected, match="it may have been changed") as caught:
        switch.perform(CALL)
    assert "plan again" in caught.value.next_step
