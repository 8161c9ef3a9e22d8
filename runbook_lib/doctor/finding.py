"""What the doctor says of one system, and what all of it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import NotConnected, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.errors import InvalidProcedure, RunbookError, Trouble

OK, NOT_CONFIGURED, NOT_REACHABLE, REFUSED, WRONG = "ok", "not configured", "not reachable", "refused", "wrong"
NOT_VALID = "not valid"  # of a procedure
_UNIMPORTANT = frozenset({OK, NOT_CONFIGURED, NOT_VALID})
_STATES: Mapping[Trouble, str] = {"unreachable": NOT_REACHABLE, "login": REFUSED, "wrong-answer": WRONG}


@dataclass(frozen=True)
class Finding:
    """One system that was examined.

    Attributes:
        system: Which: ``atmosphere``, ``glance:4``, ``api``, ….
        state: ``ok``, ``not configured``, ``not reachable``, ``refused`` (to this account), ``not valid`` (a procedure,
            which is no matter of the systems), or ``wrong``: it answers,
            and not as it should.
        version: Its version, as far as it tells one.
        may: What this account may do there, in words.
        what: Where it is and what is there, or what is wrong.
        next_step: What to do when the state is not ``ok``.
    """

    system: str
    state: str
    version: str = ""
    may: str = ""
    what: str = ""
    next_step: str = ""


def not_configured(system: str, *variables: str) -> Finding:
    """Return the finding for a system that no variable names."""
    return Finding(
        system, NOT_CONFIGURED, what="no setting names it", next_step=f"set {' and '.join(variables)} to use it"
    )


def from_error(system: str, error: RunbookError) -> Finding:
    """Return the finding for an error of a gateway; its class and its kind make the state, never its sentences."""
    what = f"{error.what}: {error.why}" if error.why else error.what
    state = REFUSED if isinstance(error, Refused) else WRONG
    if isinstance(error, NotConnected):
        state = _STATES[error.kind]
    return Finding(system, state, what=what, next_step=error.next_step)


def invalid_procedure(error: InvalidProcedure) -> Finding:
    """Return the finding for a module that is not valid as a procedure; the other procedures can be run."""
    return Finding(
        f"procedure {', '.join(error.procedures)}",
        NOT_VALID,
        what="; ".join(map(str, error.problems)),
        next_step=error.next_step,
    )


def judge(findings: Sequence[Finding]) -> None:
    """Return if nothing is wrong with a system; one that is not configured, and a procedure, don't count.

    Raises:
        NotConnected: All that is wrong is that systems are not reachable.
        Refused: Something refuses this account, or is not as it should be.
    """
    bad = {finding.system: finding.state for finding in findings if finding.state not in _UNIMPORTANT}
    if not bad:
        return
    error: RunbookError
    if set(bad.values()) == {NOT_REACHABLE}:
        error = NotConnected(
            kind="unreachable",
            system=", ".join(bad),
            address="the address that is set",
            reason="everything else is well",
            next_step="see the findings above",
        )
    else:
        error = Refused(what=f"there are problems with {', '.join(bad)}", next_step="see the findings above")
    error.details["findings"] = [vars(finding) for finding in findings]
    raise error
