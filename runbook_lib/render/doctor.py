"""The doctor's findings, and what can be run with them, as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import SystemId, needs
from runbook_lib.text.escape import visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook_lib.doctor import Finding
    from runbook_lib.model import System


def findings_text(findings: Sequence[Finding]) -> str:
    """Return the doctor's findings for a terminal: a line each, and what follows from it below, in line."""
    if not findings:
        return ""
    wide = max(len(finding.system) for finding in findings) + 2
    tall = max(len(finding.version) for finding in findings) + 2
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:16}{finding.system:{wide}}{finding.version:{tall}}{finding.what}".rstrip())
        below = {"may": finding.may, "next": finding.next_step}
        lines += [f"{'':16}{'':{wide}}{name}: {text}" for name, text in below.items() if text]
    return visible_lines(lines)


def runnable_text(procedures: Iterable[needs.Needy], states: Mapping[str, str]) -> str:
    """Return which procedures can be run, and which can't and why, for a terminal.

    Args:
        procedures: All of them.
        states: What the doctor found: system, such as ``glance:4``, or setting → state. Of several clouds one that
            is well is enough.
    """
    by_kind: dict[System, set[str]] = {}
    for name, state in states.items():
        if system := SystemId.find(name):
            by_kind.setdefault(system.kind, set()).add(state)
    working = {kind for kind, found in by_kind.items() if "ok" in found}
    can: list[str] = []
    can_not: dict[str, list[str]] = {}
    for procedure in procedures:
        if missing := needs.lacks(procedure, working):
            kinds = [kind for need in missing for kind in needs.alternatives(need)]
            why = " and ".join(f"{kind} {_state(by_kind.get(kind), kind)}" for kind in kinds)
            can_not.setdefault(why, []).append(procedure.name)
        else:
            can.append(procedure.name)
    lines = [f"With this you can run: {', '.join(can) or 'nothing'}."]
    lines += [f"Can't run, because {why}: {', '.join(names)}." for why, names in can_not.items()]
    return "\n".join(lines)


def _state(found: set[str] | None, kind: System) -> str:
    states = sorted(found or {"not configured"})
    variable = f" ({kind.variables[0]})" if states == ["not configured"] else ""
    return f"is {' or '.join(states)}{variable}"
