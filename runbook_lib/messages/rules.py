"""The rules: read from the TOML files in ``rules/``, checked, and kept in their order."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from runbook_lib.messages.patterns import Pattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What a rule's message tells, the most telling first: an entry of an earlier kind stands before all of a later one.
KINDS = ("cause", "symptom", "state", "sign")
# Who is concerned; `none`: nothing is wrong.
SEVERITIES = ("site", "user", "none")
# Which message for support fits: the guide's list for an instance or for an imaging request, or a plain one.
AREAS = ("imaging", "instance", "site")


@dataclass(frozen=True)
class MessageRule:
    """One diagnosis and the literal messages it is told by.

    Attributes:
        id: Its name, in kebab case; it does not change.
        kind: One of `KINDS`. A ``state`` is a status alone, a ``sign`` only says where to read on.
        severity: One of `SEVERITIES`.
        area: One of `AREAS`.
        meaning: What the message says, in one or two sentences.
        causes: What leads to it, the likeliest first.
        next_step: What to do, in words.
        commands: What to type, the first thing first; ``{request_id}`` and the like are taken from the text.
        page: The page that tells more, a path on the site.
        systems: Where to look: ``celery``, ``nova``, ``glance``, ``argo``, ``atmosphere-db``, ``host``, ….
        any_of: The messages; one of them must stand in the text.
        when: What must stand in the text too, all of it.
        whole: What the text may say as a whole: a status that is too short to be searched for.
        source: Where this is known from.
    """

    id: str
    kind: str
    severity: str
    area: str
    meaning: str
    next_step: str
    page: str
    source: str
    causes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    any_of: tuple[Pattern, ...] = ()
    when: tuple[Pattern, ...] = ()
    whole: tuple[Pattern, ...] = field(default=())


_TEXTS = {"id", "kind", "severity", "area", "meaning", "next_step", "page", "source"}
_LISTS = {"causes", "commands", "systems"}
_PATTERNS = {"any": "any_of", "when": "when", "whole": "whole"}


@functools.cache
def every() -> tuple[MessageRule, ...]:
    """Return all rules, in the order of the files' names and of the rules in them."""
    folder = resources.files("runbook_lib.messages") / "rules"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    rules = tuple(rule for file in files for rule in read(file.read_text(encoding="utf-8"), name=file.name))
    names = [rule.id for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"rules with one id: {', '.join(twice)}")
    return rules


@functools.cache
def vectors() -> tuple[tuple[str, str], ...]:
    """Return every known literal message with the id of the rule that must come first for it."""
    file = resources.files("runbook_lib.messages") / "vectors.toml"
    entries = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple((message, name) for name, messages in entries.items() for message in messages)


def read(text: str, *, name: str) -> tuple[MessageRule, ...]:
    """Return the rules of one TOML file.

    Raises:
        ValueError: A rule is not complete, has an unknown key or value, or a pattern is wrong; `name` is named.
    """
    try:
        document = tomllib.loads(text)
        defaults = document.get("defaults", {})
        return tuple(_rule({**defaults, **entry}) for entry in document["rule"])
    except (ValueError, KeyError) as error:
        raise ValueError(f"{name}: {error}") from error


def _rule(entry: Mapping[str, Any]) -> MessageRule:
    name = str(entry.get("id", "a rule without id"))
    unknown = entry.keys() - _TEXTS - _LISTS - _PATTERNS.keys()
    missing = {key for key in _TEXTS if not (isinstance(entry.get(key), str) and entry[key].strip())}
    if unknown or missing:
        raise ValueError(f"{name}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    for key, allowed in (("kind", KINDS), ("severity", SEVERITIES), ("area", AREAS)):
        if entry[key] not in allowed:
            raise ValueError(f"{name}: {key} is none of {', '.join(allowed)}")
    if not (entry.get("any") or entry.get("whole")):
        raise ValueError(f"{name}: no message is given")
    parts: dict[str, Any] = {key: entry[key].strip() for key in _TEXTS}
    parts |= {key: _strings(entry.get(key, ()), f"{name}: {key}") for key in _LISTS}
    parts |= {
        to: tuple(compile_pattern(text) for text in _strings(entry.get(key, ()), f"{name}: {key}"))
        for key, to in _PATTERNS.items()
    }
    return MessageRule(**parts)


def _strings(value: Sequence[object], where: str) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(part, str) and part.strip() for part in value):
        raise ValueError(f"{where} is not a list of texts")
    return tuple(str(part) for part in value)
