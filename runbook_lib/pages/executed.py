"""Read the cells of an executed notebook as plain values, and refuse to publish an unfinished notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused
from runbook_lib.pages import timeline_figure
from runbook_lib.pages.markup import plain
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class CellOutput:
    """An output of a cell.

    Attributes:
        kind: ``markdown``, ``text``, ``svg`` (our timeline), ``warning`` (standard error) or ``error`` (an exception).
        text: The content, terminal colors removed.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
        kind: ``markdown``, ``code`` or ``raw``.
        source: The text.
        tags: The tags.
        outputs: The outputs in order; consecutive prints are one output.
        state: ``done``, ``never run``, or papermill's state (``pending``, ``failed``, ``running``).
    """

    kind: str
    source: str
    tags: frozenset[str]
    outputs: tuple[CellOutput, ...] = ()
    state: str = "done"


def read(notebook: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return the cells of a notebook (nbformat 4, as JSON); code cells without code are left out."""
    cells = tuple(_cell(item) for item in notebook["cells"])
    return tuple(cell for cell in cells if cell.source.strip())


def refuse_unfinished(name: str, notebook: Mapping[str, Any]) -> None:
    """Raise if a notebook failed, was interrupted, was not run, or warned.

    Papermill marks a cell that timed out as ``completed``, but the cell has a traceback.

    Raises:
        Refused: The error lists every reason.
    """
    reasons = []
    if notebook.get("metadata", {}).get("papermill", {}).get("exception"):
        reasons.append("papermill recorded an exception")
    for number, cell in enumerate(read(notebook), start=1):
        subject = f"cell {number} ({cell.source.strip().splitlines()[0][:60]})"
        if cell.kind == "code" and cell.state != "done":
            reasons.append(f"{subject} is {cell.state}")
        for output in cell.outputs:
            if output.kind == "error":
                reasons.append(f"{subject} failed: {output.text.splitlines()[0]}")
            elif output.kind == "warning":
                reasons.append(f"{subject} wrote to standard error: {output.text.splitlines()[0]}")
    if reasons:
        raise Refused(
            what=f"the notebook of {name} cannot become a page",
            why="; ".join(reasons),
            next_step=f"run '{commands.check_notebooks(name)}', fix its problems, then generate the pages again",
        )


def _cell(item: Mapping[str, Any]) -> Cell:
    metadata = item.get("metadata", {})
    kind = str(item["cell_type"])
    state = "done"
    if kind == "code":
        state = "done" if item.get("execution_count") is not None else "never run"
        recorded = metadata.get("papermill", {}).get("status", "completed")
        state = state if recorded == "completed" else str(recorded)
    return Cell(
        kind=kind,
        source=_text(item["source"]),
        tags=frozenset(metadata.get("tags", ())),
        outputs=tuple(_outputs(item)),
        state=state,
    )


def _outputs(item: Mapping[str, Any]) -> Iterator[CellOutput]:
    printed = ""
    for raw in item.get("outputs", ()):
        if raw["output_type"] == "stream" and raw["name"] == "stdout":
            printed += _text(raw["text"])
            continue
        if plain(printed):
            yield CellOutput("text", plain(printed))
        printed = ""
        output = _output(raw)
        if output.text:
            yield output
    if plain(printed):
        yield CellOutput("text", plain(printed))


def _output(raw: Mapping[str, Any]) -> CellOutput:
    if raw["output_type"] == "stream":
        return CellOutput("warning", plain(_text(raw["text"])))
    if raw["output_type"] == "error":
        return CellOutput("error", plain(f"{raw['ename']}: {raw['evalue']}"))
    data = raw["data"]
    if picture := timeline_figure.timeline(raw):
        return CellOutput("svg", picture)
    if "text/markdown" in data:
        return CellOutput("markdown", plain(_text(data["text/markdown"])))
    return CellOutput("text", plain(_text(data.get("text/plain", ""))))


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
