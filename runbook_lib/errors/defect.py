"""Errors that the runbook itself causes, in its code or in a procedure's module."""

from __future__ import annotations

import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from runbook_lib.errors.internal import InvalidPlan, WriteRefused
from runbook_lib.errors.root import RunbookError
from runbook_lib.errors.unchanged import NothingChanged
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE = Path(__file__).resolve().parents[1]


class Defect(RunbookError):
    """A defect of the runbook; each message says whether anything was changed.

    Attributes:
        place: The line of code, ``runbook_lib/FILE.py:LINE``.
        run_id: The run that the defect stopped; empty when no run was started.
    """

    changed = None
    exit_code = 70

    def __init__(self, *, what: str, why: str, place: str, changed: bool | None, run_id: str = "") -> None:
        """Name the defective part, and state whether anything was changed.

        Args:
            what: A sentence such as ``plan() of grant_staff has a defect``.
            why: What went wrong there, without values.
            place: The line of code.
            changed: Whether anything was changed; None when that is unknown.
            run_id: The run that was started; empty for none.
        """
        self.place = place
        super().__init__(what=what, why=f"{why} (at {place}, release {_release()})", next_step="")
        self._command = "the command without its values"
        self.set_effect(changed, run_id)

    @classmethod
    def from_exception(
        cls, error: BaseException, *, what: str, changed: bool | None = False, run_id: str = "", file: str = ""
    ) -> Self:
        """Return the defect that caused an exception. An unforeseen one shows only its class: its text can hold values.

        Args:
            error: The exception.
            what: A sentence that names the defective part.
            changed: Whether anything was changed; None when that is unknown.
            run_id: The run that was started; empty for none.
            file: The file whose line is named if the traceback contains it; otherwise the last line of the package.
        """
        why = error.reportable if isinstance(error, WriteRefused | InvalidPlan) else f"it raised {type(error).__name__}"
        return cls(what=what, why=why, place=place(error, file), changed=changed, run_id=run_id)

    @property
    def impact(self) -> str:
        """Whether anything was changed."""
        return effect_sentence(changed=self.changed, run_id=self.run_id)

    def set_effect(self, changed: bool | None, run_id: str) -> None:  # noqa: FBT001 - True, False and None of the JSON
        """Set whether anything was changed, and by which run, according to the journal."""
        self.changed = changed
        self.run_id = run_id
        self.details = {"run_id": run_id} if run_id else {}
        self._set_next_step()

    def set_reported_command(self, command: str) -> None:
        """Set the command that the operator reports. It must not hold values."""
        self._command = command
        self._set_next_step()

    def _set_next_step(self) -> None:
        first = ""
        if self.changed is None:
            first = f"resolve the interrupted run: {commands.SETTLE}; then "
        elif self.changed:
            first = f"list the changes of run {self.run_id}: {commands.HISTORY}; then "
        report = "report the defect to the maintainers of this runbook"
        self.next_step = f"{first}{report}; send them this message and {self._command}"


def effect_sentence(*, changed: bool | None, run_id: str) -> str:
    """Return whether anything was changed, as a sentence; None is unknown, and an empty run means none."""
    if changed is None:
        effect = f"run {run_id} changed anything" if run_id else "anything was changed"
        return f"It is unknown whether {effect}."
    return f"Something WAS changed, by run {run_id}." if changed else "Nothing was changed."


@dataclass(frozen=True)
class AttributeProblem:
    """One problem in the module of a procedure.

    Attributes:
        procedure: The procedure's name.
        file: The module's file, ``runbook_lib/procedures/NAME.py``.
        attribute: The attribute's name, such as ``MINUTES`` or ``Params.username``.
        problem: What is wrong and what to write instead, as the predicate of a sentence about the attribute.
    """

    procedure: str
    file: str
    attribute: str
    problem: str

    def __str__(self) -> str:
        """Return the line for a screen."""
        return f"{self.file}: {self.attribute} {self.problem}"


class InvalidProcedure(NothingChanged):
    """Nothing was changed: the module of a procedure is invalid.

    Attributes:
        problems: All problems of all invalid modules.
        procedures: The names of these modules.
    """

    exit_code = 70

    def __init__(self, problems: Sequence[AttributeProblem]) -> None:
        """Report all problems at once."""
        self.problems = tuple(problems)
        self.procedures = tuple(dict.fromkeys(problem.procedure for problem in problems))
        super().__init__(
            what=f"invalid procedure: {', '.join(self.procedures)}",
            why="\n".join(map(str, problems)),
            next_step="fix these attributes, or report them to the maintainers; all other procedures work",
        )
        self.details["problems"] = [asdict(problem) for problem in problems]


def place(error: BaseException, file: str = "") -> str:
    """Return the last line of an exception's traceback that is in `file`, or else in this package."""
    frames = [
        (Path(frame.filename), frame.lineno or 0)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file or _PACKAGE in Path(frame.filename).parents
    ]
    preferred = [frame for frame in frames if str(frame[0]) == file] or frames
    return f"{short_path(preferred[-1][0])}:{preferred[-1][1]}" if preferred else "an unknown line"


def short_path(file: Path) -> str:
    """Return a path relative to the package's parent; a path outside the package is returned unchanged."""
    return str(file.relative_to(_PACKAGE.parent)) if _PACKAGE in file.parents else str(file)


def _release() -> str:
    from importlib import metadata  # noqa: PLC0415 - slow to import, and every command imports the errors

    try:
        return metadata.version("runbook-lib")
    except metadata.PackageNotFoundError:
        return "unknown"
