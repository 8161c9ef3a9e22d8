"""The systems that a procedure requires, and the optional ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runbook_lib.model.system_id import System
from runbook_lib.text.words import listing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SYSTEMS: tuple[System, ...] = tuple(kind for kind in System if kind.variables)
"""The systems that a procedure can name: those with their own settings."""


class Needy(Protocol):
    """The attributes of a procedure that this module reads."""

    @property
    def name(self) -> str:
        """The procedure's name."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The required systems; of ``argo or logs`` one is enough."""

    @property
    def optional(self) -> Mapping[str, str]:
        """Optional system → the data that it adds."""


def sentences(procedure: Needy) -> str:
    """Return the systems of a procedure in one or two sentences, by their names in the settings and the doctor."""
    required = f"Requires {listing(procedure.needs)}."
    if not procedure.optional:
        return required
    return f"{required} Optional: {', '.join(f'{name} ({data})' for name, data in procedure.optional.items())}."


def lacks(procedure: Needy, working: Collection[System]) -> tuple[str, ...]:
    """Return the needs of a procedure that are not met; empty if the procedure can run.

    Args:
        procedure: The procedure.
        working: The systems that respond.
    """
    return tuple(need for need in procedure.needs if set(alternatives(need)).isdisjoint(working))


def alternatives(need: str) -> tuple[System, ...]:
    """Return the systems of a need such as ``argo or logs``, one of which is enough.

    Raises:
        ValueError: One of them is not a system.
    """
    return tuple(map(System, names(need)))


def names(need: str) -> tuple[str, ...]:
    """Return the names in a need; they might not be names of systems."""
    return tuple(need.split(" or "))
