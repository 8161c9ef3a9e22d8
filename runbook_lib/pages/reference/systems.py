"""Show the systems that each procedure changes, from its executed example, as a drawing and a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.model import System
from runbook_lib.pages import executed
from runbook_lib.pages.markup import block, code, table
from runbook_lib.text import svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runbook_lib.pages.procedure_page import ProcedurePage

COLUMNS = tuple(kind for kind in System if kind.facts.is_changed)
_ROW = re.compile(r"^\| \d+ \| ([a-z_]+)[^|]*\|", re.MULTILINE)
_NAMES, _STEP, _HEAD, _LINE, _SIZE, _LETTER = 172, 23, 164, 20, 11, 6.3


def touched(page: ProcedurePage) -> tuple[System, ...]:
    """Return the systems that the plan of the executed example changes, in the order of `COLUMNS`.

    Raises:
        ValueError: The plan names a system that is not in `COLUMNS`.
    """
    plans = (cell for cell in executed.read(page.notebook) if cell.source.strip().startswith("run.plan("))
    kinds = {match[1] for cell in plans for output in cell.outputs for match in _ROW.finditer(output.text)}
    if unknown := kinds - set(COLUMNS):
        raise ValueError(f"{page.name}: its plan changes {', '.join(sorted(unknown))}, which has no column")
    return tuple(kind for kind in COLUMNS if kind in kinds)


def systems_page(pages: Sequence[ProcedurePage]) -> str:
    """Return ``reference/systems.md``.

    Raises:
        ValueError: A plan names a system that is not in `COLUMNS`.
    """
    touching = [(page, touched(page)) for page in sorted(pages, key=lambda page: page.name)]
    changing = {page.name: systems for page, systems in touching if systems}
    rows = [
        (f"[{page.title}](../runbooks/{page.file_name})<br>{code(page.name)}", _names(systems))
        for page, systems in touching
    ]
    return (
        "---\ndescription: The databases and other systems that each procedure changes.\n"
        "search:\n  boost: 0.4\n---\n\n"
        "# Systems\n\nThis page shows the systems in each plan of an example in practice mode. A procedure can "
        "*read* more systems than it changes, and change fewer with other parameters. One that the picture lacks "
        "changes nothing.\n\n"
        + (f"{_svg(changing)}\n\n" if changing else "")
        + block("div.rb-stack", table(("Procedure", "Changes"), rows))
        + "\nAtmosphere itself makes a change through its API, with its own rows, its emails and its requests to "
        "the cloud. [The databases](../concepts/databases.md) lists the effects that a write to a table lacks.\n"
    )


def _names(systems: Sequence[System]) -> str:
    return ", ".join(system.facts.title for system in systems) or "nothing"


def _svg(touching: Mapping[str, Sequence[System]]) -> str:
    """Draw one row per procedure and one column per system, with a dot for each change."""
    width, height = _NAMES + _STEP * len(COLUMNS) + 4, _HEAD + _LINE * len(touching) + 2
    description = ". ".join(f"{name}: {_names(systems)}" for name, systems in touching.items())
    title = "The systems that each procedure changes"
    return svg.figure(
        "systems", _parts(touching, height), size=(width, height), title=title, description=f"{description}."
    )


def _parts(touching: Mapping[str, Sequence[System]], height: int) -> Iterator[str]:
    for number, kind in enumerate(COLUMNS):
        x = _NAMES + _STEP * number + _STEP // 2
        yield svg.element("path", class_="rb-grid", d=f"M{x} {_HEAD - 6}V{height}")
        turned = f"translate({x + 4} {_HEAD - 10}) rotate(-90)"
        yield svg.element("text", kind.facts.title, transform=turned, font_size=_SIZE)
    for number, (name, systems) in enumerate(touching.items()):
        y = _HEAD + _LINE * number + _LINE // 2
        line = f"M{int(len(name) * _LETTER) + 6} {y}H{_NAMES + _STEP * len(COLUMNS)}"
        yield svg.element("path", class_="rb-grid", d=line)
        yield svg.text(name, x=0, y=y + 4, font_size=_SIZE)
        for column, kind in enumerate(COLUMNS):
            if kind in systems:
                yield svg.element("circle", class_="rb-dot", cx=_NAMES + _STEP * column + _STEP // 2, cy=y, r=6)
