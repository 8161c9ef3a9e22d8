"""Know the topics of messages, and the signs by which a text names one.

A rule can require that the text, or the caller, names its topic: "No space left on device" is a cause of a failed
imaging request only if the text comes from one.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from runbook_lib.messages.patterns import Pattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGING_REQUEST = frozenset({"imaging"})
DEPLOYMENT = frozenset({"deploy", "network"})
INSTANCE = DEPLOYMENT | {"launch", "volume", "quota", "allocation"}
"""The topics of an instance: the `about` of an inspection that judges one."""


@dataclass(frozen=True)
class Topic:
    """A subject of messages.

    Attributes:
        name: The name that rules and callers use.
        phrase: The subject in prose, with its article.
        signs: The texts that only this subject writes.
    """

    name: str
    phrase: str
    signs: tuple[Pattern, ...]


@functools.cache
def every() -> Mapping[str, Topic]:
    """Return the topics by name."""
    file = resources.files("runbook_lib.messages") / "topics.toml"
    return {
        name: Topic(name, entry["phrase"], tuple(compile_pattern(sign) for sign in entry["signs"]))
        for name, entry in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


def find_named(folded: str) -> frozenset[str]:
    """Return the names of the topics that a folded text names."""
    return frozenset(
        topic.name
        for topic in every().values()
        if any(next(sign.find(folded), None) is not None for sign in topic.signs)
    )
