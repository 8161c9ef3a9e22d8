"""Everything that can go wrong, and what the operator does next.

::

    RunbookError
    ├── NothingChanged
    │   ├── ParamError       exit 2   a parameter or the command itself is wrong
    │   ├── NotConnected     exit 7   a system does not answer
    │   ├── SchemaDrift      exit 3   the database is not the one this release knows
    │   ├── TargetNotFound   exit 3   what the parameters name does not exist
    │   ├── Refused          exit 3   it exists, but must not be done
    │   ├── StalePlan        exit 4   the world moved since the plan was made
    │   └── CannotUndo       exit 3   this run can't be taken back
    ├── PartlyApplied        exit 5   some changes were made, then one failed
    └── VerifyFailed         exit 6   everything was applied, reading back differs

The first line of each class answers the operator's first question: was anything changed?
Callers pass facts; the class makes the sentences. No secret is ever passed to an error.
"""

from __future__ import annotations

from runbook_lib.errors.changed import PartlyApplied, VerifyFailed
from runbook_lib.errors.root import RunbookError
from runbook_lib.errors.signals import CallUnsettled, CommitUnknown
from runbook_lib.errors.unchanged import (
    CannotUndo,
    NotConnected,
    NothingChanged,
    ParamError,
    Refused,
    SchemaDrift,
    StalePlan,
    TargetNotFound,
)

__all__ = (
    "EXIT_OK",
    "CallUnsettled",
    "CannotUndo",
    "CommitUnknown",
    "NotConnected",
    "NothingChanged",
    "ParamError",
    "PartlyApplied",
    "Refused",
    "RunbookError",
    "SchemaDrift",
    "StalePlan",
    "TargetNotFound",
    "VerifyFailed",
    "all_errors",
)

EXIT_OK = 0


def all_errors() -> tuple[type[RunbookError], ...]:
    """Return every class that is raised, in the order of the tree above."""
    return (
        ParamError,
        NotConnected,
        SchemaDrift,
        TargetNotFound,
        Refused,
        StalePlan,
        CannotUndo,
        PartlyApplied,
        VerifyFailed,
    )
