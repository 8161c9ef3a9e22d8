"""The used and available amounts of a cloud."""

from __future__ import annotations

from runbook_lib.systems.openstack.capacity import Count


def test_available_amount_is_never_negative() -> None:
    """A quota below the usage leaves 0, and an unlimited quota leaves None."""
    assert [2, 0, None] == [Count(8, 10).available, Count(12, 10).available, Count(12, None).available]
