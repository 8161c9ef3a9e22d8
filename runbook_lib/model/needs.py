"""Which systems a procedure requires, and which others would add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runbook_lib.model.system_id import System
from runbook_lib.text.words import listing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SYSTEMS: tuple[System, ...] = tuple(kind for kind in System if kind.variables)
"""The systems that a procedure can name: those that settings of their own configure."""


class Needy(Protocol):
    """What is asked of a procedure here."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The systems without which it does nothing; of ``argo or logs`` one is enough."""

    @property
    def tells_more(self) -> Mapping[str, str]:
        """System → what it would add."""


def sentences(procedure: Needy) -> str:
    """Return what a procedure needs, in one or two sentences; the names stand as they are in settings and doctor."""
    told = f"Needs {listing(procedure.needs)}."
    if procedure.tells_more:
        told += (
            " Where configured, more: " + "; ".join(f"{name}: {w}" for name, w in procedure.tells_more.items()) + "."
        )
    return told


def lacks(procedure: Needy, working: Collection[System]) -> tuple[str, ...]:
    """Return those of a procedure's needs that are not met; none when it can be run.

    Args:
        procedure: Which.
        working: The systems that answer.
    """
    return tuple(need for need in procedure.needs if set(alternatives(need)).isdisjoint(working))


def alternatives(need: str) -> tuple[System, ...]:
    """Return the systems of a need such as ``argo or logs``, one of which is enough.

    Raises:
        ValueError: One of them is not a system.
    """
    return tuple(map(System, names(need)))


def names(need: str) -> tuple[str, ...]:
    """Return the names in a need, which might be no systems."""
    return tuple(need.split(" or "))
