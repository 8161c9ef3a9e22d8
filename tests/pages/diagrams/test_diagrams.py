"""The pictures: their data agrees with the systems, and they are narrow, in the page's colors, with a description."""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from xml.etree import ElementTree as ET

import markdown
import pytest

from runbook_lib.diagnosis.instance import limits
from runbook_lib.fixture.rows import launches, requests
from runbook_lib.pages.diagrams.data import picture, pictures
from runbook_lib.pages.diagrams.svg import WIDTH, svg

NAMES = tuple(pictures())
NS = "{http://www.w3.org/2000/svg}"
TABLE: dict[str, Any] = {
    "title": "A picture",
    "boxes": [{"id": "one", "label": "one", "then": "on"}, {"id": "two", "label": "two", "kind": "end"}],
    "beside": [
        {"at": ["two"], "label": "it fails", "text": "trouble", "kind": "trouble", "back": "one", "by": "again"}
    ],
}


def drawn(text: str) -> ET.Element:
    """Return the drawing of a figure, read as XML."""
    element = ET.fromstring(text).find(f"{NS}svg")
    assert element is not None
    return element


@pytest.mark.parametrize("name", NAMES)
def test_every_box_is_drawn_inside_of_picture_and_none_over_another(name: str) -> None:
    """Rectangles stay within the drawing and apart from each other."""
    root = drawn(svg(pictures()[name]))
    width, height = (int(number) for number in root.attrib["viewBox"].split()[2:])
    boxes = [
        tuple(int(rect.attrib[key]) for key in ("x", "y", "width", "height")) for rect in root.findall(f"{NS}rect")
    ]
    over = [
        (box, other)
        for number, box in enumerate(boxes)
        for other in boxes[number + 1 :]
        if box[0] < other[0] + other[2]
        and other[0] < box[0] + box[2]
        and box[1] < other[1] + other[3]
        and other[1] < box[1] + box[3]
    ]

    assert WIDTH == width
    assert [] == [box for box in boxes if box[0] + box[2] > width or box[1] + box[3] > height]
    assert [] == over


@pytest.mark.parametrize("name", NAMES)
def test_all_labels_are_in_drawing_and_description(name: str) -> None:
    """The drawing and its text for who can't see it both have every label, note, text and way."""
    picture_data = pictures()[name]
    root = drawn(svg(picture_data))
    visible = " ".join(" ".join(text.text or "" for text in root.findall(f"{NS}text")).split())
    description = root.findtext(f"{NS}desc") or ""
    labels = [word for box in picture_data.boxes for word in (box.label, box.note, box.then) if word]
    labels += [word for aside in picture_data.beside for word in (aside.label, aside.text, aside.by) if word]

    assert labels == [word for word in labels if word in visible]
    assert labels == [word for word in labels if word in description]
    assert picture_data.title == root.findtext(f"{NS}title")


@pytest.mark.parametrize("name", NAMES)
def test_picture_has_no_color_of_its_own_and_asks_nobody(name: str) -> None:
    """Colors come from the page's style, so that both schemes read; there is no address but the namespace."""
    text = svg(pictures()[name])

    assert [] == re.findall(r"#[0-9a-f]{3,6}\b|rgb\(|fill=|stroke=|style=", text)
    assert ["http://www.w3.org/2000/svg"] == re.findall(r"https?://[^\"]+", text)


def test_requests_picture_has_every_status() -> None:
    """The life of an imaging request shows each status that there is."""
    data = pictures()["imaging-request"]
    shown = " ".join([box.id for box in data.boxes] + [aside.text for aside in data.beside])

    assert list(requests.STATUSES) == [name for name in requests.STATUSES if name in shown]


def test_instances_picture_has_no_invented_state() -> None:
    """Each box, and each state beside the column, is one that upstream writes."""
    data = pictures()["instance-states"]
    beside = [word for aside in data.beside for word in aside.text.split(":")[0].split(", ")]

    assert [] == [name for name in [*(box.id for box in data.boxes), *beside] if name not in launches.STATUSES]


@pytest.mark.parametrize(
    ("state", "summed"),
    [("build", "1 h 2.5 min"), ("networking", "53 min 5 h 55 min"), ("deploying", "80 min 130 min")],
)
def test_limits_are_those_that_the_looks_go_by(state: str, summed: str) -> None:
    """Hours and minutes in the picture make up the limit."""
    note = next(box.note for box in pictures()["instance-states"].boxes if box.id == state)
    hours = sum(60 * float(number) for number in re.findall(r"([\d.]+) h\b", note))
    minutes = sum(float(number) for number in re.findall(r"([\d.]+) min\b", note))

    assert summed == " ".join(re.findall(r"[\d.]+ (?:h|min)\b", note))
    assert abs(hours + minutes - (limits.LIMITS[state].minutes or 0)) <= 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"boxes": [{"id": "one", "label": "one", "kind": "cloud"}], "beside": []}, "there is no cloud"),
        ({"beside": [{"at": ["three"], "label": "x", "text": "y"}]}, "there is no three"),
        ({"beside": [{"at": ["two"], "label": "x", "text": "y", "back": "three"}]}, "there is no three"),
        ({"boxes": [{"id": "one", "label": "one"}] * 2, "beside": []}, "not in its order"),
        ({"beside": [{"at": ["two", "one"], "label": "x", "text": "y"}]}, "not in its order"),
        ({"beside": [{"at": ["two"], "label": "x", "text": "y"}] * 2}, "not in its order"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change: dict[str, Any], complaint: str) -> None:
    """A mistake in the data stops the build, with the picture's name."""
    with pytest.raises(ValueError, match=f"picture sample: .*{complaint}"):
        picture("sample", TABLE | change)


def test_text_in_data_stays_text() -> None:
    """Signs that mean something in HTML are shown."""
    data = picture("sample", TABLE | {"title": "<b>&", "beside": []})

    assert '<title id="picture-sample-title">&lt;b&gt;&amp;</title>' in svg(data)
    assert "<b>&" == drawn(svg(data)).findtext(f"{NS}title")


def test_way_back_leads_around_a_box_in_between() -> None:
    """If the target has a box beside it, the line passes below that box."""
    plain = svg(picture("sample", TABLE))
    aside = {"at": ["one"], "label": "or", "text": "else"}
    around = svg(picture("sample", TABLE | {"beside": [aside, *TABLE["beside"]]}))

    assert (0, 1) == (plain.count("H184V"), around.count("H184V"))


def _page(text: str) -> str:
    extensions = ["pymdownx.superfences", "runbook_lib.pages.diagrams.markdown"]
    return markdown.markdown(text, extensions=extensions)


def test_marked_line_becomes_the_drawing() -> None:
    """The extension puts the picture where the line is, once, and not into a paragraph."""
    text = _page("Before.\n\n[picture: instance-states]\n\nAfter.\n")

    assert f"<p>Before.</p>\n{svg(pictures()['instance-states'])}\n<p>After.</p>" == text


def test_mark_in_code_block_is_shown() -> None:
    """The content of a fence does not change."""
    assert "<svg" not in _page("```text\n[picture: instance-states]\n```\n")


def test_unknown_picture_stops_the_build() -> None:
    """The message names those that there are."""
    with pytest.raises(ValueError, match="unknown picture nothing; the pictures are imaging-request"):
        _page("[picture: nothing]\n")


def test_picture_is_not_changed() -> None:
    """The data is shared by all pages, and frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        pictures()["instance-states"].title = "another"  # type: ignore[misc]
