"""A message with placeholders → a search that takes time in proportion to the text, whatever the text is.

A pattern is a literal message in which ``{KIND}`` or ``{NAME=KIND}`` stands for what differs from case to case:

========  =================================================================
`word`    up to 200 characters without a blank, quote, parenthesis or bracket
`number`  up to 12 digits
`id`      up to 64 characters of an id: letters, digits, hyphens
`text`    up to 200 characters of one line, as few as the rest allows
`dash`    blanks and hyphens, or nothing: ``(validating) - ERROR``
========  =================================================================

A blank matches blanks and a line break, so that a message that a mail or a terminal has wrapped is found too.
Upper and lower case are the same. Every repetition is bounded and never takes back what it took: no pattern backtracks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_PREFIX = 3  # literal characters before the first placeholder; fewer would be tried all over the text
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
    """Where a pattern was found.

    Attributes:
        start: The first character, in the folded text.
        end: The character after the last.
        fields: What stood in the named placeholders, as folded.
    """

    start: int
    end: int
    fields: dict[str, tuple[int, int]]

    def moved(self, by: int) -> Match:
        """Return the match in a text that has `by` characters more in front."""
        spans = {name: (start + by, end + by) for name, (start, end) in self.fields.items()}
        return Match(start=self.start + by, end=self.end + by, fields=spans)


@dataclass(frozen=True)
class Pattern:
    """One literal message, ready to be searched for.

    Attributes:
        text: As the rule spells it.
        literal: How many of its characters are literal: how specific it is.
        anchor: The longest word that every match contains.
        search: The expression; it is matched against a folded text.
    """

    text: str
    literal: int
    anchor: str
    search: re.Pattern[str]

    def find(self, folded: str) -> Iterator[Match]:
        """Yield the places where the pattern stands as whole words, first one first."""
        if self.anchor not in folded:
            return
        for found in self.search.finditer(folded):
            if _starts_a_word(folded, found.start()) and _ends_a_word(folded, found.end()):
                spans = {name: found.span(name) for name in self.search.groupindex}
                yield Match(start=found.start(), end=found.end(), fields=spans)

    def covers(self, folded: str) -> Match | None:
        """Return the match if the pattern is all that the text says."""
        found = self.search.fullmatch(folded)
        if not found:
            return None
        spans = {name: found.span(name) for name in self.search.groupindex}
        return Match(start=0, end=len(folded), fields=spans)


def compile_pattern(text: str) -> Pattern:
    """Return the pattern of a rule's text.

    Raises:
        ValueError: A placeholder has no such kind, or the text does not begin with a literal.
    """
    pieces = _PLACEHOLDER.split(text.lower())  # literal, placeholder, literal, …
    if len(pieces[0].strip()) < SHORTEST_PREFIX and len(pieces) > 1:
        raise ValueError(f"{text!r} does not begin with {SHORTEST_PREFIX} literal characters")
    expression = _literal(pieces[0])
    for inside, after in zip(pieces[1::2], pieces[2::2], strict=True):
        named = _NAMED.fullmatch(inside)
        if not named or named["kind"] not in _KINDS:
            raise ValueError(f"{text!r}: there is no placeholder {inside!r}")
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
    """Return the expression of a literal piece; a run of blanks in it may be any run of blanks."""
    return _BLANK.join(re.escape(part) for part in re.split(r" +", text))


def _starts_a_word(text: str, at: int) -> bool:
    return at == 0 or not (_is_word(text[at]) and _is_word(text[at - 1]))


def _ends_a_word(text: str, at: int) -> bool:
    return at >= len(text) or not (_is_word(text[at - 1]) and _is_word(text[at]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
