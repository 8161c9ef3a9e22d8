"""The groups of procedures: by the kind of object that they are about, for lists and for the navigation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

# The order of the groups in lists. A group of another name, such as a site's own, comes after these.
GROUPS = (
    *("Instances", "Imaging requests", "Images and replicas", "Quotas and allocations"),
    *("Staff and accounts", "Maintenance", "Workers and workflows", "Logs and support"),
)
OTHER = "Other procedures"  # of modules without a group


class _Grouped(Protocol):
    @property
    def group(self) -> str: ...


_T = TypeVar("_T", bound=_Grouped)


def grouped(items: Iterable[_T]) -> dict[str, list[_T]]:
    """Return group → its procedures or pages, in the order of lists; a group without any is absent."""
    by_group: dict[str, list[_T]] = {}
    for item in items:
        by_group.setdefault(item.group, []).append(item)
    names = [*GROUPS, *sorted(by_group.keys() - {*GROUPS, OTHER}), OTHER]
    return {name: by_group[name] for name in names if name in by_group}
