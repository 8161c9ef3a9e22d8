"""Copy a timeline from a notebook to a page, if our renderer drew it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = "image/svg+xml"
_MARK = {"picture": "timeline"}
_BEGINS = '<svg class="rb-timeline" '
_SPACE = "{http://www.w3.org/2000/svg}"
_ELEMENTS = {"svg", "title", "desc", "text", "path", "rect", "circle"}
_ATTRIBUTES = {
    *("class", "viewBox", "role", "aria-labelledby", "style", "id"),
    *("x", "y", "width", "height", "rx", "cx", "cy", "r", "d"),
    *("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "font-size", "font-weight"),
}
_ADDRESS = re.compile(r"url\s*\(|//|javascript:|@import", re.IGNORECASE)


def timeline(raw: Mapping[str, Any]) -> str:
    """Return the picture of an output; empty if there is none, or if our renderer cannot have drawn it.

    The output must have our mark in its metadata, and the picture only shapes and text: no script, link or address.

    Args:
        raw: One output of a notebook, nbformat 4, as JSON.
    """
    drawn = raw.get("data", {}).get(PICTURE, "")
    svg = drawn if isinstance(drawn, str) else "".join(drawn)
    ours = raw.get("metadata", {}).get("runbook") == _MARK
    if not ours or not svg.startswith(_BEGINS) or "\n" in svg or "<!" in svg or "<?" in svg:
        return ""
    try:
        root = ET.fromstring(svg)  # noqa: S314 - it has no document type: nothing can be expanded
    except ET.ParseError:
        return ""
    return svg if all(_is_harmless(element) for element in root.iter()) else ""


def _is_harmless(element: ET.Element) -> bool:
    name = element.tag.removeprefix(_SPACE) if isinstance(element.tag, str) else ""
    values = " ".join(element.attrib.values())
    return name in _ELEMENTS and element.attrib.keys() <= _ATTRIBUTES and not _ADDRESS.search(values)


def figure(svg: str) -> str:
    """Return the markup of a picture on a page."""
    return f'<figure class="rb-picture">{svg}</figure>'
