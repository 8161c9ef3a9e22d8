"""The page about the sample data."""

from __future__ import annotations

from runbook_lib import procedures
from runbook_lib.fixture import inventory
from runbook_lib.fixture.inventory import Item, Section
from runbook_lib.pages.reference.fixture import fixture_page, uses

USER, PROVIDER = Item("joetest", "", "here", "the *ordinary* one"), Item("5", "TACC", "active", "a cloud")


def test_page_lists_every_object_with_examples_that_use_it() -> None:
    """Key, name, state, purpose, and each procedure; no emphasis comes from a value."""
    sections = (Section("Users", ("username",), (USER,)), Section("Providers", ("provider_id",), (PROVIDER,)))
    text = fixture_page(sections, [procedures.find("grant_staff"), procedures.find("publicize_image")])

    assert "## Users\n" in text
    assert "| `joetest` | here " in text
    assert r"the \*ordinary\* one" in text
    assert "| `5`<br>`TACC` | active " in text
    assert 1 == text.count("| `grant_staff` |")
    assert "publicize_image" not in text


def test_example_with_several_values_uses_each() -> None:
    """A parameter that takes several numbers names several objects; another parameter's value does not count."""
    section = Section("Providers", ("provider_id", "provider_ids"), (PROVIDER,))

    assert uses(section, PROVIDER, procedures.find("sync_replica_images"))
    assert not uses(section, Item("16501", "", "x", "y"), procedures.find("approve_imaging_request"))


def test_long_key_is_cut_on_page() -> None:
    """A name of 256 characters does not widen the table."""
    text = fixture_page(inventory.sections(), procedures.every())

    assert "n" * 40 not in text
    assert "…` |" in text
