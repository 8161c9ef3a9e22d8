"""The generated parts of committed files are as `make generate` writes them."""

from __future__ import annotations

from authoring import generate, layers


def test_every_generated_part_is_up_to_date() -> None:
    """Nothing differs from what `make generate` would write."""
    outdated = [file.name for file, text in generate.texts().items() if text != file.read_text(encoding="utf-8")]

    assert [] == outdated, "run 'make generate'"


def test_drawing_that_differs_from_table_is_written_anew() -> None:
    """A package that is missing in the drawing comes back, and nothing else changes."""
    text = generate.CONTRIBUTING.read_text(encoding="utf-8")
    assert "  journal  engine\n" in text

    assert text == generate.contributing(text.replace("  journal  engine\n", "\n"))
    assert text == generate.contributing(text)


def test_drawing_names_every_package_once() -> None:
    """Each layer is one line, the highest first; the external systems stand in the place of their folder."""
    table, systems = layers.read(), layers.systems()
    lines = [line.split() for line in layers.drawing(table, systems).splitlines()]

    assert [*reversed(table.layers)] == [layer for layer, *_ in lines]
    assert {*table.order, *systems} - {"systems"} == {name for _, *names in lines for name in names}
    assert "db" in systems
