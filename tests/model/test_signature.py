"""The parameters that plan() and inspect() of a module may take, and the arguments that they get."""

from __future__ import annotations

import types
from typing import Any

import pytest

from runbook_lib.model import signature
from runbook_lib.model.plan import Plan
from runbook_lib.model.procedure import Procedure


def both(world: Any, params: Any) -> Any:
    """Return what was given."""
    return world, params


def world_alone(world: Any) -> Any:
    """Return what was given."""
    return world


def params_alone(params: Any) -> Any:
    """Return what was given."""
    return params


def neither() -> Any:
    """Return a constant."""
    return "neither"


@pytest.mark.parametrize(
    ("function", "expected"),
    [(both, ("w", "p")), (world_alone, "w"), (params_alone, "p"), (neither, "neither")],
)
def test_function_is_given_what_it_takes(function: Any, expected: Any) -> None:
    """The caller always passes the world and the parameters; the function gets those that it names."""
    assert signature.is_valid(function)
    assert expected == signature.with_both(function)("w", "p")


@pytest.mark.parametrize(
    "function",
    [
        lambda params, world: (params, world),
        lambda world, params, more: (world, params, more),
        lambda asked: asked,
        lambda *world: world,
        "not a function",
    ],
)
def test_other_parameters_are_not_valid(function: Any) -> None:
    """Another order, another name or one more is a defect of the module."""
    assert not signature.is_valid(function)


def test_module_without_parameters_needs_no_declaration() -> None:
    """A procedure that has nothing to choose has no class Params, and its plan() takes no params."""
    module = types.ModuleType("restart_everything", "Restart everything.")
    plan = Plan(because="all is well")
    vars(module).update(MINUTES=1, NEEDS=("atmosphere",), plan=lambda world: {"w": plan}[world])

    procedure = Procedure.from_module(module, "restart_everything")

    assert () == procedure.fields
    assert plan is procedure.plan("w", procedure.bind({}))
