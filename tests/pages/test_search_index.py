"""The search index: which words of a page are in it, and how much they say about the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib import procedures
from runbook_lib.pages.procedure_page import page_markdown
from runbook_lib.pages.search_index import search_data, search_script, term, terms, user_words
from tests.pages import sample

PAGE = """\
---
description: 'The purpose''s words.'
---

# A *title*

<ul class="rb-badges" data-search-exclude><li>badgeword</li></ul>

## A heading

Text with [a link](../tools/logs.md#x) and `code_name`.

/// html | section.rb-see[data-search-exclude]

zyxoutput

///

```sh
fencedword
```

<script type="application/json">{"scriptword": 1}</script>

## If it fails

| symptom | cause |
| --- | --- |
| `symptomword` | causeword |
"""


def _weight(data: dict[str, object], word: str, page: int = 0) -> float:
    places = data["terms"].get(term(word), [])  # type: ignore[attr-defined]
    return dict(zip(places[::2], places[1::2], strict=True)).get(page, 0)


@pytest.mark.parametrize("words", json.loads((Path(__file__).parent / "data" / "forms_of_words.json").read_text()))
def test_forms_of_word_are_one_term(words: list[str]) -> None:
    """Endings and British spelling do not matter."""
    assert 1 == len({term(word) for word in words}), [term(word) for word in words]


def test_name_has_its_parts() -> None:
    """A name with underscores, and a phrase that is one word of the search."""
    assert ["deploy_error", "deploy", "error"] == list(terms("deploy_error"))
    assert ["cannot", "login"] == list(terms("can't log in"))
    assert list(terms("zoe")) == list(terms("Zoë"))


def test_words_count_by_their_place() -> None:
    """A title says more than a purpose, a purpose more than a heading, a heading more than the text."""
    data = search_data({"tools/x.md": PAGE}, {"tools/x.html": ["a messageword"]})
    weights = [_weight(data, word) for word in ("title", "purpose", "heading", "messageword", "link")]
    symptom = _weight(data, "symptomword")

    assert ["tools/x.html", "A title", "The purpose's words."] == data["pages"][0][:3]
    assert sorted(weights, reverse=True) == weights
    assert 0 < weights[-1] < weights[-2] < weights[-3] < symptom < weights[0]


def test_outputs_and_code_are_left_out() -> None:
    """What a run printed would hide the pages themselves."""
    data = search_data({"tools/x.md": PAGE}, {})

    assert [] == [w for w in ("zyxoutput", "fencedword", "scriptword", "badgeword") if _weight(data, w)]
    assert _weight(data, "causeword")
    assert _weight(search_data({"tools/x.md": PAGE.replace("[data-search-exclude]", "")}, {}), "zyxoutput")


def test_output_of_real_page_is_left_out() -> None:
    """The generated page marks its outputs as the index expects."""
    text = page_markdown(sample.page())
    data = search_data({"runbooks/grant-staff.md": text}, {})

    assert "zyxoutput" in text
    assert [] == [word for word in ("zyxoutput", "3fa9c2d41b07", "api_userpreferences") if _weight(data, word)]


def test_home_page_gives_symptoms() -> None:
    """The first page that it names beside a symptom has the symptom's words."""
    home = "# Home\n\n| Symptom | Start here |\n| --- | --- |\n| it purrs | [X](tools/x.md#y), or [Y](tools/y.md) |\n"
    data = search_data({"index.md": home, "tools/x.md": "# X", "tools/y.md": "# Y"}, {})

    assert _weight(data, "purrs", 1) > _weight(data, "purrs", 0)
    assert 0 == _weight(data, "purrs", 2)


def test_front_matter_decides() -> None:
    """A page can be left out, or count more or less."""
    head = "---\nsearch:\n  {}\n---\n\n# Word\n"
    pages = {"tools/a.md": head.format("boost: 0.5"), "tools/b.md": head.format("exclude: true # for authors")}
    data = search_data(pages, {})

    assert ["tools/a.html"] == [page[0] for page in data["pages"]]
    assert _weight(data, "word") < _weight(search_data({"tools/a.md": "# Word\n"}, {}), "word")


def test_every_procedure_has_words_of_users() -> None:
    """And each page with such words exists among the procedures, if it is one."""
    pages = {page for page in user_words()["pages"] if page.startswith("runbooks/")}

    assert {procedure.page for procedure in procedures.every()} == pages


def test_script_is_one_assignment() -> None:
    """A browser reads it from disk, where it may not fetch."""
    assert search_script({"index.md": "# Home"}, {}).startswith("window.runbook.searchData={")
