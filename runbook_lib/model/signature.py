"""The arguments of a module's ``plan()`` or ``inspect()``: the world, the parameters, both, or neither."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model.protocols import Systems

NAMES = ("world", "params")  # in this order; each can be left out
_Result = TypeVar("_Result")


def is_valid(function: Any) -> bool:
    """Return whether a value is a function that takes only `NAMES`, in their order."""
    taken = parameters(function)
    return taken is not None and taken == tuple(name for name in NAMES if name in taken)


def parameters(function: Any) -> tuple[str, ...] | None:
    """Return the names of a function's parameters; None for anything except a function with plain parameters."""
    if not callable(function):
        return None
    try:
        taken = inspect.signature(function).parameters
    except ValueError:  # a builtin without a signature
        return None
    plain = all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in taken.values())
    return tuple(taken) if plain else None


def with_both(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Return a function of world and parameters that calls a valid function with the arguments that it takes."""
    taken = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(world: Systems, params: Any) -> _Result:
        given = {"world": world, "params": params}
        return function(*(given[name] for name in taken))

    return call
