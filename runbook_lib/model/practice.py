"""What marks a plan, a run or an inspection as one of practice mode."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PRACTICE_TARGETS: Mapping[str, str] = MappingProxyType({"practice": "sample data"})


def is_practice(targets: Mapping[str, str]) -> bool:
    """Return whether targets are those of practice mode: the key is ours, no value of an operator can imitate it."""
    return PRACTICE_TARGETS.keys() <= targets.keys()
