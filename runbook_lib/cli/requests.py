"""What the commands are asked to do, as plain checked values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from runbook_lib import params, procedures
from runbook_lib.errors import ParamError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runbook_lib.model.procedure import Procedure


@dataclass(frozen=True)
class PlanRequest:
    """Plan or inspect a procedure.

    Attributes:
        procedure: The procedure.
        values: Its typed parameters.
    """

    procedure: Procedure
    values: Mapping[str, Any]

    @classmethod
    def from_words(cls, name: str, words: Sequence[str]) -> Self:
        """Return the request of a procedure's name and its ``name=value`` words.

        Raises:
            ParamError: There is no such procedure, or its parameters are wrong.
        """
        if "=" in name:  # not repeated: it may hold a secret
            raise ParamError(
                problems=["a parameter stands where the procedure's name belongs"],
                next_step=f"give the procedure first; '{commands.LIST}' shows them all",
            )
        procedure = procedures.find(name)
        return cls(procedure, params.from_text(procedure.fields, pairs(words), procedure=name))


@dataclass(frozen=True)
class Approval:
    """The operator's consent to a change.

    Attributes:
        reason: Why; kept in the journal.
        given: Whether it was given with ``--yes``, so that nobody is asked.
    """

    reason: str
    given: bool


@dataclass(frozen=True)
class ApplyRequest:
    """Plan a procedure and apply the plan.

    Attributes:
        planning: What to plan.
        approval: The operator's consent.
    """

    planning: PlanRequest
    approval: Approval


@dataclass(frozen=True)
class ApplySavedRequest:
    """Apply exactly a saved plan.

    Attributes:
        plan_id: The plan.
        approval: The operator's consent.
    """

    plan_id: str
    approval: Approval


@dataclass(frozen=True)
class UndoRequest:
    """Undo a run.

    Attributes:
        run_id: The run.
        approval: The operator's consent.
    """

    run_id: str
    approval: Approval


@dataclass(frozen=True)
class HistoryRequest:
    """Show, check or settle the journal.

    Attributes:
        touched: ``TABLE:PK`` of a row or image; empty for all runs.
        check: Check that no record was changed or removed, instead of showing runs.
        settle: Resolve interrupted runs, instead of showing runs.
    """

    touched: str
    check: bool
    settle: bool


@dataclass(frozen=True)
class NotebooksRequest:
    """Check notebooks.

    Attributes:
        procedures: Their procedures; none for all.
        executed: The folder for the executed notebooks and their stamps.
        server: URL of a PostgreSQL server to run them on too; empty for SQLite alone.
    """

    procedures: tuple[str, ...]
    executed: Path
    server: str


@dataclass(frozen=True)
class PagesRequest:
    """Write the generated pages.

    Attributes:
        executed: The folder with the executed notebooks.
        docs: The folder of the pages' sources.
        nav: The file for the navigation.
    """

    executed: Path
    docs: Path
    nav: Path


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` words as a dictionary.

    Raises:
        ParamError: A word has no ``=``, or a name is given twice. The word is not repeated: it may hold a secret.
    """
    pairs: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in pairs:
            problem = "a parameter is not of the form name=value" if not equals else f"{name} is given twice"
            raise ParamError(problems=[problem], next_step="write each parameter once, as name=value")
        pairs[name] = value
    return pairs
