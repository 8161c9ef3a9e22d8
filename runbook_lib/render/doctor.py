"""The doctor's findings, and the procedures that they allow, as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import SystemId, needs
from runbook_lib.text.escape import visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook_lib.doctor import Finding
    from runbook_lib.model import System


def findings_text(findings: Sequence[Finding]) -> str:
    """Return findings for a terminal: one line each, with rights and next step below."""
    if not findings:
        return ""
    system_width = max(len(finding.system) for finding in findings) + 2
    version_width = max(len(finding.version) for finding in findings) + 2
    lines = []
    for finding in findings:
        columns = f"{finding.state:16}{finding.system:{system_width}}{finding.version:{version_width}}{finding.what}"
        lines.append(columns.rstrip())
        details = {"may": finding.may, "next": finding.next_step}
        lines += [f"{'':{16 + system_width}}{name}: {text}" for name, text in details.items() if text]
    return visible_lines(lines)


def runnable_text(procedures: Iterable[needs.Needy], states: Mapping[str, str]) -> str:
    """Return which procedures can run, and why the others can't, for a terminal.

    Args:
        procedures: All procedures.
        states: System, such as ``glance:4``, or setting → the state of its finding. One cloud that is ok is enough.
    """
    by_kind: dict[System, set[str]] = {}
    for name, state in states.items():
        if system := SystemId.find(name):
            by_kind.setdefault(system.kind, set()).add(state)
    working = {kind for kind, kind_states in by_kind.items() if "ok" in kind_states}
    runnable: list[str] = []
    blocked: dict[str, list[str]] = {}
    for procedure in procedures:
        if missing := needs.lacks(procedure, working):
            kinds = [kind for need in missing for kind in needs.alternatives(need)]
            reason = " and ".join(f"{kind} {_state(by_kind.get(kind), kind)}" for kind in kinds)
            blocked.setdefault(reason, []).append(procedure.name)
        else:
            runnable.append(procedure.name)
    lines = [f"You can run: {', '.join(runnable) or 'nothing'}."]
    lines += [f"You can't run, because {reason}: {', '.join(names)}." for reason, names in blocked.items()]
    return "\n".join(lines)


def _state(states: set[str] | None, kind: System) -> str:
    listed = sorted(states or {"not configured"})
    variable = f" ({kind.variables[0]})" if listed == ["not configured"] else ""
    return f"is {' or '.join(listed)}{variable}"
