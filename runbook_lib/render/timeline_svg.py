"""Draw what happened as one timeline: inline SVG, a lane a source, time runs downwards; a pure function.

It is 360 units wide, so that it reads on a phone. Distances are not to scale: each event has a line of its own. Colours
are those of what it stands in (``currentColor``, the page's variables), and a failure is told by form and words too.
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

MOST = 60
"""The latest events that are drawn; that others were left out is said."""
_SIZE, _LINE, _LETTER = 12, 15, 0.63  # a letter's height, a line's, and a letter's width in its heights
_GUTTER, _TRACK, _BAR = 62, 9, 5
_MOST_LINES, _MOST_TRACKS = 4, 2
_STYLE = (
    "color-scheme:light dark;color:var(--md-default-fg-color,CanvasText);background:var(--rb-surface,Canvas);"
    "font-family:system-ui,sans-serif"
)


@dataclass(frozen=True)
class _PlacedEvent:
    """An event with the place of its line: its upper edge, where its bar ends, its track within the picture."""

    event: Event
    y: float
    end: float
    track: int
    words: tuple[str, ...]


def timeline_svg(inspection: Inspection) -> str:
    """Return the timeline of an inspection as an ``svg`` element on one line; empty when there are no events."""
    events = inspection.timeline[-MOST:]
    if not events:
        return ""
    now = datetime.fromisoformat(inspection.taken) if inspection.taken else max(e.until or e.moment for e in events)
    names = tuple(dict.fromkeys(event.source for event in events))
    left_out = len(inspection.timeline) - len(events)
    top = _LINE * (len(names) + (1 if left_out else 0)) + 10
    lines, height = _lines(events, top, len(names) * _MOST_TRACKS)
    placed = _placed(events, lines, names, now, height)
    parts = [*_lanes(names, height), *_dates(events, lines)]
    if left_out:
        parts.append(_text(0, top - 12, f"{left_out} earlier events are left out", quiet=True))
    parts += [part for one in placed for part in _drawn(one, _x(len(names) * _MOST_TRACKS))]
    words = "; ".join(_in_words(event) for event in events)
    key = hashlib.sha256("".join([words, *parts]).encode()).hexdigest()[:10]
    title = f"Timeline of {len(events)} events, {_date(events[0].moment)} to {_date(now)}, UTC"
    return svg.element(
        "svg",
        svg.described(title, words, title_id=f"t{key}", words_id=f"d{key}") + "".join(parts),
        class_="rb-timeline",
        xmlns=svg.NAMESPACE,
        viewBox=f"0 0 {WIDTH} {height:g}",
        role="img",
        aria_labelledby=f"t{key} d{key}",
        style=_STYLE,
    )


def _lines(events: Sequence[Event], top: float, tracks: int) -> tuple[list[tuple[float, tuple[str, ...]]], float]:
    """Return for each event the upper edge of its line and its words; and the height of all."""
    letters = svg.letters(WIDTH - _x(tracks), size=_SIZE, letter=_LETTER)
    y, made, day = top, [], None
    for event in events:
        if (date := event.moment.astimezone(UTC).date()) != day:
            day, y = date, y + _LINE + 2
        ended = f", until {_until(event)}" if event.until else ", until now" if event.lasts else ""
        told = f"{'trouble: ' if event.trouble else ''}{event.source}: {event.text}{ended}"
        words = svg.wrapped(visible(told), letters)
        if len(words) > _MOST_LINES:
            words = [
                *words[: _MOST_LINES - 1],
                words[_MOST_LINES - 1][: letters - 1] + "…",
            ]
        made.append((y, tuple(words)))
        y += _LINE * len(words) + 7
    return made, y + _LINE


def _placed(
    events: Sequence[Event],
    lines: Sequence[tuple[float, tuple[str, ...]]],
    names: Sequence[str],
    now: datetime,
    height: float,
) -> list[_PlacedEvent]:
    """Return the events with their places; those of a source that overlap stand in two tracks."""
    known = [(event.moment, y) for event, (y, _) in zip(events, lines, strict=True)]
    known.append((max(now, known[-1][0]), height - _LINE))
    free: dict[int, float] = {}
    made = []
    for event, (y, words) in zip(events, lines, strict=True):
        until = event.until or (now if event.lasts else None)
        end = max(y + _LINE, _y(until, known)) if until and until > event.moment else y + _LINE
        first = names.index(event.source) * _MOST_TRACKS
        track = next((one for one in (first, first + 1) if free.get(one, 0) <= y + 1), first + 1)
        free[track] = max(end, free.get(track, 0))
        made.append(_PlacedEvent(event, y, end, track, words))
    return made


def _y(moment: datetime, known: Sequence[tuple[datetime, float]]) -> float:
    """Return where a moment stands, between the events before and after it."""
    before = max((pair for pair in known if pair[0] <= moment), default=known[0], key=lambda pair: pair)
    after = next((pair for pair in known if pair[0] > moment), before)
    if before[0] == moment:  # where the first event of that moment begins
        return next(y for at, y in known if at == moment)
    share = (moment - before[0]) / (after[0] - before[0]) if after[0] > before[0] else 0.0
    return before[1] + _LINE + share * max(0.0, after[1] - before[1] - _LINE)


def _lanes(names: Sequence[str], height: float) -> Iterator[str]:
    """Yield the lanes' lines with their names above, one step lower each."""
    for number, name in enumerate(names):
        x, y = _x(number * _MOST_TRACKS) + _TRACK / 2, _LINE * (number + 1)
        line: dict[str, svg.Attribute] = {"fill": "none", "stroke": "currentColor", "stroke_opacity": 0.3}
        yield svg.element("path", class_="rb-grid", d=f"M{x:g} {y}V{height:g}", **line)
        yield _text(x + 4, y, visible(name), quiet=True)


