"""Map each section of the staff guide to pages of this site, to procedures, and to corrections of the guide."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.pages.markup import block, code, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DATA = Path(__file__).with_name("guide.toml")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_PROCEDURES = "runbooks/"
_HEAD = (
    "---\ndescription: Each section of the staff guide, with its page and procedure here, and the corrections.\n"
    "search:\n  boost: 0.4\n---\n"  # the named pages come first
)


@dataclass(frozen=True)
class GuideSection:
    """A section of the guide.

    Attributes:
        edition: The name of the edition.
        heading: The heading.
        pages: The pages that cover it, the most important first, as paths below ``docs``.
        corrections: The names of the corrections.
    """

    edition: str
    heading: str
    pages: tuple[str, ...]
    corrections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guide:
    """The guide's headings, and the pages that cover them.

    Attributes:
        headings: Edition → headings, in the guide's order.
        sections: The sections with their pages.
        corrections: Name → the page with the correction.
    """

    headings: Mapping[str, tuple[str, ...]]
    sections: tuple[GuideSection, ...]
    corrections: Mapping[str, str]


def guide(data: Path = DATA) -> Guide:
    """Return the package's data about the guide. Reads `data`."""
    document = tomllib.loads(data.read_text(encoding="utf-8"))
    editions = {edition["name"]: tuple(edition["headings"]) for edition in document["edition"]}
    first = next(iter(editions))
    sections = tuple(
        GuideSection(
            edition=section.get("edition", first),
            heading=section["heading"],
            pages=tuple(section["pages"]),
            corrections=tuple(section.get("corrections", ())),
        )
        for section in document["section"]
    )
    return Guide(headings=editions, sections=sections, corrections=document["corrections"])


def gaps(staff_guide: Guide, texts: Mapping[str, str]) -> list[str]:
    """Return the problems, one line each: sections without a page, missing pages and corrections.

    Args:
        staff_guide: The guide.
        texts: Path below ``docs`` → Markdown of the page.
    """
    places = {(section.edition, section.heading): section for section in staff_guide.sections}
    headings = {(edition, heading) for edition, titles in staff_guide.headings.items() for heading in titles}
    lines = [
        f"no page for the section {heading!r} of: {edition}" for edition, heading in sorted(headings - set(places))
    ]
    lines += [f"unknown section {heading!r} of: {edition}" for edition, heading in sorted(set(places) - headings)]
    pages = {page for section in staff_guide.sections for page in section.pages} | set(staff_guide.corrections.values())
    lines += [f"missing page {page}" for page in sorted(pages - set(texts))]
    named = {name for section in staff_guide.sections for name in section.corrections}
    lines += [f"the correction {name} has no page" for name in sorted(named - set(staff_guide.corrections))]
    lines += [f"the correction {name} belongs to no section" for name in sorted(set(staff_guide.corrections) - named)]
    return lines + [
        f"{page} lacks the correction of the guide: {name}"
        for name, page in staff_guide.corrections.items()
        if not sentence(texts.get(page, ""), name)
    ]


def sentence(text: str, name: str) -> str:
    """Return a page's text at the anchor of a correction, without links; empty if it has no such anchor."""
    if not (match := re.search(rf'<span id="differs-{re.escape(name)}"></span>', text)):
        return ""
    lines = text[match.end() :].splitlines()
    paragraph = lines[:1]
    for line in lines[1:]:
        if not line.strip() or line.lstrip().startswith(("- ", "/")):
            break
        paragraph.append(line)
    return _LINK.sub(r"\1", " ".join(" ".join(paragraph).split()))


def coverage_page(staff_guide: Guide, texts: Mapping[str, str]) -> str:
    """Return ``reference/guide-coverage.md``. It shows gaps as missing, and a test reports them."""
    intro = (
        "This site replaces the staff guide. The tables list every section of the guide with its pages here. In "
        f"{len(staff_guide.corrections)} places the guide is wrong or outdated. The page has the correction under *How "
        "this differs from the staff guide*, and in the last column.\n"
    )
    parts = [_HEAD, "# From the staff guide to this site\n", intro]
    shown: set[str] = set()
    for edition in staff_guide.headings:
        rows = [
            _row(staff_guide, section, texts, shown) for section in staff_guide.sections if section.edition == edition
        ]
        head = ("In the guide", "On this site, with its procedure", "Corrections")
        parts += [f"## {edition}\n", block("div.rb-stack.rb-wrapped", table(head, rows))]
    return "\n".join(parts)


def _row(staff_guide: Guide, section: GuideSection, texts: Mapping[str, str], shown: set[str]) -> tuple[str, str, str]:
    links = "<br>".join(_page(page, texts) for page in section.pages)
    changed = "<br>".join(_changed(staff_guide, section, texts, shown))
    return section.heading, links, changed or "wording only"


def _page(page: str, texts: Mapping[str, str]) -> str:
    match = _TITLE.search(texts.get(page, ""))
    if not match:
        return f"**missing**: {code(page)}"
    name = page.removeprefix(_PROCEDURES).removesuffix(".md").replace("-", "_")
    return f"[{match[1].strip()}](../{page})" + (f"<br>{code(name)}" if page.startswith(_PROCEDURES) else "")


def _changed(staff_guide: Guide, section: GuideSection, texts: Mapping[str, str], shown: set[str]) -> Iterator[str]:
    """Yield the corrections of a section; one that is in `shown` as a link only. Add the others to `shown`."""
    for name in section.corrections:
        page = staff_guide.corrections[name]
        correction = sentence(texts.get(page, ""), name)
        link = f"(../{page}#differs-{name})"
        if not correction:
            yield f"**missing**: {code(name)}"
        elif name in shown:
            yield f"[{name.replace('-', ' ').capitalize()}]{link}"
        else:
            yield f"{correction} [More]{link}"
        shown.add(name)
