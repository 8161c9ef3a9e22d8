"""Draw an inspection's timeline as inline SVG: one lane per source, downward in time.

It is 360 units wide, which fits a phone. Distances are not to scale: each event has its own line. Colors come from the
page (``currentColor``, variables). A failure also differs in form and text.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook_lib.text import svg
from runbook_lib.text.escape import visible
from runbook_lib.text.svg import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model.inspection import Event, Inspection

MAX_EVENTS = 60
"""The number of latest events that are drawn. The others are counted."""
_SIZE, _LINE, _LETTER = 12, 15, 0.63  # height of a letter, height of a line, width of a letter relative to its height
_GUTTER, _TRACK, _BAR = 62, 9, 5
_MAX_LINES, _MAX_TRACKS = 4, 2
_STYLE = (
    "color-scheme:light dark;color:var(--md-default-fg-color,CanvasText);background:var(--rb-surface,Canvas);"
    "font-family:system-ui,sans-serif"
)


@dataclass(frozen=True)
class _PlacedEvent:
    """An event with its position.

    Attributes:
        event: The event.
        y: The upper edge of its first line.
        end: The lower edge of its bar.
        track: The track of its mark, counted over all lanes.
        lines: The lines of its text.
    """

    event: Event
    y: float
    end: float
    track: int
    lines: tuple[str, ...]


def timeline_svg(inspection: Inspection) -> str:
    """Return the timeline of an inspection as an ``svg`` element on one line; empty without events."""
    events = inspection.timeline[-MAX_EVENTS:]
    if not events:
        return ""
    latest = max(event.until or event.time for event in events)
    now = datetime.fromisoformat(inspection.taken) if inspection.taken else latest
    names = tuple(dict.fromkeys(event.source for event in events))
    omitted = len(inspection.timeline) - len(events)
    top = _LINE * (len(names) + (1 if omitted else 0)) + 10
    lines, height = _lines(events, top, len(names) * _MAX_TRACKS)
    placed = _placed(events, lines, names, now, height)
    parts = [*_lanes(names, height), *_dates(events, lines)]
    if omitted:
        parts.append(_text(0, top - 12, f"{omitted} earlier events are left out", quiet=True))
    parts += [part for event in placed for part in _drawn(event, _x(len(names) * _MAX_TRACKS))]
    description = "; ".join(_description(event) for event in events)
    key = hashlib.sha256("".join([description, *parts]).encode()).hexdigest()[:10]
    title = f"Timeline of {len(events)} events, {_date(events[0].time)} to {_date(now)}, UTC"
    return svg.element(
        "svg",
        svg.title_and_description(title, description, title_id=f"t{key}", description_id=f"d{key}") + "".join(parts),
        class_="rb-timeline",
        xmlns=svg.NAMESPACE,
        width=f"{WIDTH}",  # a viewer without our style sheet would stretch it to the page
        viewBox=f"0 0 {WIDTH} {height:g}",
        role="img",
        aria_labelledby=f"t{key} d{key}",
        style=_STYLE,
    )


def _lines(events: Sequence[Event], top: float, tracks: int) -> tuple[list[tuple[float, tuple[str, ...]]], float]:
    """Return the upper edge and text lines of each event, and the total height."""
    max_letters = svg.letters(WIDTH - _x(tracks), size=_SIZE, letter=_LETTER)
    y, lines, day = top, [], None
    for event in events:
        if (date := event.time.astimezone(UTC).date()) != day:
            day, y = date, y + _LINE + 2
        end = f", until {_until(event)}" if event.until else ", until now" if event.lasts else ""
        text = f"{'trouble: ' if event.trouble else ''}{event.source}: {event.text}{end}"
        wrapped = svg.wrap(visible(text), max_letters)
        if len(wrapped) > _MAX_LINES:
            wrapped = [*wrapped[: _MAX_LINES - 1], wrapped[_MAX_LINES - 1][: max_letters - 1] + "…"]
        lines.append((y, tuple(wrapped)))
        y += _LINE * len(wrapped) + 7
    return lines, y + _LINE


def _placed(
    events: Sequence[Event],
    lines: Sequence[tuple[float, tuple[str, ...]]],
    names: Sequence[str],
    now: datetime,
    height: float,
) -> list[_PlacedEvent]:
    """Return the events with their positions. Overlapping events of a source are in two tracks."""
    positions = [(event.time, y) for event, (y, _) in zip(events, lines, strict=True)]
    positions.append((max(now, positions[-1][0]), height - _LINE))
    free: dict[int, float] = {}
    placed = []
    for event, (y, text_lines) in zip(events, lines, strict=True):
        until = event.until or (now if event.lasts else None)
        end = max(y + _LINE, _y(until, positions)) if until and until > event.time else y + _LINE
        first = names.index(event.source) * _MAX_TRACKS
        track = next((track for track in (first, first + 1) if free.get(track, 0) <= y + 1), first + 1)
        free[track] = max(end, free.get(track, 0))
        placed.append(_PlacedEvent(event, y, end, track, text_lines))
    return placed


def _y(time: datetime, positions: Sequence[tuple[datetime, float]]) -> float:
    """Return the position of a time, between the events before and after it."""
    before = max((pair for pair in positions if pair[0] <= time), default=positions[0], key=lambda pair: pair)
    after = next((pair for pair in positions if pair[0] > time), before)
    if before[0] == time:  # the first event at that time
        return next(y for event_time, y in positions if event_time == time)
    share = (time - before[0]) / (after[0] - before[0]) if after[0] > before[0] else 0.0
    return before[1] + _LINE + share * max(0.0, after[1] - before[1] - _LINE)


def _lanes(names: Sequence[str], height: float) -> Iterator[str]:
    """Yield the lanes' lines, with their names above, each one line lower."""
    for number, name in enumerate(names):
        x, y = _x(number * _MAX_TRACKS) + _TRACK / 2, _LINE * (number + 1)
        line: dict[str, svg.Attribute] = {"fill": "none", "stroke": "currentColor", "stroke_opacity": 0.3}
        yield svg.element("path", class_="rb-grid", d=f"M{x:g} {y}V{height:g}", **line)
        yield _text(x + 4, y, visible(name), quiet=True)


