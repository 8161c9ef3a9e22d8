"""The requests to the commands, as checked values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from runbook_lib import params, procedures
from runbook_lib.errors import ParamError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.journal import Position
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
    def from_arguments(cls, name: str, arguments: Sequence[str]) -> Self:
        """Return the request for a procedure's name and its ``name=value`` arguments.

        Raises:
            ParamError: The procedure does not exist, or its parameters are invalid.
        """
        if "=" in name:  # not repeated: it can hold a secret
            raise ParamError(
                problems=["a parameter precedes the procedure's name"],
                next_step=f"put the procedure's name first; '{commands.LIST}' lists all procedures",
            )
        procedure = procedures.find(name)
        return cls(procedure, params.from_text(procedure.fields, parse_pairs(arguments), procedure=name))


@dataclass(frozen=True)
class Consent:
    """The operator's consent to a change.

    Attributes:
        reason: Why; recorded in the journal.
        is_given: Whether ``--yes`` was given, so that the command asks for no confirmation.
    """

    reason: str
    is_given: bool


@dataclass(frozen=True)
class ApplyRequest:
    """Plan a procedure and apply the plan.

    Attributes:
        planning: The procedure and its parameters.
        consent: The operator's consent.
    """

    planning: PlanRequest
    consent: Consent


@dataclass(frozen=True)
class ApplySavedRequest:
    """Apply exactly a saved plan.

    Attributes:
        plan_id: The plan.
        consent: The operator's consent.
    """

    plan_id: str
    consent: Consent


@dataclass(frozen=True)
class UndoRequest:
    """Undo a run.

    Attributes:
        run_id: The run; ``last`` for the operator's last one.
        consent: The operator's consent.
    """

    run_id: str
    consent: Consent


@dataclass(frozen=True)
class HistoryRequest:
    """Show the runs, check the journal, or resolve interrupted runs.

    Attributes:
        run_id: The run to show; ``last`` for the operator's last one, empty for all.
        object_name: ``TABLE:PK`` of a row, or the ID of an image, to show only its runs; empty for all runs.
        check: Check that no record was changed or removed, instead of showing runs.
        settle: Resolve interrupted runs, instead of showing runs.
        finding: What the operator found about the last step of the run: ``done`` or ``not-done``; empty for nothing.
        reason: What the operator checked; only with `finding`.
        head: A journal head that an earlier outcome printed, to compare the journal with; only with `check`.
    """

    run_id: str
    object_name: str
    check: bool
    settle: bool
    finding: Literal["done", "not-done", ""] = ""
    reason: str = ""
    head: Position | None = None

    def __post_init__(self) -> None:
        """Require everything that a finding or a head needs.

        Raises:
            ParamError: Something is missing, or a reason has no finding.
        """
        if self.head and not self.check:
            raise ParamError(problems=["--head is only for --check"], next_step=f"{commands.CHECK_JOURNAL} --head …")
        if self.finding and not (self.run_id and self.settle and self.reason):
            problem = "--found needs RUN_ID, --settle and --reason"
        elif self.reason and not self.finding:
            problem = "--reason is only for --found"
        else:
            return
        raise ParamError(problems=[problem], next_step=commands.record_finding(self.run_id or "RUN_ID", "done"))


@dataclass(frozen=True)
class NotebooksRequest:
    """Check notebooks.

    Attributes:
        procedures: The notebooks' procedures; empty for all.
        executed: The folder for the executed notebooks and their stamps.
        server: The URL of a PostgreSQL server to run them on too; empty for SQLite only.
    """

    procedures: tuple[str, ...]
    executed: Path
    server: str


@dataclass(frozen=True)
class RolesRequest:
    """Print the SQL of the roles of one database.

    Attributes:
        database: ``atmosphere`` or ``troposphere``.
        procedures: The procedures that get a role.
    """

    database: str
    procedures: tuple[str, ...]

    @classmethod
    def from_arguments(cls, database: str, names: Sequence[str]) -> Self:
        """Return the request for these procedures; without names for all.

        Raises:
            ParamError: A procedure does not exist.
        """
        return cls(database, tuple(procedures.find(name).name for name in names) or procedures.names())


@dataclass(frozen=True)
class PagesRequest:
    """Write the generated pages.

    Attributes:
        executed: The folder with the executed notebooks.
        docs: The folder of the pages' Markdown files; with `out`, its folder ``docs``.
        nav: The navigation file to write.
        out: The folder for everything that MkDocs needs; None writes the generated pages alone.
    """

    executed: Path
    docs: Path
    nav: Path
    out: Path | None = None

    @classmethod
    def from_arguments(cls, executed: Path, docs: Path | None, nav: Path | None, out: Path | None) -> Self:
        """Return the request of these options.

        Raises:
            ParamError: `out` is given together with a part of it.
        """
        if out is None:
            return cls(executed, docs or Path("docs"), nav or Path("build/nav.yml"))
        if docs or nav:
            raise ParamError(
                problems=["--out sets the places of --docs and --nav"], next_step=f"{commands.PAGES} --out DIR"
            )
        return cls(executed, out / "docs", out / "build" / "nav.yml", out)


def parse_pairs(arguments: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` arguments as a dictionary.

    Raises:
        ParamError: An argument has no ``=``, or a name is repeated. The argument is not shown: it can hold a secret.
    """
    pairs: dict[str, str] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or name in pairs:
            problem = "a parameter does not have the form name=value" if not equals else f"{name} is given twice"
            raise ParamError(problems=[problem], next_step="write each parameter once, as name=value")
        pairs[name] = value
    return pairs
