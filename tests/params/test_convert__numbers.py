"""Several numbers in one parameter: every form that is accepted, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from runbook_lib import params
from runbook_lib.errors import ParamError
from runbook_lib.params import param


@dataclass(frozen=True, kw_only=True)
class NumberLists:
    """One required list, and an optional one."""

    provider_ids: tuple[int, ...] = param("Which providers.", example="5,7")
    application_ids: tuple[int, ...] | None = param("Which applications; not given means all.", default=None)


FIELDS = params.fields(NumberLists)


def check_notebook_value(raw: Any) -> Any:
    """Return the value of the parameter after the check of a notebook's value."""
    return params.check(FIELDS, {"provider_ids": raw}, procedure="wanted")["provider_ids"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("5,7", (5, 7)),
        ("5, 7", (5, 7)),
        ("5", (5,)),
        (5, (5,)),  # what papermill makes of -p provider_ids 5
        ([5, 7], (5, 7)),
        (["5", "7"], (5, 7)),
        ("7,5", (7, 5)),
        ("2147483647", (2147483647,)),
    ],
)
def test_every_form_of_a_list_is_accepted(raw: Any, expected: tuple[int, ...]) -> None:
    """Text from the command line and -r, a number or a list from -p, -y and -f; the order is kept."""
    assert expected == check_notebook_value(raw)


def test_command_line_takes_lists_as_text() -> None:
    """An omitted list becomes None."""
    values = params.from_text(FIELDS, {"provider_ids": "5,7"}, procedure="wanted")

    assert {"provider_ids": (5, 7), "application_ids": None} == values


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("5;7", "must be a whole number, not the text '5;7'"),
        ("5,,7", "must be a whole number, not the text ''"),
        ("5,7,", "must be a whole number, not the text ''"),
        ("5,0x7", "must be a whole number, not the text '0x7'"),
        ("5,-7", "must be a whole number"),
        ("5,0", "must be from 1 to 2147483647, not 0"),
        ("5,2147483648", "must be from 1 to 2147483647"),
        ("5,7,5", "names 5 more than once"),
        ([5, 5, 7, 7], "names 5 and 7 more than once"),
        (5.7, "must be whole numbers, separated by commas, not the number 5.7"),
        ([5, 7.0], "must be a whole number, not the number 7.0"),
        ([5, True], "must be a whole number, not the flag True"),
        (True, "must be whole numbers, separated by commas, not the flag True"),
        ([], "must be whole numbers, separated by commas"),
        ({"5": 7}, "must be whole numbers, separated by commas"),
        (None, "must be whole numbers, separated by commas, not nothing (None)"),
    ],
)
def test_other_value_than_distinct_ids_is_refused(raw: Any, message: str) -> None:
    """The message begins with the parameter's name and repeats the received value."""
    with pytest.raises(ParamError) as caught:
        check_notebook_value(raw)

    assert f"wanted: provider_ids {message}" in caught.value.what


def test_missing_list_is_reported() -> None:
    """An empty text is 'not given', as for every text."""
    with pytest.raises(ParamError, match="provider_ids is missing: Which providers"):
        check_notebook_value("")


def test_field_describes_the_list() -> None:
    """Pages and 'runbook show' take their words from the field."""
    expected = ("numbers", "whole numbers, separated by commas", "")
    assert expected == (FIELDS[0].kind, FIELDS[0].type_name, FIELDS[0].empty)


def test_default_other_than_none_is_a_defect() -> None:
    """A cell holds scalars, so a list can't be its default."""

    @dataclass(frozen=True, kw_only=True)
    class ListWithDefault:
        """A list that has a default."""

        provider_ids: tuple[int, ...] = param("Which providers.", default=(5, 7))

    with pytest.raises(TypeError, match=r"provider_ids: .* can't be a parameter"):
        params.fields(ListWithDefault)
