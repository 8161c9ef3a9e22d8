"""Compile a message with placeholders to a search that takes linear time on every text.

A pattern is a literal message in which ``{KIND}`` or ``{NAME=KIND}`` represents a variable part:

========  =================================================================
`word`    up to 200 characters without a blank, quote, parenthesis or bracket
`number`  up to 12 digits
`id`      up to 64 characters of an id: letters, digits, hyphens
`text`    up to 200 characters of one line, as few as the rest of the pattern allows
`dash`    blanks and hyphens, or nothing: ``(validating) - ERROR``
========  =================================================================

A blank matches blanks and a line break, so that a message matches even if an email or a terminal wrapped it.
The case of letters is ignored. Every repetition is bounded and possessive, so no pattern backtracks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_PREFIX = 3  # literal characters before the first placeholder; a shorter prefix matches at too many positions
_KINDS = {
    "word": r"[^\s\"'()\[\]]{1,200}+",
    "number": r"[0-9]{1,12}+",
    "id": r"[0-9a-z\-]{1,64}+",
    "text": r"[^\n\\]{0,200}?",  # always inside an atomic group that ends with the next literal
    "dash": r"[ \-]{0,5}+",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAMED = re.compile(r"(?:(?P<name>[a-z][a-z_]{0,30})=)?(?P<kind>[a-z]{1,10})")
_BLANK = r"[ \n]{1,80}+"


@dataclass(frozen=True)
class Match:
    """The position of a pattern in a text.

    Attributes:
        start: The position of the first character in the folded text.
        end: The position after the last character.
        fields: Named placeholder → its start and end position in the folded text.
    """

    start: int
    end: int
    fields: dict[str, tuple[int, int]]

    def shift(self, offset: int) -> Match:
        """Return the match in a text that has `offset` more characters in front."""
        spans = {name: (start + offset, end + offset) for name, (start, end) in self.fields.items()}
        return Match(start=self.start + offset, end=self.end + offset, fields=spans)


@dataclass(frozen=True)
class Pattern:
    """A literal message, compiled for the search.

    Attributes:
        text: The message as the rule spells it.
        literal: The number of literal characters, which measures how specific it is.
        anchor: The longest word that every match contains.
        search: The regular expression, which matches a folded text.
    """

    text: str
    literal: int
    anchor: str
    search: re.Pattern[str]

    def find(self, folded: str) -> Iterator[Match]:
        """Yield the matches in `folded` that begin and end at a word boundary, in the order of the text."""
        if self.anchor not in folded:
            return
        for hit in self.search.finditer(folded):
            if _starts_a_word(folded, hit.start()) and _ends_a_word(folded, hit.end()):
                spans = {name: hit.span(name) for name in self.search.groupindex}
                yield Match(start=hit.start(), end=hit.end(), fields=spans)

    def match_all(self, folded: str) -> Match | None:
        """Return the match if the pattern covers the complete text."""
        hit = self.search.fullmatch(folded)
        if not hit:
            return None
        spans = {name: hit.span(name) for name in self.search.groupindex}
        return Match(start=0, end=len(folded), fields=spans)


def compile_pattern(text: str) -> Pattern:
    """Return the pattern for the text of a rule.

    Raises:
        ValueError: A placeholder has an unknown kind, or the text does not begin with a literal.
    """
    pieces = _PLACEHOLDER.split(text.lower())  # literal, placeholder, literal, …
    if len(pieces[0].strip()) < MIN_PREFIX and len(pieces) > 1:
        raise ValueError(f"{text!r} does not begin with {MIN_PREFIX} literal characters")
    expression = _literal(pieces[0])
    for inside, after in zip(pieces[1::2], pieces[2::2], strict=True):
        named = _NAMED.fullmatch(inside)
        if not named or named["kind"] not in _KINDS:
            raise ValueError(f"{text!r}: unknown placeholder {inside!r}")
        part = _KINDS[named["kind"]]
        if named["kind"] == "text" and not after:
            part = r"[^\n\\]{1,200}+"
        part = f"(?P<{named['name']}>{part})" if named["name"] else part
        expression += f"(?>{part}{_literal(after)})" if named["kind"] == "text" else part + _literal(after)
    words = [word for piece in pieces[::2] for word in piece.split()]
    return Pattern(
        text=text,
        literal=sum(len(word) for word in words),
        anchor=max(words, key=len),
        search=re.compile(expression),
    )


def _literal(text: str) -> str:
    """Return the expression of a literal piece; a run of blanks in it matches any run of blanks."""
    return _BLANK.join(re.escape(part) for part in re.split(r" +", text))


def _starts_a_word(text: str, at: int) -> bool:
    return at == 0 or not (_is_word(text[at]) and _is_word(text[at - 1]))


def _ends_a_word(text: str, at: int) -> bool:
    return at >= len(text) or not (_is_word(text[at - 1]) and _is_word(text[at]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
