"""Inspections as text for a terminal and as Markdown for a notebook, with the same wording."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Excerpt, Table
from runbook_lib.render.plan import practice_ending, target_sentence
from runbook_lib.text.escape import block, code, plain, visible
from runbook_lib.text.wrap import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model.inspection import Event, Inspection, Part, Step, Value

_NAME_AND_VALUE = 2  # columns
_EMPTY = "none"


def inspection_text(inspection: Inspection, *, width: int | None = None) -> str:
    """Return an inspection for a terminal: targets, answer, parts, timeline, missing sources, next steps.

    Args:
        inspection: The inspection.
        width: The terminal's width; None for a pipe or a file. Nothing is ever shortened: a table that is wider
            becomes one block per row.
    """
    params = " ".join(f"{name}={value}" for name, value in inspection.params.items() if value is not None)
    title = f"{inspection.procedure}  {params}".rstrip()
    lines = [wrapped(target_sentence(inspection.targets), width), title, "", wrapped(inspection.answer, width)]
    for part in inspection.parts:
        lines += ["", f"{part.title}:", *_terminal(part, width)]
    if inspection.events:
        events = [f"  {_when(event)}  {event.text}" for event in inspection.timeline]
        lines += ["", "Timeline (UTC):", *(wrapped(event, width) for event in events)]
    if inspection.gaps:
        gaps = [f"  {gap.source}: {gap.why}. To get it: {gap.how}" for gap in inspection.gaps]
        lines += ["", "Missing:", *(wrapped(gap, width) for gap in gaps)]
    if inspection.steps:
        lines += ["", "Next:"]
    for number, step in enumerate(inspection.steps, start=1):
        lines.append(wrapped(f"  {number}. {step.text}", width))
        lines += [f"     {detail}" for detail in (step.command, step.page) if detail]
    ending = f"Nothing was changed.{practice_ending(inspection.targets)}"
    return visible("\n".join([*lines, "", ending]), lines=True)


def inspection_markdown(inspection: Inspection) -> str:
    """Return an inspection for a notebook, with the timeline as a table."""
    before, after = markdown_around_timeline(inspection)
    if not inspection.events:
        return f"{before}\n\n{after}".rstrip()
    rows = [f"| {_when(event)} | {plain(event.text)} |" for event in inspection.timeline]
    return "\n\n".join([before, "**Timeline**", "\n".join(["| UTC | what |", "|---|---|", *rows]), after]).rstrip()


def timeline_text(inspection: Inspection) -> str:
    """Return the timeline as text, one line per event, for clients that can't show its SVG."""
    return visible(
        "\n".join(["Timeline (UTC):", *(f"{_when(event)}  {event.text}" for event in inspection.timeline)]), lines=True
    )


def markdown_around_timeline(inspection: Inspection) -> tuple[str, str]:
    """Return the Markdown above and below the timeline in a notebook. The second can be empty."""
    pieces = [f"**{plain(inspection.answer)}**"]
    for part in inspection.parts:
        pieces += [f"**{plain(part.title)}**", *_notebook(part)]
    above = "\n\n".join(pieces)
    pieces = []
    if inspection.gaps:
        rows = [f"- **{gap.source}:** {plain(gap.why)}. To get it: {plain(gap.how)}" for gap in inspection.gaps]
        pieces += ["**Missing**", "\n".join(rows)]
    if inspection.steps:
        pieces += ["**Next**", "\n".join(f"1. {_step(step)}" for step in inspection.steps)]
    return above, "\n\n".join(pieces)


def _terminal(part: Part, width: int | None) -> Iterator[str]:
    if isinstance(part, Excerpt):
        yield textwrap.indent(part.text or _EMPTY, "  ")
        return
    yield from _columns(part, width)
    if part.note:
        yield wrapped(f"  ({part.note})", width)


def _columns(table: Table, width: int | None) -> Iterator[str]:
    """Yield a table's lines: aligned columns if they fit; else the last of two columns wraps, or one block per row."""
    if not table.rows:
        yield f"  {_EMPTY}"
        return
    rows = [tuple(visible(_value_text(value)) for value in row) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(table.columns, *rows, strict=True)]
    if width is not None and sum(widths) + 2 * len(widths) > width:
        yield from _blocks(table.columns, rows, width)
        return
    for row in [table.columns, *rows]:
        yield "  " + "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield rows that are wider than the terminal: a line per cell, and a blank line between rows of several cells."""
    is_list = len(columns) == _NAME_AND_VALUE
    labels = [row[0] for row in rows] if is_list else columns
    size = max(map(len, labels)) + 2
    for number, row in enumerate(rows):
        if number and not is_list:
            yield ""
        cells = [(row[0], row[1])] if is_list else zip(columns, row, strict=True)
        for label, cell in cells:
            lines = textwrap.wrap(cell, max(width - size - 2, 1), break_long_words=False, break_on_hyphens=False)
            yield f"  {label:{size}}{(lines or [''])[0]}".rstrip()
            yield from (f"  {'':{size}}{line}" for line in lines[1:])


def _notebook(part: Part) -> Iterator[str]:
    if isinstance(part, Excerpt):
        yield block(part.text or _EMPTY)
        return
    if part.rows:
        head = "| " + " | ".join(part.columns) + " |\n|" + "---|" * len(part.columns)
        rows = ["| " + " | ".join(plain(_value_text(value)) for value in row) + " |" for row in part.rows]
        yield "\n".join([head, *rows])
    else:
        yield _EMPTY
    if part.note:
        yield plain(part.note)


def _step(step: Step) -> str:
    details = [code(step.command)] if step.command else []
    if step.page:
        page = step.page.removesuffix(".html")
        details.append(f"[{page.rsplit('/', 1)[-1]}](../{page}.md)")
    return " ".join([plain(step.text), *details])


def _when(event: Event) -> str:
    start = _value_text(event.time)
    end = f" to {_value_text(event.until)}" if event.until else " until now" if event.lasts else ""
    return f"{start}{end} {event.source}{' (!)' if event.trouble else ''}"


def _value_text(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)
