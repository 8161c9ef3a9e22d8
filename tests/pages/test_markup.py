"""Pieces of Markdown."""

from __future__ import annotations

import pytest

from runbook_lib.pages import markup


@pytest.mark.parametrize(
    ("text", "ticks"),
    [("plain", "```"), ("``` inside", "````"), ("````` inside", "``````"), ("`one`", "```")],
    ids=["plain", "three", "five", "one"],
)
def test_fence_is_longer_than_what_it_holds(text: str, ticks: str) -> None:
    """No output can close the block that shows it."""
    assert f"{ticks}sh\n{text}\n{ticks}\n" == markup.fence(text, "sh")


def test_terminal_colors_are_taken_out() -> None:
    """Colors and links for terminals leave no trace."""
    assert "green link" == markup.plain("\n\x1b[1;32mgreen\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07\n")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("joetest", "`joetest`"), ("a`b", "`` a`b ``"), ("", "(empty)"), (1144, "`1144`"), ("a\nb", "`a b`")],
)
def test_any_value_can_be_inline_code(value: object, shown: str) -> None:
    """Backticks, line breaks and an empty text don't break the line."""
    assert shown == markup.code(value)


def test_pipe_does_not_open_a_column() -> None:
    """A pipe is escaped, except in inline code, where Markdown leaves it alone."""
    assert r"| a \| b | `c|d` |" == markup.row(["a | b", "`c|d`"])


def test_output_can_not_close_its_block() -> None:
    """A line of three slashes is text."""
    assert "/// html | div\n\na\n\\/// b\n\n///\n" == markup.block("div", "a\n/// b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>x</script>", "&lt;script>x&lt;/script>"),
        ("`<b>` and <b>", "`<b>` and &lt;b>"),
        ("## Title ##", "**Title**"),
        ("```sh\n# no heading <b>\n```\n# heading", "```sh\n# no heading <b>\n```\n**heading**"),
    ],
    ids=["tag", "tag in code", "heading", "fence"],
)
def test_output_is_tamed(text: str, shown: str) -> None:
    """Tags become text and headings bold lines, except in code."""
    assert shown == markup.tamed(text)


@pytest.mark.parametrize("info", ["", "text", " text"])
def test_block_of_text_in_output_is_marked_as_one(info: str) -> None:
    """It is what a run showed, not a block that somebody wrote; one of commands stays one of commands."""
    assert "~~~~{ .text .no-copy }\n<a>\n~~~~" == markup.tamed(f"~~~~{info}\n<a>\n~~~~")
    assert "```sh\nrunbook list\n```" == markup.tamed("```sh\nrunbook list\n```")


def test_only_tables_are_stacked() -> None:
    """Prose, a table in a fence, a lone pipe and the cells of a table do not change."""
    plain = "a | b\n\n```\n| A | B |\n| - | - |\n```\n| lone |"
    written = "| A | *`B`* |\n|---|:-:|\n| 1 | `x|y` \\| z |"
    expected = "/// html | div.rb-stack\n\n| A | *`B`* |\n|---|:-:|\n| 1 | `x|y` \\| z |\n\n///"

    assert plain == markup.stacked(plain)
    assert expected == markup.stacked(written)
