"""Mask likely secrets in untrusted text: log lines, tracebacks, command lines.

`runbook_lib.config.secrets` redacts this process's own secrets by their value. This module recognizes a secret by its
context or form. It masks too much rather than too little.

Every rule takes time proportional to the text: unbounded repetitions are possessive, and nothing that can fail follows
them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "(masked)"
EMULATED = "EMULATED-"  # the kind of the token stays visible
TRAILING = ")]},.;:"  # closing brackets and punctuation are not part of a bare value
# A value: quoted in the form of Python, JSON or a shell (also nested, with backslashes), or up to a blank.
_UNTIL_QUOTE = r"(?:(?!(?P=quote))(?:\\.|[^\\\n]))*+"
_QUOTED = rf"(?P<open>[uUbB]?(?P<quote>\\{{0,8}}[\"']))(?P<inner>{_UNTIL_QUOTE})"
_UNMASKED = rf"(?!(?:{EMULATED})?\(masked\))"
_VALUE = rf"{_UNMASKED}(?:{_QUOTED}|(?P<bare>[^\s\"'<>\\]++))"
_BLANKS = r"[ \t]{0,8}+"
_CLOSE = rf"\\{{0,8}}[\"']?{_BLANKS}"  # the quote that closes a name
_NAMES = (
    r"(?:(?:(?<![a-z])|(?<=admin))pass(?:word|wd|phrase|code)?(?![a-z])|password|passwd|passphrase|secret|token|"
    r"api[_-]?key|private[_-]?key|access[_-]?key|credentials?|session_?id|basic_auth)"
)
_SCHEMES = r"(?:token|bearer|basic|digest)[ \t]{1,8}+"
_OPTIONS = r"(?:password|passwd|passphrase|secret|token|api[_-]?key|basic[_-]auth)"
_KEY = r"[a-z0-9._~+/=-]"


@dataclass(frozen=True)
class MaskRule:
    """One kind of secret.

    Attributes:
        name: The kind of secret.
        pattern: Its form. The group ``kept`` stays before the mark. The secret is ``secret``, or ``bare`` without
            closing brackets and punctuation, or ``inner`` after the quote ``open``.
    """

    name: str
    pattern: re.Pattern[str]


def _rule(name: str, pattern: str, *, flags: re.RegexFlag = re.IGNORECASE) -> MaskRule:
    return MaskRule(name, re.compile(pattern, flags))


RULES = (
    _rule(
        "a private key",
        rf"(?P<kept>-----BEGIN [A-Z0-9 ]{{0,40}}PRIVATE KEY-----){_UNMASKED}"
        r"(?P<secret>[^-]*+(?:-----END [A-Z0-9 ]{0,40}-----)?)",
    ),
    _rule(
        "a playbook's variables in a quoted argument",
        rf"(?P<kept>(?P<quote>[\"'])--extra[-_]vars=){_UNMASKED}(?P<secret>{_UNTIL_QUOTE})",
    ),
    _rule(
        "a playbook's variables",
        rf"(?P<kept>--extra[-_]vars(?:[\"']{_BLANKS},{_BLANKS}|[= \t])){_UNMASKED}"
        rf"(?:{_QUOTED}|(?P<secret>(?:\\.|[^\\\n'])++))",
    ),
    _rule("a cookie", rf"(?P<kept>\b(?:set-)?cookie{_CLOSE}[:=]{_BLANKS}){_UNMASKED}(?P<secret>[^\n]++)"),
    _rule(
        "the authorization of a request",
        rf"(?P<kept>authorization{_CLOSE}[:=,]{_BLANKS}(?:[ub]?\\{{0,8}}[\"'])?+(?:{_SCHEMES})?+)"
        rf"{_UNMASKED}(?P<bare>[^\s\"'<>\\]++)",
    ),
    _rule(
        "a token after its scheme",
        rf"(?P<kept>\b(?:token|basic)[ \t]{{1,8}}+)(?=[a-z._~+/=-]{{0,256}}+[0-9])(?={_KEY}{{16}})(?P<bare>{_KEY}++)",
    ),
    _rule("a bearer token", rf"(?P<kept>\bbearer[ \t]{{1,8}}+)(?P<bare>{_KEY}{{8,}}+)"),
    _rule("a password in an iRODS URL", rf"(?P<kept>irods://){_UNMASKED}(?P<secret>[^\s\"'<>]{{1,512}})(?=@)"),
    _rule(
        "a password in a URL",
        rf"(?P<kept>://){_UNMASKED}(?P<secret>[^\s/?#\"'<>@]{{0,256}}+(?:@[^\s/?#\"'<>@]{{1,256}}+){{0,4}})(?=@)",
    ),
    _rule(
        "an option of a command",
        rf"(?P<kept>(?<![\w-])--?[a-z_-]{{0,40}}{_OPTIONS}[a-z_-]{{0,24}}+"
        rf"(?:=|[ \t]{{1,8}}+|[\"']{_BLANKS},{_BLANKS})){_VALUE}",
    ),
    _rule(
        "a login of curl",
        rf"(?P<kept>(?<![\w-])(?:-u|--user)[ =][\"']?[^\s:\"']{{1,64}}:){_UNMASKED}(?P<bare>[^\s\"']++)",
    ),
    _rule(
        "a value after the name of a secret",
        rf"(?P<kept>{_NAMES}[a-z0-9_-]{{0,24}}+{_CLOSE}(?:=>|[:=>]){_BLANKS})(?!(?:none|null)\b){_VALUE}",
    ),
    _rule("a token of an emulated session", rf"(?P<kept>\b{EMULATED})(?P<bare>[a-z0-9_-]++)"),
    _rule(
        "a ticket of CAS",
        r"(?P<kept>\b(?:ST|PT|PGT|PGTIOU|TGT)-)(?P<bare>[0-9]{1,20}-[A-Za-z0-9.-]++)",
        flags=re.NOFLAG,
    ),
    _rule("a token of Keystone", r"\b(?P<bare>gAAAAA[A-Za-z0-9_=-]{40,}+)", flags=re.NOFLAG),
    _rule("a JSON web token", r"\b(?P<bare>eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_.-]++)", flags=re.NOFLAG),
    _rule("a key of Atmosphere's API", r"(?<![0-9a-f-])(?P<bare>[0-9a-f]{40})(?![0-9a-f-])", flags=re.NOFLAG),
)


def mask(text: str) -> str:
    """Return `text` with every likely secret replaced by ``(masked)``. Masking again changes nothing."""
    return _masked(text)[0]


def masked_count(text: str) -> int:
    """Return the number of likely secrets in `text` that `mask` would replace."""
    return _masked(text)[1]


def _masked(text: str) -> tuple[str, int]:
    count = 0

    def counting(replace: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
        def counted(match: re.Match[str]) -> str:
            nonlocal count
            replaced = replace(match)
            count += replaced != match[0]
            return replaced

        return counted

    for rule in RULES:
        text = rule.pattern.sub(counting(_replacement), text)
    return text, count


def _replacement(match: re.Match[str]) -> str:
    groups = match.groupdict()
    kept, opened = groups.get("kept") or "", groups.get("open") or ""
    secret = groups.get("secret") or groups.get("inner") or ""
    rest = ""
    if groups.get("bare"):
        secret = groups["bare"].rstrip(TRAILING)
        rest = groups["bare"][len(secret) :]
    if secret in {"", MARK}:
        return match[0]
    kind = EMULATED if secret.startswith(EMULATED) and not kept.endswith(EMULATED) else ""
    return f"{kept}{opened}{kind}{MARK}{rest}"
