"""A procedure as its module declares it: what it plans or inspects, its parameters, the systems it requires."""

from __future__ import annotations

import contextlib
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from runbook_lib import params
from runbook_lib.errors import AttributeProblem, Defect, InvalidProcedure, ParamError, RunbookError, short_path
from runbook_lib.model.groups import OTHER
from runbook_lib.model.inspection import Inspection, page
from runbook_lib.model.module_problems import module_problems
from runbook_lib.model.plan import Plan
from runbook_lib.model.signature import with_both
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from types import ModuleType

    from runbook_lib.model.protocols import Systems
    from runbook_lib.model.row_changes import RowExpect
    from runbook_lib.params import Field


class _PlanFunction(Protocol):
    """The ``plan()`` of a procedure's module."""

    def __call__(self, world: Systems, params: Any) -> Plan: ...


class _InspectFunction(Protocol):
    """The ``inspect()`` of a procedure's module."""

    def __call__(self, world: Systems, params: Any) -> Inspection: ...


class _UndoFunction(Protocol):
    """The ``undo_expects()`` of a procedure's module, for rules that an undo could break too."""

    def __call__(self, undo: Plan, now: datetime) -> tuple[RowExpect, ...]: ...


_Result = TypeVar("_Result", bound=Plan | Inspection)


@dataclass(frozen=True)
class NoParams:
    """The parameters of a procedure whose module declares none."""


def _nothing(undo: Plan, now: datetime) -> tuple[RowExpect, ...]:  # noqa: ARG001 - the signature of the rule
    return ()


@dataclass(frozen=True)
class Procedure:
    """One procedure, as its module declares it: one that plans changes, or one that only inspects.

    Attributes:
        name: The module's name.
        summary: The first line of the module's docstring.
        group: The kind of object that it is about, a heading in lists; "Other procedures" if the module has none.
        minutes: How long it takes a person, from reading the page to knowing that it worked.
        declaration: The `Params` class; `NoParams` if the module has none.
        plans: The module's ``plan()``: reads the world, returns the plan; writes nothing. None for one that inspects.
            In the module it takes the world, the parameters, both, or neither.
        inspects: The module's ``inspect()``: reads and returns an `Inspection`. None for one that plans.
        needs: The required systems, as the doctor names them; of ``argo or logs`` one is enough.
        optional: Optional system → the data that it adds.
        undo_expects: Given the plan of an undo and the time, refuses it or returns the rows that it relies on; optional
            in a module.
        file: The module's file.
    """

    name: str
    summary: str
    minutes: int
    declaration: type[Any]
    plans: _PlanFunction | None = None
    inspects: _InspectFunction | None = None
    undo_expects: _UndoFunction = _nothing
    group: str = OTHER
    needs: tuple[str, ...] = ()
    optional: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    def plan(self, world: Systems, params: Any) -> Plan:
        """Return what it would change.

        Raises:
            ParamError: It only inspects.
            Defect: Its module returned something else.
        """
        if self.plans is None:
            raise ParamError(
                problems=[f"{self.name} only inspects, and has nothing to plan or apply"],
                next_step=commands.inspect(self.name),
            )
        return self._called(self.plans, world, params, kind=Plan)

    def inspect(self, world: Systems, params: Any) -> Inspection:
        """Return what it finds.

        Raises:
            ParamError: It changes something.
            Defect: As `plan` does.
        """
        if self.inspects is None:
            raise ParamError(
                problems=[f"{self.name} makes changes, so there is a plan to read"],
                next_step=f"{commands.plan(self.name)}; it changes nothing either",
            )
        return self._called(self.inspects, world, params, kind=Inspection)

    @contextlib.contextmanager
    def defects_named(self) -> Iterator[None]:
        """Turn what nobody foresaw into a defect of this procedure, after other systems' errors were translated.

        Raises:
            Defect: Its module did what a plan must not do, or something that nobody foresaw; nothing was changed.
        """
        try:
            yield
        except RunbookError:
            raise
        except Exception as error:
            raise Defect.from_exception(error, what=self._failed, file=self.file) from error

    @property
    def _failed(self) -> str:
        return f"{'plan' if self.plans else 'inspect'}() of {self.name} failed because of a defect"

    def _called(self, function: Callable[..., Any], world: Systems, params: Any, *, kind: type[_Result]) -> _Result:
        """Return what a function of the module returns; another kind of value is a defect."""
        result = function(world, params)
        if not isinstance(result, kind):
            line = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_firstlineno", 0)
            why = f"it returned {type(result).__name__} instead of {kind.__name__}"
            raise Defect(what=self._failed, why=why, place=f"{short_path(Path(self.file))}:{line}", changed=False)
        return result

    @property
    def fields(self) -> tuple[Field, ...]:
        """The declared parameters."""
        return params.fields(self.declaration)

    @property
    def example(self) -> dict[str, Any]:
        """The values of every printed command: the required ones, and what the task needs; no override of a refusal."""
        return {field.name: field.example for field in self.fields if field.in_example}

    @property
    def practice_example(self) -> dict[str, Any]:
        """The values of the run on the sample data: the example, and what only the sample data need."""
        return self.example | {field.name: field.practice for field in self.fields if field.practice is not None}

    @property
    def page(self) -> str:
        """The page's path on the site."""
        return page(self.name)

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return the `Params` of typed values, as `params.check` returns them."""
        return self.declaration(**values)

    @classmethod
    def from_module(cls, module: ModuleType, name: str) -> Self:
        """Return the procedure that a module declares.

        Raises:
            InvalidProcedure: The module lacks something that a procedure must declare, or declares it wrongly.
        """
        file = getattr(module, "__file__", None) or f"{name}.py"
        where = short_path(Path(file))
        problems = [AttributeProblem(name, where, *problem) for problem in module_problems(module, name)]
        if problems:
            raise InvalidProcedure(problems)
        return cls(
            name=name,
            summary=(module.__doc__ or "").strip().splitlines()[0],
            minutes=module.MINUTES,
            group=getattr(module, "GROUP", OTHER),
            declaration=getattr(module, "Params", NoParams),
            plans=with_both(module.plan) if hasattr(module, "plan") else None,
            inspects=with_both(module.inspect) if hasattr(module, "inspect") else None,
            undo_expects=getattr(module, "undo_expects", _nothing),
            needs=module.NEEDS,
            optional=dict(getattr(module, "OPTIONAL", {})),
            file=file,
        )
