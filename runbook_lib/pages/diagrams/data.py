"""Define the data of pictures: boxes in a column and beside it, with a description for screen readers."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).with_name("pictures.toml")
KINDS = frozenset({"state", "question", "end", "trouble", "action"})


@dataclass(frozen=True)
class Box:
    """A box of the column.

    Attributes:
        id: The name within the picture.
        label: The text.
        note: The smaller text below the label.
        kind: One of `KINDS`.
        then: The label of the arrow to the next box.
    """

    id: str
    label: str
    note: str = ""
    kind: str = "state"
    then: str = ""


@dataclass(frozen=True)
class Beside:
    """A box beside the column.

    Attributes:
        at: The adjacent boxes to which it belongs, from top to bottom.
        label: The label of the line to it.
        text: The text.
        kind: One of `KINDS`.
        back: The box to which it leads back; empty for none.
        by: The label of the line back.
    """

    at: tuple[str, ...]
    label: str
    text: str
    kind: str = "state"
    back: str = ""
    by: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        name: The name that pages use.
        title: The title.
        boxes: The column, from top to bottom.
        beside: The boxes beside the column, from top to bottom.
        column: The width of the column, of 360 units.
    """

    name: str
    title: str
    boxes: tuple[Box, ...]
    beside: tuple[Beside, ...] = ()
    column: int = 196

    def __post_init__(self) -> None:
        """Raise if the picture cannot be drawn.

        Raises:
            ValueError: An unknown kind or box, boxes that are not adjacent, or a box with two boxes beside it.
        """
        order = [box.id for box in self.boxes]
        kinds = [*(box.kind for box in self.boxes), *(box_beside.kind for box_beside in self.beside)]
        wrong = [kind for kind in kinds if kind not in KINDS]
        wrong += [
            name
            for box_beside in self.beside
            for name in (*box_beside.at, *filter(None, [box_beside.back]))
            if name not in order
        ]
        if wrong:
            raise ValueError(f"picture {self.name}: there is no {', '.join(wrong)}")
        taken = [name for box_beside in self.beside for name in box_beside.at]
        if taken != [name for name in order if name in taken] or len(set(order)) != len(order):
            raise ValueError(f"picture {self.name}: the boxes beside the column are not in its order")

    @property
    def description(self) -> str:
        """The description of the picture, from the same data."""
        parts = []
        for number, box in enumerate(self.boxes):
            parts.append(box.label + (f" ({box.note})" if box.note else ""))
            parts += [
                f"{box_beside.label}: {box_beside.text}"
                + (f"; {box_beside.by}: back to {box_beside.back}" if box_beside.back else "")
                for box_beside in self.beside
                if box.id == box_beside.at[-1]
            ]
            if number < len(self.boxes) - 1:
                parts.append(f"{box.then or 'then'}: next")
        return ". ".join(parts) + "."


@functools.cache
def pictures() -> Mapping[str, Picture]:
    """Return name → picture, from the package's data.

    Raises:
        ValueError: The data describes a picture that cannot be drawn.
    """
    return {name: picture(name, table) for name, table in tomllib.loads(DATA.read_text(encoding="utf-8")).items()}


def picture(name: str, table: Mapping[str, Any]) -> Picture:
    """Return the picture of a TOML table.

    Raises:
        ValueError: The table describes a picture that cannot be drawn.
    """
    return Picture(
        name=name,
        title=table["title"],
        boxes=tuple(Box(**box_beside) for box_beside in table["boxes"]),
        column=table.get("column", Picture.column),
        beside=tuple(
            Beside(**(box_beside | {"at": tuple(box_beside["at"])})) for box_beside in table.get("beside", ())
        ),
    )
