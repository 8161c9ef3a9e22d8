"""The finding of one system, and the verdict on all findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import NotConnected, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.errors import InvalidProcedure, RunbookError, Trouble

OK, NOT_CONFIGURED, NOT_REACHABLE, REFUSED, WRONG = "ok", "not configured", "not reachable", "refused", "wrong"
NOT_VALID = "not valid"  # a procedure
_HARMLESS = frozenset({OK, NOT_CONFIGURED, NOT_VALID})
_STATES: Mapping[Trouble, str] = {"unreachable": NOT_REACHABLE, "login": REFUSED, "wrong-answer": WRONG}


@dataclass(frozen=True)
class Finding:
    """One system that was examined.

    Attributes:
        system: Its name: ``atmosphere``, ``glance:4``, ``api``, ….
        state: ``ok``, ``not configured``, ``not reachable``, ``refused`` (for this account), ``wrong`` (an unexpected
            response), or ``not valid`` (a procedure).
        version: The system's version; empty if it reports none.
        may: This account's rights, as text.
        what: The system's address and contents, or the problem.
        next_step: The next step if the state is not ``ok``.
    """

    system: str
    state: str
    version: str = ""
    may: str = ""
    what: str = ""
    next_step: str = ""


def not_configured(system: str, *variables: str) -> Finding:
    """Return the finding for a system that is not configured.

    Args:
        system: Its name.
        variables: The settings that configure it.
    """
    return Finding(
        system, NOT_CONFIGURED, what="no setting names it", next_step=f"set {' and '.join(variables)} to use it"
    )


def from_error(system: str, error: RunbookError) -> Finding:
    """Return the finding for a gateway's error. Its class and kind decide the state, not its text."""
    what = f"{error.what}: {error.why}" if error.why else error.what
    state = REFUSED if isinstance(error, Refused) else WRONG
    if isinstance(error, NotConnected):
        state = _STATES[error.kind]
    return Finding(system, state, what=what, next_step=error.next_step)


def invalid_procedure(error: InvalidProcedure) -> Finding:
    """Return the finding for an invalid procedure module. The other procedures still work."""
    return Finding(
        f"procedure {', '.join(error.procedures)}",
        NOT_VALID,
        what="; ".join(map(str, error.problems)),
        next_step=error.next_step,
    )


def judge(findings: Sequence[Finding]) -> None:
    """Return if no configured system has a problem. Invalid procedures do not count.

    Raises:
        NotConnected: The only problems are unreachable systems.
        Refused: A system rejects this account, or its response is wrong.
    """
    problems = {finding.system: finding.state for finding in findings if finding.state not in _HARMLESS}
    if not problems:
        return
    error: RunbookError
    if set(problems.values()) == {NOT_REACHABLE}:
        error = NotConnected(
            kind="unreachable",
            system=", ".join(problems),
            address="the configured address",
            reason="all other systems are ok",
            next_step="see the findings above",
        )
    else:
        error = Refused(what=f"there are problems with {', '.join(problems)}", next_step="see the findings above")
    error.details["findings"] = [vars(finding) for finding in findings]
    raise error
