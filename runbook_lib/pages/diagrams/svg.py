"""Draw a picture as inline SVG, 360 units wide to be readable on a phone, in the colors of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.text import svg as draw
from runbook_lib.text.svg import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runbook_lib.pages.diagrams.data import Beside, Box, Picture

_AWAY, _LANE = 26, 348  # from the column to the boxes beside it, with space for a line back
_TEXT, _SMALL = 14, 12  # the height of letters
_LINE = {_TEXT: 18, _SMALL: 15}
_LETTER = 0.56  # the width of a letter relative to its height, with a margin for all fonts
_PAD, _GAP = 9, 30


@dataclass(frozen=True)
class _Line:
    """One line of text in a box: its height, whether it is quiet, and its text."""

    size: int
    quiet: bool
    text: str


@dataclass(frozen=True)
class _PlacedBox:
    """A box with its position."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    lines: tuple[_Line, ...]

    @property
    def middle(self) -> int:
        """Half of the height."""
        return self.y + self.height // 2

    @property
    def bottom(self) -> int:
        """The position of the lower edge."""
        return self.y + self.height


def svg(picture: Picture) -> str:
    """Return the picture as an SVG element, with its title and its description for screen readers."""
    column, sides = _place(picture)
    height = max(box.bottom for box in (*column.values(), *sides)) + 2
    parts = [*_arrows_down(picture, column), *_arrows_beside(picture, column, sides)]
    parts += [part for box in (*column.values(), *sides) for part in _box(box)]
    return draw.figure(picture.name, parts, size=(WIDTH, height), title=picture.title, description=picture.description)


def _place(picture: Picture) -> tuple[Mapping[str, _PlacedBox], Sequence[_PlacedBox]]:
    """Return the column's boxes by id, and the boxes beside it, each as high as its boxes in the column if possible."""
    edge = picture.column + _AWAY
    widths = {box_beside: (_LANE - 12 if box_beside.back else WIDTH - 1) - edge for box_beside in picture.beside}
    texts = {box_beside: _beside_lines(box_beside, width) for box_beside, width in widths.items()}
    column: dict[str, _PlacedBox] = {}
    y = 2
    for box in picture.boxes:
        lines = _box_lines(box, picture.column)
        need = [_height(texts[box_beside]) for box_beside in picture.beside if box_beside.at == (box.id,)]
        column[box.id] = _PlacedBox(1, y, picture.column, max([_height(lines), *need]), box.kind, lines)
        y = column[box.id].bottom + _GAP
    sides = []
    for box_beside in picture.beside:
        first, last = column[box_beside.at[0]], column[box_beside.at[-1]]
        sides.append(
            _PlacedBox(edge, first.y, widths[box_beside], last.bottom - first.y, box_beside.kind, texts[box_beside])
        )
    return column, sides


def _box_lines(box: Box, width: int) -> tuple[_Line, ...]:
    return (*_wrapped(box.label, _TEXT, width), *_wrapped(box.note, _SMALL, width, quiet=True))


def _beside_lines(box_beside: Beside, width: int) -> tuple[_Line, ...]:
    return (*_wrapped(box_beside.label, _SMALL, width, quiet=True), *_wrapped(box_beside.text, _SMALL, width))


def _wrapped(text: str, size: int, width: int, *, quiet: bool = False) -> tuple[_Line, ...]:
    letters = draw.letters(width - 2 * _PAD, size=size, letter=_LETTER)
    return tuple(_Line(size, quiet, line) for line in draw.wrap(text, letters))


def _height(lines: Sequence[_Line]) -> int:
    return sum(_LINE[line.size] for line in lines) + 2 * _PAD


def _box(box: _PlacedBox) -> Iterator[str]:
    round_by = 16 if box.kind == "question" else 5
    size = {"width": box.width, "height": box.height}
    yield draw.element("rect", class_=f"rb-{box.kind}", x=box.x, y=box.y, **size, rx=round_by)
    y = box.middle - sum(_LINE[line.size] for line in box.lines) // 2
    for line in box.lines:
        y += _LINE[line.size]
        kind = "rb-quiet" if line.quiet else None
        baseline = y - _LINE[line.size] // 4
        yield draw.text(line.text, class_=kind, x=box.x + _PAD, y=baseline, font_size=line.size)


def _arrows_down(picture: Picture, column: Mapping[str, _PlacedBox]) -> Iterator[str]:
    for upper, lower in zip(picture.boxes, picture.boxes[1:], strict=False):
        top, end = column[upper.id].bottom, column[lower.id].y
        yield _arrow(f"M24 {top}V{end}", f"M20 {end - 6}L24 {end}L28 {end - 6}")
        if upper.then:
            yield _word(upper.then, 34, end - _GAP // 2 + 4)


def _arrows_beside(picture: Picture, column: Mapping[str, _PlacedBox], sides: Sequence[_PlacedBox]) -> Iterator[str]:
    for box_beside, side in zip(picture.beside, sides, strict=True):
        for name in box_beside.at:
            y = column[name].middle
            yield _arrow(
                f"M{picture.column + 1} {y}H{side.x}", f"M{side.x - 6} {y - 4}L{side.x} {y}L{side.x - 6} {y + 4}"
            )
        if box_beside.back:
            yield from _line_back(
                box_beside, column[box_beside.back], side, beside=[place for place in sides if place is not side]
            )


def _line_back(
    box_beside: Beside, target: _PlacedBox, side: _PlacedBox, *, beside: Sequence[_PlacedBox]
) -> Iterator[str]:
    """Draw the line from a box beside the column back to an earlier one, below that one's own box beside it."""
    blocked = [place.bottom for place in beside if place.y <= target.middle <= place.bottom]
    y = max([target.middle, *(bottom + _GAP // 2 for bottom in blocked)])
    right = target.x + target.width
    end = f"H{right - 13}V{target.bottom}" if blocked else f"H{right}"
    x, top = (right - 13, target.bottom) if blocked else (right, y)
    head = f"M{x - 4} {top + 6}L{x} {top}L{x + 4} {top + 6}" if blocked else f"M{x + 6} {y - 4}L{x} {y}L{x + 6} {y + 4}"
    yield _arrow(f"M{side.x + side.width} {side.middle}H{_LANE}V{y}{end}", head)
    yield _word(box_beside.by, side.x, y - 4)


def _arrow(line: str, head: str) -> str:
    return draw.element("path", class_="rb-arrow", d=line + head)


def _word(text: str, x: int, y: int) -> str:
    return draw.text(text, class_="rb-quiet", x=x, y=y, font_size=_SMALL)
