"""Write the data of triage for the browser: rules, topics, and the patterns of facts, secrets and statuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.messages import cleaning, diagnosis, facts, rules, support_request, topics
from runbook_lib.pages.javascript_regex import translate
from runbook_lib.text import mask

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping

    from runbook_lib.messages.patterns import Pattern
    from runbook_lib.messages.rules import MessageRule

_TEXTS = ("id", "kind", "severity", "area", "meaning", "next_step", "page")
_PATTERNS = ("any_of", "when", "unless", "exact")


def triage_script() -> str:
    """Return the script that gives the data to the page."""
    text = json.dumps(triage_data(), separators=(",", ":"))
    return f"window.runbook.triageData={text};\n"


def triage_data() -> dict[str, Any]:
    """Return the data of triage in JSON form; a pattern of a rule as its text, every other one translated."""
    return {
        "rules": [_rule(rule) for rule in rules.every()],
        "kinds": rules.KINDS,
        "topics": {name: {"phrase": topic.phrase, "signs": _texts(topic.signs)} for name, topic in _topics().items()},
        "findTheOrigin": diagnosis.FIND_THE_ORIGIN,
        "maxStatus": diagnosis.MAX_STATUS,
        "maxMatched": diagnosis.MAX_MATCHED,
        "pair": translate(diagnosis.PAIR),
        "statusLabel": translate(diagnosis.STATUS_LABEL),
        "cleaning": {
            "escapes": translate(cleaning.ESCAPES),
            "lineEnd": translate(cleaning.LINE_END),
            "otherBreak": translate(cleaning.OTHER_BREAK),
            "invisible": translate(cleaning.INVISIBLE),
            "entity": translate(cleaning.ENTITY),
            "entities": cleaning.ENTITIES,
            "mailQuote": translate(cleaning.MAIL_QUOTE),
            "quotedQuote": translate(cleaning.QUOTED_QUOTE),
            "typography": {chr(old): new for old, new in cleaning.TYPOGRAPHY.items()},
        },
        "mask": {
            "rules": [translate(rule.pattern) for rule in mask.RULES],
            "mark": mask.MARK,
            "emulated": mask.EMULATED,
            "trailing": mask.TRAILING,
        },
        "facts": {name: _translated(patterns) for name, patterns in facts.PATTERNS.items()},
        "safe": {name: translate(pattern) for name, pattern in facts.SAFE.items()},
        "serverTable": translate(facts.SERVER_TABLE),
        "otherId": translate(facts.OTHER_ID),
        "anyUuid": translate(facts.ANY_UUID),
        "timestamp": translate(facts.TIMESTAMP),
        "support": {
            "lists": support_request.LISTS,
            "extras": support_request.EXTRAS,
            "label": translate(support_request.LABEL),
            "imaging": support_request.IMAGING_SIGNS,
            "maxExcerpt": support_request.MAX_EXCERPT,
            "maxLines": support_request.MAX_LINES,
        },
    }


def _rule(rule: MessageRule) -> dict[str, Any]:
    lists = {name: list(getattr(rule, name)) for name in ("causes", "commands", "systems", "topics")}
    patterns = {name: _texts(getattr(rule, name)) for name in _PATTERNS}
    given = {name: values for name, values in (lists | patterns).items() if values}
    return {name: getattr(rule, name) for name in _TEXTS} | given | ({"generic": True} if rule.is_generic else {})


def _topics() -> Mapping[str, topics.Topic]:
    return topics.every()


def _texts(patterns: Iterable[Pattern]) -> list[str]:
    return [pattern.text for pattern in patterns]


def _translated(patterns: Iterable[re.Pattern[str]]) -> list[tuple[str, str]]:
    return [translate(pattern) for pattern in patterns]
