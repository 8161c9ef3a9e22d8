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
    │   ├── CannotUndo       exit 3   this run can't be taken back
    │   └── InvalidProcedure exit 70  the module of a procedure does not declare what it must
    ├── PartlyApplied        exit 5   some changes were made, then one failed
    ├── VerifyFailed         exit 6   everything was applied, reading back differs
    ├── NotVerified          exit 6   everything was applied, reading back was not possible
    ├── OutcomeUnknown       exit 8   whether anything was changed is unknown
    └── Defect               exit 70  a defect of the runbook; the message says whether anything was changed

The first line of each class answers the operator's first question: was anything changed?
Of a `Defect` the instance answers it: `RunbookError.changed` is False, True, or None for "unknown".
Callers pass facts; the class makes the sentences. No secret is ever passed to an error.
What code decides by is a field, such as `NotConnected.kind`; no code reads the sentences.

Exit codes without an error: 0 done (a plan with nothing to do is done too), 130 interrupted with Ctrl-C.
"""

from __future__ import annotations

from runbook_lib.errors.changed import NotVerified, PartlyApplied, VerifyFailed
from runbook_lib.errors.defect import AttributeProblem, Defect, InvalidProcedure, place, short_path
from runbook_lib.errors.internal import CallUnsettled, CommitUnknown, InvalidPlan, WriteRefused
from runbook_lib.errors.root import RunbookError
from runbook_lib.errors.unchanged import (
    CannotUndo,
    NotConnected,
    NothingChanged,
    ParamError,
    Refused,
    SchemaDrift,
    StalePlan,
    TargetNotFound,
    Trouble,
)
from runbook_lib.errors.unknown import OutcomeUnknown

__all__ = (
    "EXIT_OK",
    "AttributeProblem",
    "CallUnsettled",
    "CannotUndo",
    "CommitUnknown",
    "Defect",
    "InvalidPlan",
    "InvalidProcedure",
    "NotConnected",
    "NotVerified",
    "NothingChanged",
    "OutcomeUnknown",
    "ParamError",
    "PartlyApplied",
    "Refused",
    "RunbookError",
    "SchemaDrift",
    "StalePlan",
    "TargetNotFound",
    "Trouble",
    "VerifyFailed",
    "WriteRefused",
    "all_errors",
    "place",
    "short_path",
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
        InvalidProcedure,
        PartlyApplied,
        VerifyFailed,
        NotVerified,
        OutcomeUnknown,
        Defect,
    )
