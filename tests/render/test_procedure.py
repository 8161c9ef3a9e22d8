"""The output of `runbook show`."""

from __future__ import annotations

from runbook_lib import procedures, render


def test_procedure_text_has_systems_parameters_and_command() -> None:
    """Each parameter has its type, its default, its source and an example."""
    text = render.procedure_text(procedures.find("grant_staff"))

    assert text.startswith("grant_staff: Give a user staff access")
    assert "\nRequires atmosphere" in text
    assert "  username  (text, required)\n" in text
    assert '  site  (both or atmosphere or troposphere, default "both")\n' in text
    assert "      Where to find it: " in text
    assert "      Example: joetest\n" in text
    assert text.endswith("\n\nrunbook plan grant_staff -p username=joetest")


def test_inspecting_procedure_has_the_inspect_command() -> None:
    """An inspection has no plan."""
    assert "\nrunbook inspect list_staff" in render.procedure_text(procedures.find("list_staff"))