def _dates(events: Sequence[Event], lines: Sequence[tuple[float, tuple[str, ...]]]) -> Iterator[str]:
    """Yield each date above its first event, and the time next to each event."""
    last_date, last_time = "", ""
    for event, (y, _) in zip(events, lines, strict=True):
        date, time = f"{event.time.astimezone(UTC):%Y-%m-%d}", f"{event.time.astimezone(UTC):%H:%M:%S}"
        if date != last_date:
            yield _text(0, y - 4, f"{date} UTC", quiet=True)
        if (date, time) != (last_date, last_time):
            yield _text(0, y + _SIZE, time)
        last_date, last_time = date, time


def _drawn(placed: _PlacedEvent, text_x: float) -> Iterator[str]:
    event = placed.event
    x, middle = _x(placed.track), placed.y + _LINE / 2
    kind = "rb-trouble" if event.trouble else "rb-span"
    line = {"stroke": "currentColor", "fill": "currentColor"}
    if event.until or event.lasts:
        box = {"x": x - _BAR / 2, "y": placed.y + 1, "width": _BAR, "height": placed.end - placed.y - 2, "rx": 3}
        width = 2.5 if event.trouble else 1
        yield svg.element("rect", class_=kind, **box, **line, fill_opacity=0.2, stroke_width=width)
    if event.trouble:
        diamond = f"M{x:g} {middle - 5:g}L{x + 5:g} {middle:g}L{x:g} {middle + 5:g}L{x - 5:g} {middle:g}Z"
        yield svg.element("path", class_="rb-trouble", d=diamond, **line, stroke_width=1.5)
    elif not (event.until or event.lasts):
        yield svg.element("circle", class_="rb-dot", cx=x, cy=middle, r=3.5, fill="currentColor")
    for number, text in enumerate(placed.lines):
        yield _text(text_x, placed.y + _SIZE + number * _LINE, text, bold=event.trouble and not number)


def _text(x: float, y: float, text: str, *, quiet: bool = False, bold: bool = False) -> str:
    kind, opacity = ("rb-quiet", 0.8) if quiet else (None, None)
    style: dict[str, svg.Attribute] = {"font_size": _SIZE, "fill": "currentColor", "font_weight": 600 if bold else None}
    return svg.text(text, class_=kind, fill_opacity=opacity, x=x, y=y, **style)


def _x(track: int) -> float:
    """Return the middle of a track. For the track after the last one, it is the left edge of the text."""
    return _GUTTER + _TRACK * track + _TRACK / 2


def _description(event: Event) -> str:
    end = f" until {_until(event)}" if event.until else " until now" if event.lasts else ""
    return visible(f"{_date(event.time)}{end} {'trouble: ' if event.trouble else ''}{event.source}: {event.text}")


def _until(event: Event) -> str:
    """Return the end of an event, with the date if it differs from the start's."""
    end, start = (event.until or event.time).astimezone(UTC), event.time.astimezone(UTC)
    return f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M:%S}"


def _date(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
