"""Identifiers: every form of a UUID, a number, an address and a page's address becomes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.text import identifiers

UUID = "118aff3c-434b-5acf-bea2-1b7fc3e2dc24"


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        UUID.upper(),
        UUID.replace("-", ""),
        f"{{{UUID}}}",
        f"urn:uuid:{UUID}",
        f" '{UUID}', ",
        f"https://atmo.example.org/application/projects/7/instances/{UUID}",
    ],
)
def test_uuid_has_one_form(text: str) -> None:
    """It is neither a name nor a number."""
    identifier = identifiers.read(text)

    assert (UUID, None, "", "") == (identifier.uuid, identifier.number, identifier.address, identifier.name)


@pytest.mark.parametrize(
    ("text", "number"),
    [("4", 4), ("#4", 4), ("https://a.example/x/4/", 4), ("0", None), ("9999999999", None), ("٤", None)],
)
def test_number_is_a_possible_key(text: str, number: int | None) -> None:
    """Zero, a larger number than a key, and digits of other scripts are not."""
    assert number == identifiers.read(text).number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("2001:DB8:0::10", "2001:db8::10"),
        ("[2001:db8::10]", "2001:db8::10"),
        ("1.2.3", ""),
    ],
)
def test_address_has_its_usual_form(text: str, address: str) -> None:
    """Brackets are removed."""
    assert address == identifiers.read(text).address


def test_page_without_a_number_is_its_last_part() -> None:
    """Such as a user's page."""
    assert "joetest" == identifiers.read("https://atmo.example.org/application/emulate/joetest").name


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """Nothing raises, and nothing is longer than a column."""
    identifier = identifiers.read(text)

    assert 256 >= len(identifier.text)
    assert identifier.uuid in {"", identifiers.uuid(identifier.uuid)}
