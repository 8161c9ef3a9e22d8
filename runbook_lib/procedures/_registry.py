"""Find procedures by walking `procedures/`; a procedure's name is its module's name."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from runbook_lib import params, procedures
from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from runbook_lib.model import RowExpect
    from runbook_lib.model.inspection import Look
    from runbook_lib.model.plan import Plan
    from runbook_lib.params import Field


class _PlanFunction(Protocol):
    """The ``plan()`` of a procedure's module."""

    def __call__(self, world: Any, params: Any) -> Plan: ...


class _LookFunction(Protocol):
    """The ``look()`` of a procedure's module."""

    def __call__(self, world: Any, params: Any) -> Look: ...


class _UndoFunction(Protocol):
    """The ``undo_expects()`` of a procedure's module, for rules that an undo could break too."""

    def __call__(self, undo: Plan) -> tuple[RowExpect, ...]: ...


def _nothing(undo: Plan) -> tuple[RowExpect, ...]:  # noqa: ARG001 - the signature of the rule
    return ()


@dataclass(frozen=True)
class Procedure:
    """One procedure, as its module declares it: one that plans changes, or one that only looks.

    Attributes:
        name: The module's name.
        summary: The first line of the module's docstring.
        minutes: How long it takes a person, from reading the page to knowing that it worked.
        declaration: The `Params` class.
        plans: The module's ``plan()``: reads the world and returns the plan; writes nothing. None for one that looks.
        looks: The module's ``look()``: reads the world and returns what it found. None for one that plans.
        needs: The systems without which it does nothing, as the doctor calls them; ``argo or logs``: one is enough.
        tells_more: The systems that it goes on without → what each would add.
        undo_expects: Given the plan of an undo, refuses it or returns the rows it relies on; a module may leave it out.
    """

    name: str
    summary: str
    minutes: int
    declaration: type[Any]
    plans: _PlanFunction | None = None
    looks: _LookFunction | None = None
    undo_expects: _UndoFunction = _nothing
    needs: tuple[str, ...] = ()
    tells_more: Mapping[str, str] = field(default_factory=dict)

    def plan(self, world: Any, params: Any) -> Plan:
        """Return what it would change.

        Raises:
            ParamError: It only looks.
        """
        if self.plans is None:
            raise ParamError(
                problems=[f"{self.name} only looks, and has nothing to plan or apply"],
                next_step=f"runbook look {self.name}",
            )
        return self.plans(world, params)

    def look(self, world: Any, params: Any) -> Look:
        """Return what it finds.

        Raises:
            ParamError: It changes something.
        """
        if self.looks is None:
            raise ParamError(
                problems=[f"{self.name} makes changes, so there is a plan to read and not only a look"],
                next_step=f"runbook plan {self.name}; it changes nothing either",
            )
        return self.looks(world, params)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The declared parameters."""
        return params.fields(self.declaration)

    @property
    def example(self) -> dict[str, Any]:
        """The values of the example run: they exist in the fixture and give the procedure something to do."""
        return {field.name: field.example for field in self.fields if field.in_example}

    @property
    def page(self) -> str:
        """The page's path on the site."""
        return f"runbooks/{self.name.replace('_', '-')}.html"

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return the `Params` of typed values, as `params.check` returns them."""
        return self.declaration(**values)


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all procedures, sorted, without importing them."""
    modules = pkgutil.iter_modules(procedures.__path__)
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def find(name: str) -> Procedure:
    """Return one procedure.

    Raises:
        ParamError: There is none of that name.
    """
    if name not in names():
        near = difflib.get_close_matches(name.replace("-", "_"), names(), n=1, cutoff=0.5)
        guess = f"did you mean {near[0]}?" if near else f"none of the {len(names())} is called like it"
        shown = name if name.isidentifier() else repr(name)[:60]
        raise ParamError(
            problems=[f"there is no procedure {shown}: {guess}"], next_step="'runbook list' shows them all"
        )
    return _declared(importlib.import_module(f"{procedures.__name__}.{name}"), name)


def every() -> tuple[Procedure, ...]:
    """Return all procedures, sorted by name."""
    return tuple(find(name) for name in names())


def changing() -> tuple[str, ...]:
    """Return the names of the procedures that plan changes."""
    return tuple(procedure.name for procedure in every() if procedure.plans)


def looking() -> tuple[str, ...]:
    """Return the names of the procedures that only look."""
    return tuple(procedure.name for procedure in every() if procedure.looks)


def _declared(module: ModuleType, name: str) -> Procedure:
    return Procedure(
        name=name,
        summary=(module.__doc__ or "").strip().splitlines()[0],
        minutes=module.MINUTES,
        declaration=module.Params,
        plans=getattr(module, "plan", None),
        looks=getattr(module, "look", None),
        undo_expects=getattr(module, "undo_expects", _nothing),
        needs=tuple(getattr(module, "NEEDS", ())),
        tells_more=dict(getattr(module, "TELLS_MORE", {})),
    )
