"""Check a built site for foreign requests and dead links."""

from __future__ import annotations

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Addresses in the theme's own script, with the element without which it never requests them.
DORMANT: Mapping[str, str] = {
    "https://unpkg.com/mermaid@11/": 'class="mermaid"',
    "https://unpkg.com/resize-observer-polyfill": "",  # only browsers from before 2020 lack ResizeObserver
    "https://api.github.com/": 'data-md-component="source"',
    "https://${e}/api/v4/projects/": 'data-md-component="source"',
}
_DATA = frozenset({"reference/data/triage.js", "reference/data/search.js"})  # texts of the pages and of messages
_UNUSED = "assets/javascripts/lunr/"  # languages other than English, which no page loads
_ADDRESS = re.compile(r"""["'`]\s*((?:https?:)?//[\w$][^\s"'`)<>]*)""")
_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_ATTRIBUTES = re.compile(r"\{:? ?(?:data-[\w-]+|[.#][\w-]+)[^}]*\}?")  # attributes that attr_list should have removed
_FETCHING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "manifest"}


class _Page(HTMLParser):
    """The links, requests and anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.inline: list[tuple[str, str]] = []
        self._inside = ""
        self._in_code = 0
        self.leaked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses and anchors of one element."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        self.fetched += [values[name] for name in values if name in _FETCHING]
        if "style" in values:
            self.inline.append(("style", values["style"]))
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif values.get("rel") != "canonical" and (
            "href" in values or "xlink:href" in values
        ):  # requested by no browser
            self.fetched.append(values.get("href") or values.get("xlink:href", ""))
        if tag in {"script", "style"}:
            self._inside = tag
        self._in_code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        """Track the end of a script, a style or inline code."""
        if tag == self._inside:
            self._inside = ""
        self._in_code -= tag == "code"

    def handle_data(self, data: str) -> None:
        """Collect inline scripts and styles, and attributes that are shown as text."""
        if self._inside:
            self.inline.append((self._inside, data))
            return
        if not self._in_code:
            self.leaked += _ATTRIBUTES.findall(data)


def problems(site: Path) -> list[str]:
    """Return every problem of a built site, one line each. Writes nothing."""
    site = site.resolve()  # the paths below it are compared as texts
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    anchors = {path: page.anchors for path, page in pages.items()}
    problems = [line for path, page in pages.items() for line in _page_problems(path, page, anchors, site=site)]
    markup = "".join(path.read_text(encoding="utf-8") for path in pages)
    for path in sorted([*site.rglob("*.css"), *site.rglob("*.js")]):
        text = path.read_text(encoding="utf-8")
        addresses = _CSS.findall(text) if path.suffix == ".css" else _script_addresses(text, markup)
        subject = path.relative_to(site).as_posix()
        if subject not in _DATA and not subject.startswith(_UNUSED):
            problems += [f"{subject}: requests another host: {address}" for address in addresses]
    return problems


def _page_problems(path: Path, page: _Page, anchors: Mapping[Path, set[str]], *, site: Path) -> Iterator[str]:
    subject = path.relative_to(site)
    foreign = [address for address in page.fetched if re.match(r"(https?:)?//", address.strip())]
    for kind, text in page.inline:
        foreign += _CSS.findall(text) if kind == "style" else _ADDRESS.findall(text)
    yield from (f"{subject}: requests another host: {address}" for address in foreign)
    if path.name == "404.html":
        return  # served under any address, so its own links assume the root of a server
    yield from (f"{subject}: markup is shown as text: {text}" for text in page.leaked)
    local = [address for address in page.fetched if not urlsplit(address.strip()).scheme and address not in foreign]
    yield from (
        f"{subject}: a missing image or file: {address}"
        for address in local
        if not address.startswith("#") and _link_problem(path, address.split(" ")[0], anchors)
    )
    for link in page.links:
        if trouble := _link_problem(path, link, anchors):
            yield f"{subject}: {trouble}"


def _link_problem(path: Path, link: str, anchors: Mapping[Path, set[str]]) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""  # a plain link, which only a click follows
    if link.strip() in {"", "#"}:
        return f"a link without a target: href={link!r}"
    target = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return f"a link to a missing file: {link}"
    fragment = unquote(parts.fragment)
    if fragment and target in anchors and fragment not in anchors[target]:
        return f"a link to a missing anchor: {link}"
    return ""


def _script_addresses(text: str, markup: str) -> list[str]:
    """Return the addresses that a script could request on these pages."""
    dormant = [address for address, trigger in DORMANT.items() if not trigger or trigger not in markup]
    return [address for address in _ADDRESS.findall(text) if not address.startswith(tuple(dormant))]


def main(arguments: Sequence[str]) -> int:
    """Print the problems of the site in a folder; return 1 if there are any."""
    lines = problems(Path(arguments[0]))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
