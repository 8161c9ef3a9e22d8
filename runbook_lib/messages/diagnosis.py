"""Diagnose a status message, a traceback or part of a log; the best entry comes first.

A rule whose words other programs write too is a mere sign without commands, unless the text or the caller names the
rule's topic; so is a rule about something else than the caller asks about. A foreign text must not lead to a command.

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

from runbook_lib.messages import rules, topics
from runbook_lib.messages.cleaning import clean, fold
from runbook_lib.messages.entry import Entry
from runbook_lib.messages.facts import Facts, extract, is_safe
from runbook_lib.messages.support_request import Message, compose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from runbook_lib.messages.patterns import Match, Pattern
    from runbook_lib.messages.rules import MessageRule

MAX_MATCHED = 300  # characters of a matched text
MAX_STATUS = 300  # characters; a longer text is not a status alone
FIND_THE_ORIGIN = "Find the program and the host that wrote this message; the text alone does not name them."
_SLOT = re.compile(r"\{([a-z_]+)\}")
PAIR = re.compile(r"(?P<status>[a-z_]{1,40}+) - (?P<activity>[a-z_/\-]{1,40}+)")
STATUS_LABEL = re.compile(r"(?:status message|old_status|status|state) {0,4}+[:=] {0,4}+")


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


def classify(text: str | None, about: Collection[str] = ()) -> Entry | None:
    """Return the best entry for a status message, a fault or part of a log; None if no rule matches.

    Procedures pass the texts one by one, the most important first.

    Args:
        text: The text.
        about: The topics of the inspected object, such as `topics.INSTANCE`; empty if the text can be about anything.
    """
    cleaned = clean(text or "")
    folded = fold(cleaned)
    return next(iter(_entries(cleaned, folded, extract(cleaned, folded), frozenset(about))), None)


@dataclass(frozen=True)
class _Hit:
    """A rule that matches a text.

    Attributes:
        rule: The rule.
        order: Its position among all rules.
        match: The position of the matched text.
        literal: The number of recognized literal characters.
        has_evidence: Whether the text or the caller names the topic of the rule.
    """

    rule: MessageRule
    order: int
    match: Match
    literal: int
    has_evidence: bool

    @property
    def kind(self) -> str:
        """Return the rule's kind, or ``sign`` without evidence."""
        return self.rule.kind if self.has_evidence else "sign"


def _entries(cleaned: str, folded: str, facts: Facts, about: frozenset[str] = frozenset()) -> tuple[Entry, ...]:
    hits = list(_hits(folded, about))
    hits.sort(key=lambda hit: (rules.KINDS.index(hit.kind), not hit.has_evidence, -hit.literal, hit.order))
    return tuple(_entry(hit, cleaned, facts) for hit in hits)


def _hits(folded: str, about: frozenset[str]) -> Iterator[_Hit]:
    statuses = _match_status(folded)
    named = topics.find_named(folded)
    for order, rule in enumerate(rules.every()):
        hit = statuses.get(rule.id) or _search(rule, folded)
        if hit:
            pattern, match = hit
            literal = pattern.literal + sum(beside.literal for beside in rule.when)
            yield _Hit(rule, order, match, literal, _has_evidence(rule, named, about))


def _has_evidence(rule: MessageRule, named: frozenset[str], about: frozenset[str]) -> bool:
    if not rule.topics:
        return True
    if about:
        return not about.isdisjoint(rule.topics)
    return not rule.is_generic or not named.isdisjoint(rule.topics)


def _search(rule: MessageRule, folded: str) -> tuple[Pattern, Match] | None:
    """Return the most specific of the rule's messages in the text, if the text also matches all `when` patterns."""
    hits = [(pattern, match) for pattern in rule.any_of if (match := next(pattern.find(folded), None))]
    if not hits or any(next(beside.find(folded), None) is None for beside in rule.when):
        return None
    if any(next(against.find(folded), None) is not None for against in rule.unless):
        return None
    return max(hits, key=lambda hit: hit[0].literal)


def _match_status(folded: str) -> dict[str, tuple[Pattern, Match]]:
    """Return rule id → its status if that is the complete text; quotes, a label or parentheses around it do not count.

    The web interface shows an instance as ``status - activity``. If no rule knows the pair, the activity decides; if
    no rule knows the activity, the status does.
    """
    if len(folded) > MAX_STATUS:
        return {}
    bare = folded.strip(" \n'\"")
    label = STATUS_LABEL.match(bare)
    bare = bare[label.end() if label else 0 :].strip(" \n'\".,")
    inner = bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare
    pair = PAIR.fullmatch(inner)
    status, activity = (pair["status"], pair["activity"]) if pair else ("", "")
    for texts in ((bare, inner), (activity,), (status,)):
        is_part = texts != (bare, inner)
        matches = {
            rule.id: (pattern, match.shift(folded.find(text)))
            for text in dict.fromkeys(texts)
            for rule in rules.every()
            if not is_part or (rule.area == "instance" and _is_status(status))
            for pattern in rule.exact
            if (match := pattern.match_all(text))
        }
        if matches:
            return matches
    return {}


def _is_status(text: str) -> bool:
    """Return whether a rule for instances knows the text as a status."""
    return any(pattern.match_all(text) for rule in rules.every() if rule.area == "instance" for pattern in rule.exact)


def _entry(hit: _Hit, cleaned: str, facts: Facts) -> Entry:
    rule, match = hit.rule, hit.match
    fields = {name: cleaned[slice(*span)] for name, span in match.fields.items()}
    safe = {name: value for name, value in {**facts.values, **fields}.items() if is_safe(name, value)}
    matched = " ".join(cleaned[match.start : match.end].split())
    meaning, next_step, commands = rule.meaning, rule.next_step, rule.commands
    if not hit.has_evidence:
        phrases = " or ".join(topics.every()[name].phrase for name in rule.topics)
        meaning, next_step, commands = f"If this message is about {phrases}: {meaning}", FIND_THE_ORIGIN, ()
    return Entry(
        id=rule.id,
        kind=hit.kind,
        severity=rule.severity if hit.has_evidence else "none",
        area=rule.area,
        meaning=meaning,
        causes=rule.causes,
        next_step=next_step,
        commands=tuple(_fill(command, safe) for command in commands),
        page=rule.page,
        systems=rule.systems,
        matched=matched if len(matched) <= MAX_MATCHED else f"{matched[:MAX_MATCHED]}…",
        line=cleaned.count("\n", 0, match.start) + 1,
        fields=fields,
        specificity=hit.literal,
    )


def _fill(command: str, values: Mapping[str, str]) -> str:
    """Return the command with the values; a placeholder without a value becomes its name in capitals."""
    return _SLOT.sub(lambda slot: shlex.quote(values[slot[1]]) if slot[1] in values else slot[1].upper(), command)
