"""The functions that a notebook's cells call: plan, apply, verify and undo, each once, in that order."""

from __future__ import annotations

import atexit
import contextlib
import functools
import types
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from runbook_lib import connect, engine, params, procedures, render
from runbook_lib.config import settings
from runbook_lib.engine.readback import is_applied
from runbook_lib.errors import (
    Defect,
    NotVerified,
    OutcomeUnknown,
    PartlyApplied,
    RunbookError,
    VerifyFailed,
    effect_sentence,
)
from runbook_lib.journal import BegunRuns, Journal
from runbook_lib.journal.saved_plans import SavedPlans
from runbook_lib.model import show
from runbook_lib.notebook import controls
from runbook_lib.text import commands
from runbook_lib.text import escape as markdown
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.model.plan import Outcome, Plan
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.notebook.controls import Controls
    from runbook_lib.world.world import World

_SETUP_NAMES = {"run", "open_run"}  # the names that the setup cell defines


@dataclass(frozen=True)
class Shown:
    """An output: Markdown in a notebook, plain text elsewhere.

    Attributes:
        markdown: The text for a notebook and the site.
        mark: Facts for the output's metadata, such as the run's ID, so that programs can find them.
        svg: A picture that replaces the Markdown; the Markdown is its text alternative.
    """

    markdown: str
    mark: Mapping[str, str] = field(default_factory=dict)
    svg: str = ""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        if self.svg:
            return {"image/svg+xml": self.svg, "text/plain": self.markdown}, {"runbook": dict(self.mark)}
        return {"text/markdown": self.markdown, "text/plain": self.markdown}, {"runbook": dict(self.mark)}


def open_run(procedure: str, cell_names: Mapping[str, Any]) -> NotebookSession:
    """Check the notebook's parameters and open the systems; the one call of every notebook's setup cell.

    Args:
        procedure: The procedure's name.
        cell_names: The notebook's ``globals()``. Every name that was set before this call is a parameter.

    Raises:
        ParamError: A name is unknown, a type is wrong, or a value is missing. Nothing was read.
        InvalidProcedure: The procedure's module is invalid.
        Defect: An unforeseen exception.
    """
    _show_errors_as_messages()
    with _defects(BegunRuns(), f"open_run() of {procedure}"):
        declared = procedures.find(procedure)
        given = _parameters(cell_names)
        config = settings.load()
        stood_in = controls.stand_in(declared, given) if config.is_practice else {}
        values, wanted = controls.check(declared, given | stood_in)
        operator = connect.operator()
        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        world = stack.enter_context(connect.open_world(config, operator=operator, procedure=procedure))
        world.progress = lambda line: print(world.vault.redact(line), flush=True)  # noqa: T201 - visible while a cell runs
        session = NotebookSession(
            declared,
            values,
            wanted,
            world=world,
            journal=connect.open_journal(config),
            operator=operator,
            policy=connect.policy(config, procedures=procedures.names()),
            saved_plans=SavedPlans(config.home),
        )
        display(Shown(_opening(session, stood_in)))
        return session


