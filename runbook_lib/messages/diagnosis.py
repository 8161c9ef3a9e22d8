"""A status message, traceback or part of a log → what it means, the best entry first.

The order of the entries:

1. by kind: what names the cause, then what says that something failed, then a status alone, then mere signs. So a
   text beside a status always beats the status: at the current release the state in parentheses misleads.
2. by how specific the rule is: the number of literal characters of the message and of what must stand beside it.
   So a message that is known for one state beats the same message alone.
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
from runbook_lib.messages.facts import Facts, facts, safe
from runbook_lib.messages.support_request import Message, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.messages.patterns import Match, Pattern
    from runbook_lib.messages.rules import MessageRule

SHOWN = 300  # characters of a matched text
_LONGEST_STATUS = 300  # characters; a longer text is no status alone
_SLOT = re.compile(r"\{([a-z_]+)\}")
_STATUS_LABEL = re.compile(r"(?:status message|old_status|status|state) {0,4}+[:=] {0,4}+")


@dataclass(frozen=True)
class Diagnosis:
    """All that triage says about a text.

    Attributes:
        entries: The best first; empty if nothing was recognized.
        message: The message for support, filled in as far as the text goes.
    """

    entries: tuple[Entry, ...]
    message: Message

    def as_json(self) -> dict[str, Any]:
        """Return the object that `runbook triage --json` prints."""
        entries = [entry.as_json() for entry in self.entries]
        return {"entries": entries, "escalation": self.message.text, "missing": list(self.message.missing)}


def diagnose(text: str) -> Diagnosis:
    """Return what a text means, and the message for support with what the text tells; secrets are masked."""
    shown = clean(text)
    folded = fold(shown)
    known = facts(shown, folded)
    entries = _entries(shown, folded, known)
    return Diagnosis(entries=entries, message=write(shown, known, entries))


def classify(text: str | None) -> Entry | None:
    """Return the best entry for a status message, a fault or some lines of a log; None if nothing is recognized.

    For procedures: give it the texts one by one, in the order in which they count.
    """
    shown = clean(text or "")
    folded = fold(shown)
    return next(iter(_entries(shown, folded, facts(shown, folded))), None)


def _entries(shown: str, folded: str, known: Facts) -> tuple[Entry, ...]:
    found = []
    for order, rule in enumerate(rules.every()):
        hit = _whole(rule, folded) or _inside(rule, folded)
        if hit:
            pattern, match = hit
            literal = pattern.literal + sum(beside.literal for beside in rule.when)
            found.append((rules.KINDS.index(rule.kind), -literal, order, rule, match))
    found.sort(key=lambda one: one[:3])
    return tuple(_entry(rule, match, shown, known, -literal) for _, literal, _, rule, match in found)


def _inside(rule: MessageRule, folded: str) -> tuple[Pattern, Match] | None:
    """Return the most specific of the rule's messages in the text, if all that must stand beside it does."""
    hits = [(pattern, match) for pattern in rule.any_of if (match := next(pattern.find(folded), None))]
    if not hits or any(next(beside.find(folded), None) is None for beside in rule.when):
        return None
    return max(hits, key=lambda hit: hit[0].literal)


def _whole(rule: MessageRule, folded: str) -> tuple[Pattern, Match] | None:
    """Return the rule's status that is all the text says; quotes, a label or parentheses around it do not count."""
    if not rule.whole or len(folded) > _LONGEST_STATUS:
        return None
    bare = folded.strip(" \n'\"")
    label = _STATUS_LABEL.match(bare)
    bare = bare[label.end() if label else 0 :].strip(" \n'\".,")
    for text in dict.fromkeys((bare, bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare)):
        for pattern in rule.whole:
            if match := pattern.covers(text):
                return pattern, match.moved(folded.find(text))
    return None


def _entry(rule: MessageRule, match: Match, shown: str, known: Facts, specificity: int) -> Entry:
    fields = {name: shown[slice(*span)] for name, span in match.fields.items()}
    usable = {name: value for name, value in {**known.found, **fields}.items() if safe(name, value)}
    matched = " ".join(shown[match.start : match.end].split())
    return Entry(
        id=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        area=rule.area,
        meaning=rule.meaning,
        causes=rule.causes,
        next_step=rule.next_step,
        commands=tuple(_filled(command, usable) for command in rule.commands),
        page=rule.page,
        systems=rule.systems,
        matched=matched if len(matched) <= SHOWN else f"{matched[:SHOWN]}…",
        line=shown.count("\n", 0, match.start) + 1,
        fields=fields,
        specificity=specificity,
    )


def _filled(command: str, values: Mapping[str, str]) -> str:
    """Return the command with what is known; what is not stands in capitals."""
    return _SLOT.sub(lambda slot: shlex.quote(values[slot[1]]) if slot[1] in values else slot[1].upper(), command)
