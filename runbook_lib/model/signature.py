"""What the ``plan()`` or ``inspect()`` of a module takes: the world, its parameters, both, or neither."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("world", "params")  # in this order; each may be left out
_Result = TypeVar("_Result")


def is_valid(function: Any) -> bool:
    """Return whether a value is a function that takes nothing but `NAMES`, in their order."""
    if not callable(function):
        return False
    parameters = inspect.signature(function).parameters
    plain = all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters.values())
    return plain and tuple(parameters) == tuple(name for name in NAMES if name in parameters)


def with_both(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Return a valid function as one that is called with the world and the parameters, and passes on what it takes."""
    taken = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(world: Any, params: Any) -> _Result:
        given = {"world": world, "params": params}
        return function(*(given[name] for name in taken))

    return call
