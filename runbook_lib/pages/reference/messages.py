"""Generate the page of messages: every literal message of triage, its meaning, and its next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.messages import upstream_texts
from runbook_lib.messages.cleaning import clean
from runbook_lib.pages.markup import block, code, table
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook_lib.messages.rules import MessageRule
    from runbook_lib.messages.upstream_texts import UpstreamText
    from runbook_lib.messages.vectors import Vector

_LONGEST = 140  # characters of a message; the beginning identifies a traceback
_MOST = 6  # messages of one rule
_TRACEBACK = " Exception:'Traceback"  # the end of every error of an imaging request
_SECTIONS = {
    "imaging": "Imaging requests",
    "instance": "Instances and deployments",
    "site": "Images on several providers, access, maintenance, Celery",
}
# The page names every message, so without this it would precede the relevant page in every search.
_HEAD = f"""\
---
description: Every literal message of Atmosphere that the runbook recognizes, with its meaning and next step.
search:
  boost: 0.5
---

# Messages

<div class="rb-triage" data-paste-box data-hint="Likely secrets are masked, and nothing leaves your browser."></div>

`{commands.TRIAGE}` recognizes these messages. Pass it a status message, a traceback or a part of a log, as arguments or
on standard input. It lists the best match first, fills in the [message for support](../tools/support.md), and masks
likely secrets.

An entry that names a cause comes first, then an entry that reports a failure, then a status alone. If other programs
write the same words, the entry has no command, unless the text also names the part of Atmosphere that wrote it.
In the current release, the state in parentheses before an imaging error misleads; the text after it decides.

The title above a table is the page with the details.
"""


def messages_page(
    rules: Iterable[MessageRule],
    vectors: Sequence[Vector],
    releases: Mapping[str, str],
    texts: Sequence[UpstreamText],
) -> str:
    """Return ``reference/messages.md``, with one table per area and page, and one row per rule.

    Args:
        rules: All rules, in their order.
        vectors: The known messages.
        releases: Product → the release that its messages are from.
        texts: The texts of upstream's source, with a rule or a reason for none.
    """
    messages: dict[str, list[str]] = {}
    for vector in vectors:
        messages.setdefault(vector.rule, []).append(vector.message)
    tables: dict[str, dict[str, list[Sequence[str]]]] = {area: {} for area in _SECTIONS}
    for rule in rules:
        tables[rule.area].setdefault(rule.page, []).append(_row(rule, messages))
    sections = []
    for area, title in _SECTIONS.items():
        sections.append(f"## {title}\n")
        sections += [_table(page, rows) for page, rows in tables[area].items()]
    return "\n".join([_HEAD, *sections, _sources(vectors, releases), _texts(texts)])


def _texts(texts: Sequence[UpstreamText]) -> str:
    """Return the section that counts the texts of the source with an entry, and those without, by task and reason."""
    rows = []
    for task, title in upstream_texts.tasks().items():
        task_texts = [text for text in texts if text.task == task]
        explained = sum(bool(text.rule) for text in task_texts)
        rows.append((title, str(len(task_texts)), str(explained), str(len(task_texts) - explained)))
    reasons = [
        (_text(sentence), str(sum(text.reason == reason for text in texts)))
        for reason, sentence in upstream_texts.reasons().items()
    ]
    products = ", ".join(f"{name.capitalize()} {release}" for name, release in upstream_texts.releases().items())
    intro = (
        f"Every text that an exception, an error response or a line of a log carries in the files for these tasks "
        f"({products}). Exceptions without a text of their own, and warnings in a log, are not counted."
    )
    with_entry = table(("Task", "Texts", "With an entry", "Without"), rows)
    without = table(("Reason for no entry", "Texts"), reasons)
    tables = f"{block('div.rb-stack', with_entry)}\n\n{block('div.rb-stack', without)}"
    return f"\n## Texts of the source\n\n{intro}\n\n{tables}"


def _table(page: str, rows: Sequence[Sequence[str]]) -> str:
    """Return the messages with the same page, under a link to it."""
    folder, _, file = page.partition("/")
    stem = file.removesuffix(".html")
    link = f"[{stem.replace('-', ' ').capitalize()}](../{folder}/{stem}.md)"
    head = ("Message", "Meaning", "Next step")
    return f"### {link}\n\n{block('div.rb-stack.rb-wrapped', table(head, rows))}"


def _sources(vectors: Sequence[Vector], releases: Mapping[str, str]) -> str:
    """Return the section that counts the messages by the product that writes them."""
    rows = []
    for product, release in releases.items():
        lines = [vector.line for vector in vectors if vector.product == product]
        rows.append((product.capitalize(), release, str(len(lines)), str(sum(line > 0 for line in lines))))
    head = ("Product", "Release", "Messages", "With file and line")
    text = (
        "A message with file and line is formatted from the literal in the product's source. Others were recorded, or "
        "are those of the staff guide."
    )
    return f"## Sources of the messages\n\n{text}\n\n{block('div.rb-stack', table(head, rows))}"


def _row(rule: MessageRule, messages: Mapping[str, Sequence[str]]) -> tuple[str, str, str]:
    shown = "<br>".join(code(_short(message)) for message in messages[rule.id][:_MOST])
    return shown, _text(rule.meaning), _text(rule.next_step)


def _short(message: str) -> str:
    line, cut, _ = " ".join(clean(message).split()).partition(_TRACEBACK)
    line += "…" if cut and len(line) < _LONGEST else ""
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _text(text: str) -> str:
    """Return prose with escaped Markdown."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#" else character for character in text)
