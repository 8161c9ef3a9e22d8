"""What `runbook show` says of a procedure."""

from __future__ import annotations

from runbook_lib import procedures, render


def test_a_procedure_is_shown_with_its_systems_parameters_and_command() -> None:
    """Each parameter with its kind, its default, where to find it and an example."""
    text = render.procedure_text(procedures.find("grant_staff"))

    assert text.startswith("grant_staff: Give a user staff access")
    assert "\nNeeds atmosphere" in text
    assert "  username  (text, required)\n" in text
    assert '  site  (both or atmosphere or troposphere, default "both")\n' in text
    assert "      Where to find it: " in text
    assert "      Example: joetest\n" in text
    assert text.endswith("\n\nrunbook plan grant_staff -p username=joetest")


def test_one_that_inspects_is_shown_with_that_command() -> None:
    """It has no plan."""
    assert "\nrunbook inspect list_staff" in render.procedure_text(procedures.find("list_staff"))
