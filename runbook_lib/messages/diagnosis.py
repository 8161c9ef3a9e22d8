"""Diagnose a status message, a traceback or part of a log; the best entry comes first.

The order of the entries:

1. by kind: a cause, then a symptom, then a status alone, then a mere sign. So a text beside a status always beats
   the status: in the current release the state in parentheses misleads.
2. by how specific the rule is: the number of literal characters of the message and of the rule's ``when`` patterns.
   So a message that a rule expects in one state beats the same message alone.
3. by the order of the rules.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.messages import rules
from runbook_lib.messages.cleaning import clean, fold
from runbook_lib.messages.entry import Entry
from runbook_lib.messages.facts import Facts, extract, is_safe
from runbook_lib.messages.support_request import Message, compose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.messages.patterns import Match, Pattern
    from runbook_lib.messages.rules import MessageRule

MAX_MATCHED = 300  # characters of a matched text
_MAX_STATUS = 300  # characters; a longer text is not a status alone
_SLOT = re.compile(r"\{([a-z_]+)\}")
_STATUS_LABEL = re.compile(r"(?:status message|old_status|status|state) {0,4}+[:=] {0,4}+")


@dataclass(frozen=True)
class Diagnosis:
    """The result of triage for one text.

    Attributes:
        entries: The best first; empty if nothing was recognized.
        message: The message for support, filled in with the facts of the text.
    """

    entries: tuple[Entry, ...]
    message: Message

    def as_json(self) -> dict[str, Any]:
        """Return the object that `runbook triage --json` prints."""
        entries = [entry.as_json() for entry in self.entries]
        return {"entries": entries, "escalation": self.message.text, "missing": list(self.message.missing)}


def diagnose(text: str) -> Diagnosis:
    """Return what a text means, and the message for support with its facts; secrets are masked."""
    cleaned = clean(text)
    folded = fold(cleaned)
    facts = extract(cleaned, folded)
    entries = _entries(cleaned, folded, facts)
    return Diagnosis(entries=entries, message=compose(cleaned, facts, entries))


def classify(text: str | None) -> Entry | None:
    """Return the best entry for a status message, a fault or part of a log; None if no rule matches.

    Procedures pass the texts one by one, the most important first.
    """
    cleaned = clean(text or "")
    folded = fold(cleaned)
    return next(iter(_entries(cleaned, folded, extract(cleaned, folded))), None)


def _entries(cleaned: str, folded: str, facts: Facts) -> tuple[Entry, ...]:
    ranked = []
    for order, rule in enumerate(rules.every()):
        hit = _match_all(rule, folded) or _search(rule, folded)
        if hit:
            pattern, match = hit
            literal = pattern.literal + sum(beside.literal for beside in rule.when)
            ranked.append((rules.KINDS.index(rule.kind), -literal, order, rule, match))
    ranked.sort(key=lambda candidate: candidate[:3])
    return tuple(_entry(rule, match, cleaned, facts, -literal) for _, literal, _, rule, match in ranked)


def _search(rule: MessageRule, folded: str) -> tuple[Pattern, Match] | None:
    """Return the most specific of the rule's messages in the text, if the text also matches all `when` patterns."""
    hits = [(pattern, match) for pattern in rule.any_of if (match := next(pattern.find(folded), None))]
    if not hits or any(next(beside.find(folded), None) is None for beside in rule.when):
        return None
    return max(hits, key=lambda hit: hit[0].literal)


def _match_all(rule: MessageRule, folded: str) -> tuple[Pattern, Match] | None:
    """Return the rule's status if it is the complete text; quotes, a label or parentheses around it do not count."""
    if not rule.exact or len(folded) > _MAX_STATUS:
        return None
    bare = folded.strip(" \n'\"")
    label = _STATUS_LABEL.match(bare)
    bare = bare[label.end() if label else 0 :].strip(" \n'\".,")
    for text in dict.fromkeys((bare, bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare)):
        for pattern in rule.exact:
            if match := pattern.match_all(text):
                return pattern, match.shift(folded.find(text))
    return None


def _entry(rule: MessageRule, match: Match, cleaned: str, facts: Facts, specificity: int) -> Entry:
    fields = {name: cleaned[slice(*span)] for name, span in match.fields.items()}
    safe = {name: value for name, value in {**facts.values, **fields}.items() if is_safe(name, value)}
    matched = " ".join(cleaned[match.start : match.end].split())
    return Entry(
        id=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        area=rule.area,
        meaning=rule.meaning,
        causes=rule.causes,
        next_step=rule.next_step,
        commands=tuple(_fill(command, safe) for command in rule.commands),
        page=rule.page,
        systems=rule.systems,
        matched=matched if len(matched) <= MAX_MATCHED else f"{matched[:MAX_MATCHED]}…",
        line=cleaned.count("\n", 0, match.start) + 1,
        fields=fields,
        specificity=specificity,
    )


def _fill(command: str, values: Mapping[str, str]) -> str:
    """Return the command with the values; a placeholder without a value becomes its name in capitals."""
    return _SLOT.sub(lambda slot: shlex.quote(values[slot[1]]) if slot[1] in values else slot[1].upper(), command)
