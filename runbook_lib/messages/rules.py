"""Read the rules from the TOML files in ``rules/`` and in the site's extensions, check them, and keep their order."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from runbook_lib.config import extensions
from runbook_lib.messages import topics
from runbook_lib.messages.patterns import Pattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# The kinds of rules, the most informative first; entries are in this order.
KINDS = ("cause", "symptom", "state", "sign")
# Who is affected; `none`: nothing is wrong.
SEVERITIES = ("site", "user", "none")
# The message for support to use: the guide's list for an instance or for an imaging request, or a plain one.
AREAS = ("imaging", "instance", "site")


@dataclass(frozen=True)
class MessageRule:
    """A diagnosis, and the literal messages that lead to it.

    Attributes:
        id: A permanent name in kebab case.
        kind: One of `KINDS`. A ``state`` is a status alone; a ``sign`` only points to the text to read next.
        severity: One of `SEVERITIES`.
        area: One of `AREAS`.
        meaning: What the message means, in one or two sentences.
        causes: Possible causes, the likeliest first.
        next_step: What to do, in sentences.
        commands: Commands for the next step, in order; placeholders such as ``{request_id}`` come from the text.
        page: The page with details, a path on the site.
        systems: The systems to inspect: ``celery``, ``nova``, ``glance``, ``argo``, ``atmosphere-db``, ``host``, ….
        any_of: The messages; the text must contain one of them.
        when: Further patterns; the text must contain all of them.
        unless: Patterns that rule it out; the text must contain none of them.
        exact: Patterns that must cover the complete text: statuses that are too short for a search.
        topics: The topics of the message, names of `topics`; empty if it can be about anything.
        is_generic: Whether other programs write the same words. Then the rule is a mere sign, without its commands,
            unless the text or the caller names one of its topics.
        source: The source of this knowledge: a file, a page of the staff guide, a release.
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
    unless: tuple[Pattern, ...] = ()
    exact: tuple[Pattern, ...] = ()
    topics: tuple[str, ...] = ()
    is_generic: bool = False


_TEXTS = {"id", "kind", "severity", "area", "meaning", "next_step", "page", "source"}
_LISTS = {"causes", "commands", "systems", "topics"}
_PATTERNS = {"any": "any_of", "when": "when", "unless": "unless", "exact": "exact"}
_FLAGS = {"generic": "is_generic"}


@dataclass(frozen=True)
class RuleProblem:
    """A file of an extension whose rules are not used.

    Attributes:
        file: The file.
        why: The reason.
    """

    file: Path
    why: str


def every() -> tuple[MessageRule, ...]:
    """Return all rules, ordered by file name and then as in the file: ours, then those of the site's extensions.

    Raises:
        ParamError, Refused: The settings are not valid.
    """
    return (*_ours(), *own())


def own() -> tuple[MessageRule, ...]:
    """Return the rules of the site's extensions.

    Raises:
        ParamError, Refused: The settings are not valid.
    """
    return _read(_files())[0]


def problems() -> tuple[RuleProblem, ...]:
    """Return the files of the site's extensions that are not used.

    Raises:
        ParamError, Refused: The settings are not valid.
    """
    return _read(_files())[1]


@functools.cache
def _ours() -> tuple[MessageRule, ...]:
    folder = resources.files("runbook_lib.messages") / "rules"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    rules = tuple(rule for file in files for rule in read(file.read_text(encoding="utf-8"), name=file.name))
    if duplicates := _duplicates(rules):
        raise ValueError(f"duplicate rule ids: {duplicates}")
    return rules


def _files() -> tuple[Path, ...]:
    return tuple(file for extension in extensions.usable() for file in extension.rules)


@functools.cache
def _read(files: tuple[Path, ...]) -> tuple[tuple[MessageRule, ...], tuple[RuleProblem, ...]]:
    """Return the rules of these files, and the files with a mistake; a mistake disables no other file."""
    rules: tuple[MessageRule, ...] = ()
    problems = []
    for file in files:
        try:
            more = read(file.read_text(encoding="utf-8"), name=file.name)
        except (OSError, ValueError) as error:
            problems.append(RuleProblem(file, f"can't be read: {error}"))
            continue
        if duplicates := _duplicates((*_ours(), *rules, *more)):
            problems.append(RuleProblem(file, f"have the ids of other rules: {duplicates}; rename them"))
        else:
            rules += more
    return rules, tuple(problems)


def _duplicates(rules: Sequence[MessageRule]) -> str:
    ids = [rule.id for rule in rules]
    return ", ".join(sorted({name for name in ids if ids.count(name) > 1}))


def read(text: str, *, name: str) -> tuple[MessageRule, ...]:
    """Return the rules of one TOML file.

    Raises:
        ValueError: A rule is incomplete, has an unknown key or value, or has a wrong pattern. The error names `name`.
    """
    try:
        document = tomllib.loads(text)
        defaults = document.get("defaults", {})
        return tuple(_rule({**defaults, **entry}) for entry in document["rule"])
    except (ValueError, KeyError) as error:
        raise ValueError(f"{name}: {error}") from error


def _rule(entry: Mapping[str, Any]) -> MessageRule:
    name = str(entry.get("id", "a rule without an id"))
    unknown = entry.keys() - _TEXTS - _LISTS - _PATTERNS.keys() - _FLAGS.keys()
    missing = {key for key in _TEXTS if not (isinstance(entry.get(key), str) and entry[key].strip())}
    if unknown or missing:
        raise ValueError(f"{name}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    for key, allowed in (("kind", KINDS), ("severity", SEVERITIES), ("area", AREAS)):
        if entry[key] not in allowed:
            raise ValueError(f"{name}: {key} must be one of {', '.join(allowed)}")
    if strangers := set(entry.get("topics", ())) - topics.every().keys():
        raise ValueError(f"{name}: unknown topics {sorted(strangers)}")
    if entry.get("generic") and not entry.get("topics"):
        raise ValueError(f"{name}: a generic rule requires 'topics'")
    if not (entry.get("any") or entry.get("exact")):
        raise ValueError(f"{name}: requires 'any' or 'exact'")
    parts: dict[str, Any] = {key: entry[key].strip() for key in _TEXTS}
    parts |= {key: _strings(entry.get(key, ()), f"{name}: {key}") for key in _LISTS}
    parts |= {
        attribute: tuple(compile_pattern(text) for text in _strings(entry.get(key, ()), f"{name}: {key}"))
        for key, attribute in _PATTERNS.items()
    }
    parts |= {attribute: bool(entry.get(key)) for key, attribute in _FLAGS.items()}
    return MessageRule(**parts)


def _strings(value: Sequence[object], subject: str) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(part, str) and part.strip() for part in value):
        raise ValueError(f"{subject} is not a list of texts")
    return tuple(str(part) for part in value)
