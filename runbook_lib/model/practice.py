"""The mark of practice mode on a plan, a run or an inspection."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PRACTICE_TARGETS: Mapping[str, str] = MappingProxyType({"practice": "sample data"})


def is_practice(targets: Mapping[str, str]) -> bool:
    """Return whether targets are those of practice mode: only the library sets this key, never an operator."""
    return PRACTICE_TARGETS.keys() <= targets.keys()
