"""All errors, each with the operator's next step.

::

    RunbookError
    ├── NothingChanged
    │   ├── ParamError       exit 2   a parameter or the command is invalid
    │   ├── NotConnected     exit 7   a system is not reachable
    │   ├── SchemaDrift      exit 3   the database has other tables or columns than this release expects
    │   ├── TargetNotFound   exit 3   an object that the parameters name does not exist
    │   ├── Refused          exit 3   the request is valid but not allowed, or the operator declined it
    │   ├── StalePlan        exit 4   the systems no longer match the plan
    │   ├── CannotUndo       exit 3   this run can't be undone
    │   └── InvalidProcedure exit 70  the module of a procedure is invalid
    ├── PartlyApplied        exit 5   some changes were made, then one failed
    ├── VerifyFailed         exit 6   everything was applied, but the systems differ from the plan
    ├── NotVerified          exit 6   everything was applied, but it could not be verified
    ├── OutcomeUnknown       exit 8   it is unknown whether anything was changed
    └── Defect               exit 70  a defect of the runbook; the message says whether anything was changed

The first line of each class answers the operator's first question: was anything changed? For a `Defect`, the instance
answers it: `RunbookError.changed` is False, True, or None for "unknown".

Callers pass facts, and the class builds the sentences. Never pass a secret to an error. Code decides by fields, such as
`NotConnected.kind`, and never by the sentences.

Exit codes without an error: 0 done (also for a plan with nothing to do), 130 interrupted with Ctrl-C.
"""

from __future__ import annotations

from runbook_lib.errors.changed import NotVerified, PartlyApplied, VerifyFailed
from runbook_lib.errors.defect import AttributeProblem, Defect, InvalidProcedure, effect_sentence, place, short_path
from runbook_lib.errors.internal import CallUnsettled, CommitUnknown, InvalidPlan, ResponseLost, WriteRefused
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
    "ResponseLost",
    "RunbookError",
    "SchemaDrift",
    "StalePlan",
    "TargetNotFound",
    "Trouble",
    "VerifyFailed",
    "WriteRefused",
    "all_errors",
    "effect_sentence",
    "place",
    "short_path",
)

EXIT_OK = 0


def all_errors() -> tuple[type[RunbookError], ...]:
    """Return every concrete error class, in the order of the tree above."""
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
