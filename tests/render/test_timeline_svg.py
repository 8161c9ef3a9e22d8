"""The timeline's picture: what is on it, that it can't be broken out of, and that it goes with any page."""

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


def at(minutes: float, source: str = "nova", text: str = "built", **more: object) -> Event:
    """Return an event so many minutes before noon."""
    return replace(Event(NOON - timedelta(minutes=minutes), source, text), **more)  # type: ignore[arg-type]


def words(root: ET.Element) -> list[str]:
    """Return the words that are drawn, in order."""
    return [element.text or "" for element in root.iter(f"{SPACE}text")]


def test_no_events_are_no_picture() -> None:
    """An empty frame would say less than nothing."""
    assert "" == render.timeline_svg(inspection())


def test_each_source_has_its_lane_and_each_event_its_line() -> None:
    """Names, the day once, times in UTC, words."""
    root = drawn(at(10), at(5, "argo", "deploys", lasts=True))

    assert {"nova", "argo", "2026-01-15 UTC", "11:50:00", "11:55:00"} <= set(words(root))
    assert "nova: built" in words(root)
    assert 2 == sum(element.get("class") == "rb-grid" for element in root.iter(f"{SPACE}path"))


def test_what_lasted_is_a_bar_and_what_happened_is_a_dot() -> None:
    """A bar ends where the event does, between the others."""
    root = drawn(at(30, until=NOON - timedelta(minutes=10)), at(20, "argo"), at(5, "argo"))

    (bar,) = root.iter(f"{SPACE}rect")
    lower = float(bar.get("y", "")) + float(bar.get("height", ""))
    dots = [float(dot.get("cy", "")) for dot in root.iter(f"{SPACE}circle")]
    assert dots[0] < lower < dots[1]


def test_what_overlaps_in_one_lane_stands_side_by_side() -> None:
    """A step within its workflow."""
    root = drawn(at(30, "argo", "flow", lasts=True), at(20, "argo", "step", until=NOON - timedelta(minutes=10)))

    assert 2 == len({bar.get("x") for bar in root.iter(f"{SPACE}rect")})


def test_trouble_is_told_by_form_and_words_too() -> None:
    """A diamond and a thick line, and the word; not by colour alone."""
    root = drawn(at(10, trouble=True, lasts=True), at(5, "argo"))

    (diamond,) = (one for one in root.iter(f"{SPACE}path") if one.get("class") == "rb-trouble")
    (bar,) = root.iter(f"{SPACE}rect")
    assert diamond.get("d", "").endswith("Z")
    assert "2.5" == bar.get("stroke-width")
    assert any(one.startswith("trouble: nova") for one in words(root))


def test_it_says_the_same_in_words() -> None:
    """A title and a description, which the picture is labelled by."""
    root = drawn(at(10, trouble=True, until=NOON), at(5, "argo"))
    title, desc = root.find(f"{SPACE}title"), root.find(f"{SPACE}desc")

    assert title is not None
    assert desc is not None
    assert "Timeline of 2 events, 2026-01-15 11:50:00 to 2026-01-15 12:00:00, UTC" == title.text
    assert "2026-01-15 11:50:00 until 12:00:00 trouble: nova: built; 2026-01-15 11:55:00 argo: built" == desc.text
    assert f"{title.get('id')} {desc.get('id')}" == root.get("aria-labelledby")


def test_nothing_in_a_text_or_a_source_breaks_out() -> None:
    """Tags, quotes and control characters are words."""
    root = drawn(at(10, HOSTILE, HOSTILE, trouble=True))

    assert {"svg", "title", "desc", "text", "path"} == {one.tag.removeprefix(SPACE) for one in root.iter()}
    assert not {"\x1b", "\u202e"} & set("".join(root.itertext()))


def test_no_colour_is_fixed() -> None:
    """Colours are the page's or the reader's: it reads in a light and in a dark scheme."""
    svg = render.timeline_svg(inspection(at(10, trouble=True, lasts=True), at(5, "argo")))

    assert [] == re.findall(r"#[0-9a-f]{3,8}\b|\bblack\b|\bwhite\b|rgb", svg)
    assert {"currentColor", "none"} == set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg))


def test_it_is_as_wide_as_a_phone_and_stays_within() -> None:
    """No line of words is longer than there is room; a word that is too long is broken, a text that is, cut."""
    root = drawn(*(at(n, f"source{n}", "wwwww " * 100 + "x" * 500) for n in range(1, 6)))

    assert "0 0 360" == " ".join(root.get("viewBox", "").split()[:3])
    for one in root.iter(f"{SPACE}text"):
        assert float(one.get("x", "")) + len(one.text or "") * 12 * 0.63 <= 362
    assert any(one.endswith("…") for one in words(root))


def test_of_very_many_the_latest_are_drawn_and_the_rest_is_counted() -> None:
    """The number that is left out stands above."""
    root = drawn(*(at(n, text=f"event {n}") for n in range(100, 0, -1)))

    assert "40 earlier events are left out" in words(root)
    assert any("event 1" in one for one in words(root))
    assert not any("event 61" in one for one in words(root))


def test_it_is_a_pure_function() -> None:
    """The same inspection gives the same picture, on one line; in any order, from any zone."""
    events = (at(10), at(5, "argo", lasts=True))
    svg = render.timeline_svg(inspection(*events))

    assert svg == render.timeline_svg(inspection(*reversed(events)))
    assert "\n" not in svg


@pytest.mark.parametrize("until", [NOON - timedelta(days=400), NOON + timedelta(days=400)])
def test_an_end_that_makes_no_sense_is_no_trouble(until: datetime) -> None:
    """One before its begin, or after now."""
    assert drawn(at(10, until=until)).get("viewBox")
