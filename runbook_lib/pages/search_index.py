"""Write the site's search index: for each term, the pages where it stands and how much it says about them.

`term` and ``term`` in ``docs/assets/js/search.js`` make the same term of a word, so that its ending and the British
spelling do not matter.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

# Where a word stands → how much it says about the page.
_TITLE, _USERS, _PURPOSE, _SYMPTOM, _HEADING, _MESSAGE, _BODY = 12, 10, 6, 6, 4, 2, 1
_FOLDERS = {"reference": 0.5}  # pages that name everything come after those about one thing
_WORD = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_SHORTEST = 3  # letters that an ending leaves
_ENDING = re.compile(r"(?:ations?|ions?|ings?|ed|ers?|es|s|e)$")
_BRITISH = (
    (re.compile(r"is(?=e|ing|ation)"), "iz"),
    (re.compile(r"our(?=$|s|ed|ing|al)"), "or"),
    (re.compile("(?<=t)re$"), "er"),
)
# Phrases that are one word of the search.
_JOINED = (
    (re.compile(r"\b(?:can['\u2019 ]?t|can not|unable to)\b"), "cannot"),
    (re.compile(r"\blog(?:s|ged|ging)? ?in\b"), "login"),
)
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_EXCLUDED = re.compile(r"^  exclude: true\b", re.MULTILINE)
_BOOST = re.compile(r"^  boost: ([0-9.]+)", re.MULTILINE)
_DESCRIPTION = re.compile(r"^description: ['\"]?(.*?)['\"]?$", re.MULTILINE)
_OUTPUT = re.compile(r"^/// html \| \S*\[data-search-exclude\].*?^///$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}).*?^(?P=indent)(?P=ticks)$", re.DOTALL | re.MULTILINE)
_ELEMENT = re.compile(r"<script.*?</script>|<(\w+)[^>]*\bdata-search-exclude\b.*?</\1>|<!--.*?-->|<[^>]+>", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]*)[^)]*\)")
_HEADINGS = re.compile(r"^#{2,6} (.+)$", re.MULTILINE)
_TITLES = re.compile(r"^# (.+)$", re.MULTILINE)
_ROW = re.compile(r"^\| *(.+?) *\|", re.MULTILINE)


def term(word: str) -> str:
    """Return the term of a word in lower case: without its ending, in American spelling."""
    for pattern, repl in _BRITISH:
        word = pattern.sub(repl, word)
    shorter = _ENDING.sub("", word)
    word = shorter if len(shorter) >= _SHORTEST else word
    return word[:-1] if len(word) > _SHORTEST + 1 and word[-1] == word[-2] else word


def terms(text: str) -> Iterator[str]:
    """Yield the terms of a text; a name with underscores is one term, and each of its parts is one."""
    for word in _words(text):
        yield term(word)
        if "_" in word:
            yield from map(term, word.split("_"))


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    for pattern, repl in _JOINED:
        plain = pattern.sub(repl, plain)
    return _WORD.findall(plain)


@functools.cache
def user_words() -> Mapping[str, Any]:
    """Return the function words, and page → the words that users have for it."""
    file = resources.files("runbook_lib.pages") / "search_words.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def search_script(pages: Mapping[str, str], messages: Mapping[str, Iterable[str]]) -> str:
    """Return the script that gives the index to the page.

    Args:
        pages: Path of a page's source, such as ``tools/logs.md`` → its Markdown.
        messages: Path of a page on the site → the literal messages that lead to it.
    """
    return f"window.runbook.searchData={json.dumps(search_data(pages, messages), separators=(',', ':'))};\n"


def search_data(pages: Mapping[str, str], messages: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Return the index in JSON form: the pages, the function words, and term → page number and weight, in turn."""
    words = user_words()
    listed, index = [], dict[str, list[float]]()
    symptoms = _symptoms(pages.get("index.md", ""))
    for number, (source, text) in enumerate(sorted(_listed(pages))):
        path = source.removesuffix(".md") + ".html"
        title, purpose = _opening(text)
        user_texts = [*words["pages"].get(path, ()), *symptoms.get(path, ())]
        listed.append([path, title, purpose, _phrases([title, *user_texts], words["function_words"])])
        weights = _weights(title, purpose, text, user_texts, messages.get(path, ()))
        factor = _factor(path, text)
        for word, weight in weights.items():
            index.setdefault(word, []).extend((number, round(weight * factor, 1)))
    return {"pages": listed, "functionWords": words["function_words"], "terms": dict(sorted(index.items()))}


def _listed(pages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the pages whose front matter does not exclude them."""
    for path, text in pages.items():
        front = _FRONT.match(text)
        if not (front and _EXCLUDED.search(front[1])):
            yield path, text


def _factor(path: str, text: str) -> float:
    """Return how much a page counts: as its front matter says, or as its folder does."""
    front = _FRONT.match(text)
    boost = _BOOST.search(front[1]) if front else None
    return float(boost[1]) if boost else _FOLDERS.get(path.partition("/")[0], 1)


def _phrases(texts: Iterable[str], skipped: Collection[str]) -> list[str]:
    """Return the terms of each text, without function words; a text of these alone keeps them."""
    split = [_words(text) for text in texts]
    return [
        " ".join(dict.fromkeys(map(term, [word for word in words if word not in skipped] or words)))
        for words in split
        if words
    ]


def _opening(text: str) -> tuple[str, str]:
    """Return a page's title and purpose."""
    front = _FRONT.match(text)
    described = _DESCRIPTION.search(front[1]) if front else None
    title = _TITLES.search(text)
    return _plain(title[1]) if title else "", described[1].replace("''", "'") if described else ""


def _plain(text: str) -> str:
    return _ELEMENT.sub("", _LINK.sub(r"\1", text)).replace("`", "").replace("*", "").replace("\\", "").strip()


def _weights(title: str, purpose: str, text: str, words: Iterable[str], messages: Iterable[str]) -> Mapping[str, float]:
    """Return term → weight for one page."""
    body = _ELEMENT.sub(" ", _FENCE.sub("", _OUTPUT.sub("", _FRONT.sub("", text))))
    body = _LINK.sub(r"\1", body)
    symptoms = _ROW.findall(body.partition("## If it fails")[2].partition("\n## ")[0])
    weights: dict[str, float] = {}
    for weight, parts in (
        (_TITLE, [title]),
        (_USERS, words),
        (_PURPOSE, [purpose]),
        (_SYMPTOM, symptoms),
        (_HEADING, _HEADINGS.findall(body)),
        (_MESSAGE, messages),
        (_BODY, [body]),
    ):
        for word in {word for part in parts for word in terms(part)}:
            before = weights.get(word, 0)
            weights[word] = max(before, weight) + min(before, weight) / 4
    return weights


def _symptoms(home: str) -> Mapping[str, list[str]]:
    """Return page → the symptoms and tasks beside which the home page names it first."""
    rows = (line for line in home.splitlines() if line.startswith("| ") and "](" in line)
    symptoms: dict[str, list[str]] = {}
    for row in rows:
        cells = row.strip("| ").split(" | ")
        if links := _LINK.findall(cells[-1]):
            symptoms.setdefault(links[0][1].removesuffix(".md") + ".html", []).append(_plain(cells[0]))
    return symptoms
