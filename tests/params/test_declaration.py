"""The declaration of a procedure's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the annotations are read at run time
from decimal import Decimal

import pytest

from runbook_lib import params
from runbook_lib.params import param
from tests.params.test_check import FIELDS


def test_declaration_is_read_in_order_with_its_kinds() -> None:
    """Each field is a parameter, and its type gives the kind."""
    kinds = {field.name: (field.kind, field.required, field.type_name) for field in FIELDS}

    expected = {
        "username": ("text", True, "text"),
        "application_id": ("number", False, "whole number"),
        "version_name": ("text", False, "text"),
        "superuser": ("flag", False, "True or False"),
        "site": ("choice", False, "both or atmosphere or troposphere"),
        "password": ("secret", False, "secret reference"),
    }
    assert expected == kinds
    assert list(expected) == list(kinds)


def test_unsupported_type_is_a_defect() -> None:
    """A type that papermill can't pass fails at the declaration."""

    @dataclass(frozen=True)
    class Wrong:
        amount: Decimal = param("An amount.")

    # The annotation is a text here, and its name is only known inside this function.
    Wrong.__annotations__["amount"] = Decimal
    with pytest.raises(TypeError, match="amount"):
        params.fields(Wrong)


@dataclass(frozen=True, kw_only=True)
class OtherKinds:
    """The kinds that the sample lacks."""

    providers: tuple[int, ...] = param("Which providers.", example="5,7")
    since: datetime | None = param("Since when.", default=None, example="2026-01-15T12:00:00+00:00")


def test_lists_and_timestamps_are_kinds() -> None:
    """Optional means that the parameter can be omitted, and nothing else."""
    providers, since = params.fields(OtherKinds)

    assert ("numbers", True, "whole numbers, separated by commas") == (
        providers.kind,
        providers.required,
        providers.type_name,
    )
    assert ("timestamp", False, "date and time with offset") == (since.kind, since.required, since.type_name)


def test_empty_value_and_example_of_each_kind() -> None:
    """An omitted number is 0 in a notebook; a secret has no usable example."""
    by_name = {field.name: field for field in FIELDS}

    assert {"application_id": 0, "username": ""} == {
        name: by_name[name].empty for name in ("application_id", "username")
    }
    assert ["username", "application_id"] == [field.name for field in FIELDS if field.in_example]