def _dates(events: Sequence[Event], lines: Sequence[tuple[float, tuple[str, ...]]]) -> Iterator[str]:
    """Yield each day above its first event, and the time of each event beside it."""
    day, time = "", ""
    for event, (y, _) in zip(events, lines, strict=True):
        shown, at = f"{event.moment.astimezone(UTC):%Y-%m-%d}", f"{event.moment.astimezone(UTC):%H:%M:%S}"
        if shown != day:
            yield _text(0, y - 4, f"{shown} UTC", quiet=True)
        if (shown, at) != (day, time):
            yield _text(0, y + _SIZE, at)
        day, time = shown, at


def _drawn(one: _PlacedEvent, words_x: float) -> Iterator[str]:
    x, middle = _x(one.track), one.y + _LINE / 2
    kind = "rb-trouble" if one.event.trouble else "rb-span"
    line = {"stroke": "currentColor", "fill": "currentColor"}
    if one.event.until or one.event.lasts:
        place = {"x": x - _BAR / 2, "y": one.y + 1, "width": _BAR, "height": one.end - one.y - 2, "rx": 3}
        wide = 2.5 if one.event.trouble else 1
        yield svg.element("rect", class_=kind, **place, **line, fill_opacity=0.2, stroke_width=wide)
    if one.event.trouble:
        around = f"M{x:g} {middle - 5:g}L{x + 5:g} {middle:g}L{x:g} {middle + 5:g}L{x - 5:g} {middle:g}Z"
        yield svg.element("path", class_="rb-trouble", d=around, **line, stroke_width=1.5)
    elif not (one.event.until or one.event.lasts):
        yield svg.element("circle", class_="rb-dot", cx=x, cy=middle, r=3.5, fill="currentColor")
    for number, words in enumerate(one.words):
        yield _text(words_x, one.y + _SIZE + number * _LINE, words, bold=one.event.trouble and not number)


def _text(x: float, y: float, words: str, *, quiet: bool = False, bold: bool = False) -> str:
    kind, opacity = ("rb-quiet", 0.8) if quiet else (None, None)
    style: dict[str, svg.Attribute] = {"font_size": _SIZE, "fill": "currentColor", "font_weight": 600 if bold else None}
    return svg.text(words, class_=kind, fill_opacity=opacity, x=x, y=y, **style)


def _x(track: int) -> float:
    """Return the middle of a track; of one after the last, where the words begin."""
    return _GUTTER + _TRACK * track + _TRACK / 2


def _in_words(event: Event) -> str:
    ended = f" until {_until(event)}" if event.until else " until now" if event.lasts else ""
    return visible(f"{_date(event.moment)}{ended} {'trouble: ' if event.trouble else ''}{event.source}: {event.text}")


def _until(event: Event) -> str:
    """Return when it ended, with the day if that is another."""
    end, begin = (event.until or event.moment).astimezone(UTC), event.moment.astimezone(UTC)
    return f"{end:%H:%M:%S}" if end.date() == begin.date() else f"{end:%Y-%m-%d %H:%M:%S}"


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
