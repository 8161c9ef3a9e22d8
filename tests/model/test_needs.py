"""Which systems a procedure requires, in sentences, and which are missing."""

from __future__ import annotations

import dataclasses

import pytest

from runbook_lib import procedures
from runbook_lib.model import needs


def test_the_systems_that_are_needed_and_those_that_add_to_it_are_said() -> None:
    """One that needs several, and one to which each of two is enough."""
    several = dataclasses.replace(procedures.find("approve_imaging_request"), tells_more={"nova": "what it says"})

    said = "Needs atmosphere, api and broker. Where configured, more: nova: what it says."
    assert said == needs.sentences(several)
    either = needs.sentences(procedures.find("list_staff"))
    assert either.startswith("Needs atmosphere or troposphere. Where configured, more: atmosphere: ")


@pytest.mark.parametrize(
    ("working", "missing"),
    [
        ((), ("atmosphere", "argo or logs")),
        (("atmosphere",), ("argo or logs",)),
        (("atmosphere", "logs"), ()),
        (("argo", "logs"), ("atmosphere",)),
    ],
)
def test_of_alternatives_one_is_enough(working: tuple[str, ...], missing: tuple[str, ...]) -> None:
    """Each need that is not met is returned as it was declared."""
    procedure = dataclasses.replace(procedures.find("list_staff"), needs=("atmosphere", "argo or logs"))

    assert missing == needs.lacks(procedure, working)
