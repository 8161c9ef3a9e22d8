"""Expressions of Python become expressions of JavaScript; what has no counterpart is refused."""

from __future__ import annotations

import re

import pytest

from runbook_lib.pages.javascript_regex import translate


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ("abc", "abc"),
        (r"a-b\.", r"a\u{2d}b\u{2e}"),
        ("a{1,3}+b", r"(?=(?<_1>(?:a){1,3}))\k<_1>b"),
        ("(?>ab*)c", r"(?=(?<_1>a(?:b)*))\k<_1>c"),
        ("(?P<v>[0-9]+?)x?", r"(?<v>(?:[0-9])+?)(?:x)?"),
        (r"(?P<q>['\"])[^\n]*(?P=q)", r"(?<q>[\u{27}\u{22}])(?:[^\u{a}])*\k<q>"),
        ("(?m:^)x", r"(?:(?<![^\n]))x"),
        (r"\Ax", r"(?<![\s\S])x"),
        ("(?<!a)b(?=c)", "(?<!a)b(?=c)"),
        ("(?:ab|cd)", "(?:ab|cd)"),
        ("a.b", r"a[^\n]b"),
        (r"[\w-]", r"[\p{L}\p{N}_\u{2d}]"),
    ],
)
def test_parts_have_counterparts(pattern: str, source: str) -> None:
    """A browser's tests compare the results on real messages."""
    assert (source, "u") == translate(re.compile(pattern))


def test_case_is_a_flag() -> None:
    """Of the complete expression."""
    assert ("a", "iu") == translate(re.compile("a", re.IGNORECASE))


@pytest.mark.parametrize("pattern", [r"(a)?(?(1)b|c)", r"[\S-]", "(?x) a", r"a\B", r"\d"])
def test_part_without_counterpart_is_refused(pattern: str) -> None:
    """Rather than translated to something else."""
    with pytest.raises(ValueError, match="in "):
        translate(re.compile(pattern))
