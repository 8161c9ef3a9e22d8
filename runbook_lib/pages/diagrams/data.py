"""The pictures' data: boxes in a column and boxes beside it, and the same in words for who can't see them."""

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
    """One box of the column.

    Attributes:
        id: Its name within the picture.
        label: Its words.
        note: What is written below them, smaller.
        kind: One of `KINDS`.
        then: The word on the arrow to the next box.
    """

    id: str
    label: str
    note: str = ""
    kind: str = "state"
    then: str = ""


@dataclass(frozen=True)
class Beside:
    """One box beside the column.

    Attributes:
        at: The boxes that it belongs to, from top to bottom, neighbors.
        label: The word on the way to it.
        text: Its words.
        kind: One of `KINDS`.
        back: The box that it leads back to; empty for none.
        by: The word on the line back.
    """

    at: tuple[str, ...]
    label: str
    text: str
    kind: str = "state"
    back: str = ""
    by: str = ""


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        name: What a page calls it by.
        title: Its title.
        boxes: The column, from top to bottom.
        beside: What is beside it, from top to bottom.
        column: The width of the column, of 360 units.
    """

    name: str
    title: str
    boxes: tuple[Box, ...]
    beside: tuple[Beside, ...] = ()
    column: int = 196

    def __post_init__(self) -> None:
        """Refuse what can't be drawn.

        Raises:
            ValueError: A kind or a box that does not exist, boxes that are no neighbors, or a box with two beside it.
        """
        order = [box.id for box in self.boxes]
        kinds = [*(box.kind for box in self.boxes), *(one.kind for one in self.beside)]
        wrong = [kind for kind in kinds if kind not in KINDS]
        wrong += [name for one in self.beside for name in (*one.at, *filter(None, [one.back])) if name not in order]
        if wrong:
            raise ValueError(f"picture {self.name}: there is no {', '.join(wrong)}")
        taken = [name for one in self.beside for name in one.at]
        if taken != [name for name in order if name in taken] or len(set(order)) != len(order):
            raise ValueError(f"picture {self.name}: the boxes beside the column are not in its order")

    @property
    def words(self) -> str:
        """The picture in words, made from the same data."""
        parts = []
        for number, box in enumerate(self.boxes):
            parts.append(box.label + (f" ({box.note})" if box.note else ""))
            parts += [
                f"{one.label}: {one.text}" + (f"; {one.by}: back to {one.back}" if one.back else "")
                for one in self.beside
                if box.id == one.at[-1]
            ]
            if number < len(self.boxes) - 1:
                parts.append(f"{box.then or 'then'}: next")
        return ". ".join(parts) + "."


@functools.cache
def pictures() -> Mapping[str, Picture]:
    """Return name → picture, from the package's data.

    Raises:
        ValueError: The data describes something that can't be drawn.
    """
    return {name: picture(name, table) for name, table in tomllib.loads(DATA.read_text(encoding="utf-8")).items()}


def picture(name: str, table: Mapping[str, Any]) -> Picture:
    """Return one picture of its table of TOML.

    Raises:
        ValueError: It describes something that can't be drawn.
    """
    return Picture(
        name=name,
        title=table["title"],
        boxes=tuple(Box(**one) for one in table["boxes"]),
        column=table.get("column", Picture.column),
        beside=tuple(Beside(**(one | {"at": tuple(one["at"])})) for one in table.get("beside", ())),
    )
