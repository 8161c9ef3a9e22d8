"""Translate a regular expression of Python to one of JavaScript with the same meaning.

JavaScript has neither possessive repetitions nor atomic groups: a lookahead that captures, followed by a reference to
the capture, does not backtrack either. Its classes of blanks and word characters are other sets, so a class is
spelled out. The result needs JavaScript's flag ``u``.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PARSER: Any = importlib.import_module("re._parser")  # the only reader of Python's own syntax
BLANKS = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WORD = r"\p{L}\p{N}_"
_CLASSES = {"CATEGORY_SPACE": BLANKS, "CATEGORY_WORD": _WORD}
_OTHERS = {"CATEGORY_NOT_SPACE": BLANKS, "CATEGORY_NOT_WORD": _WORD}
_EDGE = rf"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))"
_ALLOWED = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.UNICODE


def translate(pattern: re.Pattern[str]) -> tuple[str, str]:
    """Return the source and the flags.

    Raises:
        ValueError: The pattern has a part without a counterpart here.
    """
    flags = re.RegexFlag(pattern.flags)
    if flags & ~_ALLOWED:
        raise ValueError(f"unknown flags in {pattern.pattern!r}")
    parsed = _PARSER.parse(pattern.pattern, pattern.flags)
    names = {number: name for name, number in pattern.groupindex.items()}
    source = _Writer(pattern.pattern, names).sequence(parsed, flags)
    return source, "iu" if flags & re.IGNORECASE else "u"


@dataclass
class _Writer:
    """Writes the parts of one pattern.

    Attributes:
        pattern: The pattern, for messages.
        names: Number of a group → its name.
        atomic: The number of atomic groups so far.
    """

    pattern: str
    names: dict[int, str]
    atomic: int = field(default=0)

    def sequence(self, parts: Iterable[tuple[Any, Any]], flags: re.RegexFlag) -> str:
        """Return a sequence of parts."""
        return "".join(self._part(str(name), value, flags) for name, value in parts)

    def _part(self, name: str, value: Any, flags: re.RegexFlag) -> str:
        writers: dict[str, Callable[[Any, re.RegexFlag], str]] = {
            "LITERAL": lambda code, _: _character(code),
            "NOT_LITERAL": lambda code, _: f"[^{_character(code)}]",
            "ANY": lambda _, flags: r"[\s\S]" if flags & re.DOTALL else r"[^\n]",
            "IN": lambda items, _: self._set(items),
            "BRANCH": lambda branch, flags: f"(?:{'|'.join(self.sequence(way, flags) for way in branch[1])})",
            "SUBPATTERN": self._group,
            "MAX_REPEAT": self._repeat,
            "MIN_REPEAT": lambda repeat, flags: f"{self._repeat(repeat, flags)}?",
            "POSSESSIVE_REPEAT": lambda repeat, flags: self._atomic(self._repeat(repeat, flags)),
            "ATOMIC_GROUP": lambda parts, flags: self._atomic(self.sequence(parts, flags)),
            "ASSERT": lambda look, flags: f"(?{'=' if look[0] > 0 else '<='}{self.sequence(look[1], flags)})",
            "ASSERT_NOT": lambda look, flags: f"(?{'!' if look[0] > 0 else '<!'}{self.sequence(look[1], flags)})",
            "AT": lambda at, flags: self._at(str(at), flags),
            "GROUPREF": lambda number, _: rf"\k<{self.names[number]}>",
        }
        if name not in writers:
            raise ValueError(f"no counterpart of {name} in {self.pattern!r}")
        return writers[name](value, flags)

    def _group(self, value: Any, flags: re.RegexFlag) -> str:
        number, added, removed, parts = value
        inner = self.sequence(parts, (flags | re.RegexFlag(added)) & ~re.RegexFlag(removed))
        return f"(?<{self.names[number]}>{inner})" if number in self.names else f"(?:{inner})"

    def _repeat(self, value: Any, flags: re.RegexFlag) -> str:
        least, most, parts = value
        upper = "" if str(most) == "MAXREPEAT" else str(most)
        counted = {"0,": "*", "1,": "+", "0,1": "?"}.get(f"{least},{upper}", f"{{{least},{upper}}}")
        return f"(?:{self.sequence(parts, flags)}){counted}"

    def _atomic(self, inner: str) -> str:
        self.atomic += 1
        return f"(?=(?<_{self.atomic}>{inner}))\\k<_{self.atomic}>"

    def _set(self, items: Any) -> str:
        negated, parts = "", list[str]()
        for name, value in ((str(name), value) for name, value in items):
            if name == "NEGATE":
                negated = "^"
            elif name == "LITERAL":
                parts.append(_character(value))
            elif name == "RANGE":
                parts.append(f"{_character(value[0])}-{_character(value[1])}")
            elif name == "CATEGORY" and str(value) in _CLASSES:
                parts.append(_CLASSES[str(value)])
            elif name == "CATEGORY" and len(items) == 1 and str(value) in _OTHERS:
                negated, parts = "^", [_OTHERS[str(value)]]
            else:
                raise ValueError(f"no counterpart of {name} {value} in {self.pattern!r}")
        return f"[{negated}{''.join(parts)}]"

    def _at(self, place: str, flags: re.RegexFlag) -> str:
        is_multiline = bool(flags & re.MULTILINE)
        places = {
            "AT_BEGINNING": r"(?<![^\n])" if is_multiline else r"(?<![\s\S])",
            "AT_BEGINNING_STRING": r"(?<![\s\S])",
            "AT_END_STRING": r"(?![\s\S])",
            "AT_BOUNDARY": _EDGE,
        }
        if place not in places:
            raise ValueError(f"no counterpart of {place} in {self.pattern!r}")
        return places[place]


def _character(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\u{{{code:x}}}"
