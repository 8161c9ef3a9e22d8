"""A drawn timeline on a page: shown if it is ours, and in words if it is anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runbook_lib import render
from runbook_lib.model.inspection import Event, Inspection
from runbook_lib.pages import executed, timeline_figure

SVG = render.timeline_svg(
    Inspection(answer="so", events=(Event(datetime(2026, 1, 15, tzinfo=UTC), "nova", "a <b> & c", lasts=True),))
)
MARK = {"runbook": {"picture": "timeline"}}


def output(svg: str | list[str], metadata: dict[str, Any] | None = None) -> executed.CellOutput:
    """Return how a page reads an output with this picture."""
    data = {"image/svg+xml": svg, "text/plain": "in words"}
    raw = {"output_type": "display_data", "data": data, "metadata": MARK if metadata is None else metadata}
    cell = {"cell_type": "code", "source": "x", "execution_count": 1, "metadata": {}, "outputs": [raw]}
    ((shown,),) = (cell_data.outputs for cell_data in executed.read({"cells": [cell]}))
    return shown


def test_our_own_picture_is_shown() -> None:
    """As it was drawn; a saved notebook may keep it as a list of lines."""
    assert executed.CellOutput("svg", SVG) == output(SVG)
    assert executed.CellOutput("svg", SVG) == output([SVG])
    assert f'<figure class="rb-picture">{SVG}</figure>' == timeline_figure.figure(SVG)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</svg>", "<script>alert(1)</script></svg>"),
        ("</svg>", "<image href='http://example.org/x.png'/></svg>"),
        ("</svg>", "<foreignObject></foreignObject></svg>"),
        ("</svg>", "</svg><script>alert(1)</script>"),
        (" role=", " onload='alert(1)' role="),
        (" role=", " style='background:url(http://example.org)' data-x='' role="),
        ("color-scheme:light dark", "background:url(x)"),
        ("<title", "<style>text{fill:red}</style><title"),
        ('<svg class="rb-timeline" ', '<svg class="other" '),
        ("</svg>", "\n</svg>"),
        ("</svg>", "<!-- --></svg>"),
        ("</svg>", ""),
    ],
)
def test_anything_else_is_shown_in_words(old: str, new: str) -> None:
    """Content that could run, load or restyle something, or is not SVG, is rejected even with our mark."""
    assert old in SVG
    assert executed.CellOutput("text", "in words") == output(SVG.replace(old, new, 1))


@pytest.mark.parametrize("metadata", [{}, {"runbook": {}}, {"runbook": {"picture": "other"}}, {"runbook": "timeline"}])
def test_without_our_mark_it_is_shown_in_words(metadata: dict[str, Any]) -> None:
    """The mark stands in the output's metadata."""
    assert executed.CellOutput("text", "in words") == output(SVG, metadata)
