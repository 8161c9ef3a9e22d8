"""Read the texts that upstream raises, returns or logs as errors: each has a rule, or a reason for having none."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

_PERCENT = re.compile(r"%(?:\([a-z_]+\))?(?:\.[0-9])?[sdrfi]")
_BRACES = re.compile(r"\{[a-z_0-9.!]*\}")
_SAMPLE = "12"  # the value of a placeholder without a value of its own: fits a number, a name and an id


@dataclass(frozen=True)
class UpstreamText:
    """One literal in upstream's source that users or staff can see.

    Attributes:
        task: The part of Atmosphere's work, such as ``launch``.
        product: The product: a key of `releases`.
        file: The file in the product's source.
        line: The line of the statement.
        exception: The exception that carries it; empty for a line of a log and for a response.
        literal: The literal, with its placeholders.
        rule: The id of the rule that explains it; empty if there is a reason for none.
        reason: A key of `reasons`; empty if there is a rule.
        values: The values of its placeholders.
    """

    task: str
    product: str
    file: str
    line: int
    exception: str
    literal: str
    rule: str
    reason: str
    values: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The product, the file and the line."""
        return f"{self.product} {self.file}:{self.line}"

    @property
    def message(self) -> str:
        """The literal with values, behind its exception as the last line of a traceback prints it."""
        values = iter([*self.values, *[_SAMPLE] * 20])
        form = _PERCENT if _PERCENT.search(self.literal) else _BRACES
        text = form.sub(lambda _: next(values), self.literal)
        text = text.replace("%%", "%") if form is _PERCENT else text
        return f"{self.exception}: {text}" if self.exception else text


@functools.cache
def every() -> tuple[UpstreamText, ...]:
    """Return all texts, in the order of the file."""
    values = _document()["values"]
    return tuple(
        UpstreamText(
            task=file["task"],
            product=file["product"],
            file=file["file"],
            line=line,
            exception=exception,
            literal=literal,
            rule="" if decision.startswith("=") else decision,
            reason=decision.removeprefix("=") if decision.startswith("=") else "",
            values=tuple(values.get(literal, ())),
        )
        for file in _document()["files"]
        for line, exception, literal, decision in file["texts"]
    )


def releases() -> dict[str, str]:
    """Return product → the release whose source was read."""
    return dict(_document()["releases"])


def reasons() -> dict[str, str]:
    """Return the key of each reason for having no rule → the reason in one sentence."""
    return dict(_document()["reasons"])


def tasks() -> dict[str, str]:
    """Return task → its title on the site."""
    return dict(_document()["tasks"])


@functools.cache
def _document() -> dict[str, Any]:
    file = resources.files("runbook_lib.messages") / "upstream_texts.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
