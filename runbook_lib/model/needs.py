"""Which systems a procedure needs, which others would tell it more, and what can be run with those that there are."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
    told = f"Needs {_listed(procedure.needs)}."
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


def runnable_text(procedures: Iterable[Needy], states: Mapping[str, str]) -> str:
    """Return which procedures can be run, and which can't and why, for a terminal.

    Args:
        procedures: All of them.
        states: What the doctor found: system, such as ``glance:4`` → state. Of clouds one that is well is enough.
    """
    by_kind: dict[str, set[str]] = {}
    for system, state in states.items():
        by_kind.setdefault(system.partition(":")[0], set()).add(state)
    working = {kind for kind, found in by_kind.items() if "ok" in found}
    can: list[str] = []
    can_not: dict[str, list[str]] = {}
    for procedure in procedures:
        if missing := lacks(procedure, working):
            names = [name for need in missing for name in alternatives(need)]
            why = " and ".join(f"{name} {_state(by_kind.get(name), name)}" for name in names)
            can_not.setdefault(why, []).append(procedure.name)
        else:
            can.append(procedure.name)
    lines = [f"With this you can run: {', '.join(can) or 'nothing'}."]
    lines += [f"Can't run, because {why}: {', '.join(names)}." for why, names in can_not.items()]
    return "\n".join(lines)


def _state(found: set[str] | None, system: str) -> str:
    states = sorted(found or {"not configured"})
    variable = f" ({SETTINGS[system]})" if states == ["not configured"] else ""
    return f"is {' or '.join(states)}{variable}"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
