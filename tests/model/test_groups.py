"""The groups of procedures in lists."""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib import procedures
from runbook_lib.model.groups import GROUPS, OTHER, grouped

LONGEST = 12  # of a list that a person reads at a glance


@dataclass(frozen=True)
class Item:
    """Something with a group."""

    name: str
    group: str


def test_known_groups_come_first_and_ungrouped_items_last() -> None:
    """A group of a site's own is between them; within a group, the order stays."""
    items = [
        Item("a", OTHER),
        Item("b", "Zebras"),
        Item("c", "Maintenance"),
        Item("d", "Instances"),
        Item("e", "Instances"),
    ]

    assert {"Instances": ["d", "e"], "Maintenance": ["c"], "Zebras": ["b"], OTHER: ["a"]} == {
        group: [item.name for item in members] for group, members in grouped(items).items()
    }
    assert ["Instances", "Maintenance", "Zebras", OTHER] == list(grouped(items))


def test_each_procedure_has_a_group_that_is_short() -> None:
    """Every group of the runbook is used, and none is a long list."""
    groups = grouped(procedures.every())

    assert list(GROUPS) == list(groups)
    assert LONGEST >= max(map(len, groups.values()))
