"""Which systems a procedure requires, and which others would add to it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from runbook_lib.text.words import listing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# System, as the doctor calls it → the variable that names it.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "atmosphere": "RUNBOOK_ATMOSPHERE_DB",
        "troposphere": "RUNBOOK_TROPOSPHERE_DB",
        "keystone": "RUNBOOK_CLOUDS",
        "glance": "RUNBOOK_CLOUDS",
        "nova": "RUNBOOK_CLOUDS",
        "api": "RUNBOOK_API_URL",
        "flower": "RUNBOOK_FLOWER_URL",
        "broker": "RUNBOOK_BROKER_URL",
        "argo": "RUNBOOK_ARGO_URL",
        "host": "RUNBOOK_HOST_EXEC",
        "logs": "RUNBOOK_LOG_DIR",
    }
)


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


def lacks(procedure: Needy, working: Collection[str]) -> tuple[str, ...]:
    """Return those of a procedure's needs that are not met; none when it can be run.

    Args:
        procedure: Which.
        working: The systems that answer.
    """
    return tuple(need for need in procedure.needs if set(alternatives(need)).isdisjoint(working))


def alternatives(need: str) -> tuple[str, ...]:
    """Return the systems of a need, one of which is enough."""
    return tuple(need.split(" or "))
