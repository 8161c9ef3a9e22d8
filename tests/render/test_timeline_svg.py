"""The timeline's picture: its contents, its escaping, and its fit with any page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from runbook_lib import render
from runbook_lib.model.inspection import Event, Inspection

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOSTILE = "</text></svg><script>alert(1)</script> & \"quotes\" 'too' \x1b[31m ]]> <!-- \u202e"
SPACE = "{http://www.w3.org/2000/svg}"


def inspection(*events: Event) -> Inspection:
    """Return an inspection with these events, taken at noon."""
    return Inspection(answer="so", events=events, taken=NOON.isoformat())


def drawn(*events: Event) -> ET.Element:
    """Return the picture of these events, parsed."""
    return ET.fromstring(render.timeline_svg(inspection(*events)))


def at(minutes: float, source: str = "nova", text: str = "built", **fields: object) -> Event:
    """Return an event some minutes before noon."""
    return replace(Event(NOON - timedelta(minutes=minutes), source, text), **fields)  # type: ignore[arg-type]


def texts(root: ET.Element) -> list[str]:
    """Return the drawn texts, in order."""
    return [element.text or "" for element in root.iter(f"{SPACE}text")]


def test_no_events_draw_no_picture() -> None:
    """An empty frame has no use."""
    assert "" == render.timeline_svg(inspection())


def test_each_source_has_its_lane_and_each_event_its_line() -> None:
    """The picture has names, the date once, times in UTC, and texts."""
    root = drawn(at(10), at(5, "argo", "deploys", lasts=True))

    assert {"nova", "argo", "2026-01-15 UTC", "11:50:00", "11:55:00"} <= set(texts(root))
    assert "nova: built" in texts(root)
    assert 2 == sum(element.get("class") == "rb-grid" for element in root.iter(f"{SPACE}path"))


def test_lasting_event_is_a_bar_and_other_event_is_a_dot() -> None:
    """A bar ends at its event's end, between the other events."""
    root = drawn(at(30, until=NOON - timedelta(minutes=10)), at(20, "argo"), at(5, "argo"))

    (bar,) = root.iter(f"{SPACE}rect")
    lower = float(bar.get("y", "")) + float(bar.get("height", ""))
    dots = [float(dot.get("cy", "")) for dot in root.iter(f"{SPACE}circle")]
    assert dots[0] < lower < dots[1]


def test_overlapping_events_of_one_lane_are_side_by_side() -> None:
    """An example is a step within its workflow."""
    root = drawn(at(30, "argo", "flow", lasts=True), at(20, "argo", "step", until=NOON - timedelta(minutes=10)))

    assert 2 == len({bar.get("x") for bar in root.iter(f"{SPACE}rect")})


def test_failure_differs_in_form_and_text() -> None:
    """A failure has a diamond, a thick outline and a word, not only a color."""
    root = drawn(at(10, trouble=True, lasts=True), at(5, "argo"))

    (diamond,) = (path for path in root.iter(f"{SPACE}path") if path.get("class") == "rb-trouble")
    (bar,) = root.iter(f"{SPACE}rect")
    assert diamond.get("d", "").endswith("Z")
    assert "2.5" == bar.get("stroke-width")
    assert any(text.startswith("trouble: nova") for text in texts(root))


def test_picture_has_a_title_and_a_description() -> None:
    """Both label the picture for screen readers."""
    root = drawn(at(10, trouble=True, until=NOON), at(5, "argo"))
    title, desc = root.find(f"{SPACE}title"), root.find(f"{SPACE}desc")

    assert title is not None
    assert desc is not None
    assert "Timeline of 2 events, 2026-01-15 11:50:00 to 2026-01-15 12:00:00, UTC" == title.text
    assert "2026-01-15 11:50:00 until 12:00:00 trouble: nova: built; 2026-01-15 11:55:00 argo: built" == desc.text
    assert f"{title.get('id')} {desc.get('id')}" == root.get("aria-labelledby")


def test_untrusted_text_has_no_effect() -> None:
    """Tags, quotes and control characters stay text."""
    root = drawn(at(10, HOSTILE, HOSTILE, trouble=True))

    assert {"svg", "title", "desc", "text", "path"} == {element.tag.removeprefix(SPACE) for element in root.iter()}
    assert not {"\x1b", "\u202e"} & set("".join(root.itertext()))


def test_no_color_is_fixed() -> None:
    """Colors are the page's, so that the picture fits a light and a dark scheme."""
    svg = render.timeline_svg(inspection(at(10, trouble=True, lasts=True), at(5, "argo")))

    assert [] == re.findall(r"#[0-9a-f]{3,8}\b|\bblack\b|\bwhite\b|rgb", svg)
    assert {"currentColor", "none"} == set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg))


def test_picture_fits_the_width_of_a_phone() -> None:
    """No line exceeds the width. Long words are split, and long texts are cut."""
    root = drawn(*(at(n, f"source{n}", "wwwww " * 100 + "x" * 500) for n in range(1, 6)))

    assert "0 0 360" == " ".join(root.get("viewBox", "").split()[:3])
    for element in root.iter(f"{SPACE}text"):
        assert float(element.get("x", "")) + len(element.text or "") * 12 * 0.63 <= 362
    assert any(text.endswith("…") for text in texts(root))


def test_latest_of_many_events_are_drawn_and_the_others_counted() -> None:
    """The number of omitted events is above the picture."""
    root = drawn(*(at(n, text=f"event {n}") for n in range(100, 0, -1)))

    assert "40 earlier events are left out" in texts(root)
    assert any("event 1" in text for text in texts(root))
    assert not any("event 61" in text for text in texts(root))


def test_picture_is_the_same_for_the_same_events() -> None:
    """The order of the events does not matter, and the picture is one line."""
    events = (at(10), at(5, "argo", lasts=True))
    svg = render.timeline_svg(inspection(*events))

    assert svg == render.timeline_svg(inspection(*reversed(events)))
    assert "\n" not in svg


@pytest.mark.parametrize("until", [NOON - timedelta(days=400), NOON + timedelta(days=400)])
def test_implausible_end_is_drawn(until: datetime) -> None:
    """The end is before the start, or in the future."""
    assert drawn(at(10, until=until)).get("viewBox")