@contextlib.contextmanager
def _defects(begun: BegunRuns, call: str) -> Iterator[None]:
    """Turn an unforeseen exception into a `Defect`, so that the cell shows the next step instead of a traceback.

    Args:
        begun: The runs that this notebook started.
        call: The call in the cell, for the message.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, RunbookError) and not isinstance(error, Defect):
            raise
        defect = begun.defect(error, what=f"{call} failed because of a defect")
        defect.set_reported_command("the name of the notebook")
        if defect.run_id:  # the archived notebook must name the run
            display(Shown(f"**{defect.impact}**", {"run_id": defect.run_id}))
        if defect is error:
            raise
        raise defect from error


def _cell(method: Callable[[NotebookSession], Shown]) -> Callable[[NotebookSession], Shown]:
    """Return a method that a cell calls, with its defects reported."""

    @functools.wraps(method)
    def call(session: NotebookSession) -> Shown:
        with _defects(session.begun, f"run.{method.__name__}() of {session.procedure.name}"):
            return method(session)

    return call


@dataclass
class NotebookSession:
    """One run of one notebook."""

    procedure: Procedure
    values: Mapping[str, Any]
    controls: Controls
    world: World = field(kw_only=True)
    journal: Journal = field(kw_only=True)
    operator: str = field(kw_only=True)
    policy: engine.Policy = field(kw_only=True)
    saved_plans: SavedPlans = field(kw_only=True)
    begun: BegunRuns = field(default_factory=BegunRuns, kw_only=True)
    _plan: Plan | None = None
    _outcome: Outcome | None = None

    @_cell
    def inspect(self) -> Shown:
        """Show the inspection. Change nothing."""
        inspection = engine.inspect(self.procedure, self.world, self.values)
        if not inspection.events:
            return self._shown(render.inspection_markdown(inspection))
        redact = self.world.vault.redact
        inspection = replace(
            inspection, events=tuple(replace(event, text=redact(event.text)) for event in inspection.events)
        )
        above, below = render.markdown_around_timeline(inspection)
        display(self._shown(above))
        picture = Shown(render.timeline_text(inspection), {"picture": "timeline"}, render.timeline_svg(inspection))
        if not below:
            return picture
        display(picture)
        return self._shown(below)

    @_cell
    def plan(self) -> Shown:
        """Show every row and call that would change. Change nothing."""
        self._plan = engine.make_plan(self.procedure, self.world, self.values)
        return self._shown(render.plan_markdown(self._plan))

    @_cell
    def apply(self) -> Shown:
        """Make the changes that `plan` showed, if the parameter ``apply`` is True."""
        if not self.controls.apply:
            return self._shown(
                "**Not applied:** `apply` is False, so nothing was changed. To make these changes, run the notebook "
                "again with `-p apply True` and `-r reason '…'`."
            )
        if self._outcome is not None:
            return self._shown(f"**Already applied** by run `{self._outcome.run_id}`. Nothing else was changed.")
        if self._plan is None:
            self.plan()
        self._outcome = self._applied(self._plan)
        return self._shown(render.outcome_markdown(self._outcome), run_id=self._outcome.run_id)

    @_cell
    def verify(self) -> Shown:
        """Read every change back on new connections, and show whether it is in effect. Change nothing."""
        if self._outcome is None:
            return self._unfinished_run() or self._shown("**Nothing to verify:** nothing was applied.")
        if not self._outcome.receipt:
            return self._shown("**Nothing to verify:** there was nothing to do.")
        for database in {change.database for change in self._outcome.receipt if hasattr(change, "database")}:
            self.world.rows(database).reconnect()
        receipt = self._outcome.receipt
        missing = [f"- {markdown.code(change.describe())}" for change in receipt if not is_applied(self.world, change)]
        total = count(len(receipt), "change")
        if not missing:
            return self._shown(f"**Verified:** {total} in effect.")
        return self._shown("\n".join([f"**NOT in effect**, {len(missing)} of {total}:", "", *missing]))

    @_cell
    def undo(self) -> Shown:
        """Show the command that undoes the run; undo it if the parameter ``undo`` is True."""
        if self._outcome is None or not self._outcome.receipt:
            return self._unfinished_run() or self._shown("**Nothing to undo:** nothing was changed.")
        if not self.controls.undo and not any(change.reversible for change in self._outcome.receipt):
            return self._shown("**Irreversible:** the plan lists the changes. The runbook refuses to undo this run.")
        if not self.controls.undo:
            return self._shown(f"Nothing was undone. To undo: `{commands.undo(self._outcome.run_id)}`")
        plan = engine.plan_undo(self.world, self.journal, self._outcome.run_id, find=procedures.find)
        outcome = self._applied(plan)
        return self._shown(
            f"{render.plan_markdown(plan)}\n\n**Run `{self._outcome.run_id}` undone and verified** "
            f"by run `{outcome.run_id}`."
        )

    def _applied(self, plan: Plan | None) -> Outcome:
        if plan is None:
            raise RuntimeError("there is no plan")
        reason, operator = self.controls.reason, self.operator
        if self.policy.needs_approval(plan):
            self.saved_plans.save(plan)  # the refusal asks a colleague to approve exactly this plan
        try:
            return engine.apply(
                self.world,
                plan,
                journal=self.journal,
                reason=reason,
                operator=operator,
                find=procedures.find,
                policy=self.policy,
            )
        except (PartlyApplied, VerifyFailed, NotVerified, OutcomeUnknown) as error:  # the notebook must name the run
            display(self._shown(f"**{error.impact}** Run `{error.run_id}`.", run_id=error.run_id))
            raise

    def _unfinished_run(self) -> Shown | None:
        """Return the effect of a run of this notebook that ended with an error; None if it changed nothing."""
        changed, run_id = self.begun.effect()
        if changed is False or self._outcome is not None:
            return None
        next_step = f"To undo: `{commands.undo(run_id)}`" if changed else f"To resolve it: `{commands.SETTLE}`"
        return self._shown(f"**{effect_sentence(changed=changed, run_id=run_id)}** {next_step}")

    def _shown(self, markdown: str, **mark: str) -> Shown:
        return Shown(self.world.vault.redact(markdown), mark)


def _parameters(cell_names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that a notebook set before its setup cell, without IPython's own names and modules."""
    shell = get_ipython()
    hidden = set(shell.user_ns_hidden) if shell else set()
    return {
        name: value
        for name, value in cell_names.items()
        if not (
            name.startswith("_") or name in hidden | _SETUP_NAMES | {"In", "Out"} or isinstance(value, types.ModuleType)
        )
    }


def _opening(session: NotebookSession, stood_in: Mapping[str, Any]) -> str:
    """Return the first output: the systems and the parameter values."""
    lines = [f"**{render.target_sentence(session.world.targets())}**"]
    if stood_in:
        examples = ", ".join(f"`{name} = {value!r}`" for name, value in stood_in.items())
        lines.append(f"Not set, so practice mode uses the documented example: {examples}.")
    rows = [
        f"| `{field.name}` | {markdown.code(show(params.as_json(value)))} |"
        for field, value in zip(session.procedure.fields, session.values.values(), strict=True)
    ]
    return "\n\n".join([*lines, "\n".join(["| parameter | value of this run |", "|---|---|", *rows])])


def _show_errors_as_messages() -> None:
    """Make IPython show the runbook's errors as messages, without a traceback."""
    shell = get_ipython()
    if shell is None:
        return

    def show_message(shell: Any, kind: type[BaseException], error: BaseException, _trace: Any, **_: Any) -> list[str]:
        lines = [
            f"{kind.__name__}: {line}" if not number else line for number, line in enumerate(str(error).split("\n"))
        ]
        shell._showtraceback(kind, error, lines)  # noqa: SLF001 - IPython calls it for its own lines too
        return lines

    shell.set_custom_exc((RunbookError,), show_message)
