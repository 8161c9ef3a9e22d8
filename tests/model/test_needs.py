"""The systems that a procedure requires, in sentences, and those that are missing."""

from __future__ import annotations

import dataclasses

import pytest

from runbook_lib import procedures
from runbook_lib.model import needs


def test_required_and_optional_systems_are_listed() -> None:
    """One procedure requires several systems, and one requires either of two."""
    several = dataclasses.replace(procedures.find("approve_imaging_request"), optional={"nova": "what it says"})

    expected = "Requires atmosphere, api and broker. Optional: nova (what it says)."
    assert expected == needs.sentences(several)
    either = needs.sentences(procedures.find("list_staff"))
    assert either.startswith("Requires atmosphere or troposphere. Optional: atmosphere (")


@pytest.mark.parametrize(
    ("working", "missing"),
    [
        ((), ("atmosphere", "argo or logs")),
        (("atmosphere",), ("argo or logs",)),
        (("atmosphere", "logs"), ()),
        (("argo", "logs"), ("atmosphere",)),
    ],
)
def test_one_of_several_alternatives_is_enough(working: tuple[str, ...], missing: tuple[str, ...]) -> None:
    """Each need that is not met is returned as it was declared."""
    procedure = dataclasses.replace(procedures.find("list_staff"), needs=("atmosphere", "argo or logs"))

    assert missing == needs.lacks(procedure, working)
