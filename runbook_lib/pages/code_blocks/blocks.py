"""List every code block of the pages with its proof, or the reason why it is only displayed."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sybil import Document
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from runbook_lib.pages.code_blocks import shell
from runbook_lib.pages.markup import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

EXECUTED, STAND_IN, DISPLAY, UNACCOUNTED = "executed", "stand-in", "display", "unaccounted"
_LEXER = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
# A comment before a fence, in a line of its own; browsers do not display it.
MARK = re.compile(r"<!-- fence: (?P<kind>display|prints): (?P<text>[^\n]*?) -->\s*\Z")
_ANY_MARK = re.compile(r"<!--[^\n>]*\bfence\b[^\n]*-->")
_GENERATED_OUTPUT = ".no-copy"
_REASON_LETTERS = 12  # "an example" is not a reason
_SHELLS = frozenset({"sh", "bash", "shell", "console"})


@dataclass(frozen=True)
class Fence:
    """One code block of one page.

    Attributes:
        page: The path of the page's source below the folder of the sources, e.g. ``runbooks/grant-staff.md``.
        line: The line of the opening fence, from 1.
        language: The first word of the info line, without a dot; can be empty.
        text: The text between the fences, without their indentation.
        status: ``executed``, ``stand-in``, ``display`` or ``unaccounted``.
        runner: The proof: ``repl``, ``cell``, ``output``, ``printed``, ``runbook``, ``shell``, ``stand-in``.
        why: The reason why it is only displayed, or the missing proof.
        mark: ``prints``, if it has that mark.
        marked: The text of that mark.
    """

    page: str
    line: int
    language: str
    text: str
    status: str
    runner: str = ""
    why: str = ""
    mark: str = ""
    marked: str = ""

    @property
    def place(self) -> str:
        """The page and the line, in the format of editors."""
        return f"{self.page}:{self.line}"


def fences(docs: Path) -> tuple[Fence, ...]:
    """Return every fence of every Markdown file below a folder, in the order of the pages. Writes nothing."""
    files = sorted(docs.rglob("*.md"))
    return tuple(
        fence
        for path in files
        for fence in of_page(path.read_text(encoding="utf-8"), page=path.relative_to(docs).as_posix())
    )


def of_page(text: str, *, page: str) -> tuple[Fence, ...]:
    """Return the fences of one page."""
    blocks: list[Fence] = []
    document = Document(text, page)
    end = 0
    for region in sorted(_LEXER(document), key=lambda fence: fence.start):
        if region.start < end:
            continue  # displayed inside another fence
        between = text[end : region.start]
        info = str(region.lexemes["info"]).strip()
        line = text.count("\n", 0, region.start) + 1
        blocks.append(_fence(page, line, info, str(region.lexemes["source"]), between, blocks[-1] if blocks else None))
        end = region.end
    return tuple(blocks)


def _fence(page: str, line: int, info: str, text: str, between: str, before: Fence | None) -> Fence:  # noqa: PLR0913, PLR0917 - all that a fence is made of
    options = info.strip("{}").split()
    language = options[0].lstrip(".") if options else ""
    mark = MARK.search(between)
    kind, marked = (mark["kind"], mark["text"].strip()) if mark else ("", "")
    status, runner, why = UNACCOUNTED, "", ""
    if not mark and (wrong := _ANY_MARK.search(between)):
        why = f"unknown mark: {wrong[0]}"
    elif kind == "display":
        enough = len(re.sub(r"\W", "", marked)) >= _REASON_LETTERS
        status, why = (DISPLAY, marked) if enough else (UNACCOUNTED, "its mark gives no reason")
    else:
        status, runner, why = _proof(page, info, language, text, before)
        if runner == "shell" and kind != "prints":
            status, why = UNACCOUNTED, "its output is not declared: <!-- fence: prints: PATTERN -->"
    return Fence(page, line, language, text, status, runner, why, kind if kind != "display" else "", marked)


def _proof(page: str, info: str, language: str, text: str, before: Fence | None) -> tuple[str, str, str]:
    """Return the status, the runner, and the missing proof or the reason."""
    generated = page.startswith("runbooks/")
    if language == "python" and not generated:
        return (
            UNACCOUNTED,
            "",
            "lines for the Django shell belong to a procedure's REPL tab, where tests compare them",
        )
    if language == "python":
        return EXECUTED, "cell" if generated and re.match(r"\s*run\.\w+\(", text) else "repl", ""
    if language in _SHELLS:
        return _shell(text)
    if language == "text" and generated and _GENERATED_OUTPUT in info:
        return EXECUTED, "output", ""
    if language == "text" and before and before.runner == "runbook":
        return EXECUTED, "printed", ""
    return UNACCOUNTED, "", f"nothing runs {language or 'a block without a language'}, and it is not marked"


def _shell(text: str) -> tuple[str, str, str]:
    try:
        programs = shell.programs(text)
    except ValueError as error:
        return UNACCOUNTED, "", f"the shell cannot parse it: {error}"
    if not programs:
        return UNACCOUNTED, "", "it has no command"
    if unknown := sorted({name for name in programs if shell.kind(name) == "unknown"}):
        return UNACCOUNTED, "", f"nothing runs {', '.join(unknown)} here"
    kinds = {shell.kind(name) for name in programs}
    if "stand-in" in kinds:
        return STAND_IN, "stand-in", ""
    return EXECUTED, "runbook" if "ours" in kinds else "shell", ""


def totals(blocks: Sequence[Fence]) -> Mapping[str, int]:
    """Return status → number of fences, for every status."""
    return {
        status: sum(fence.status == status for fence in blocks) for status in (EXECUTED, STAND_IN, DISPLAY, UNACCOUNTED)
    }


def lines(blocks: Sequence[Fence]) -> Iterator[str]:
    """Yield one line per fence, then a line with the totals."""
    for fence in blocks:
        first = fence.text.strip().splitlines()[:1] or ["(empty)"]
        yield f"{fence.status:11} {fence.runner:8} {fence.place}  {fence.why or first[0][:60]}"
    counted = totals(blocks)
    runnable = counted[EXECUTED] + counted[STAND_IN]
    share = f"; executed of those that can run: {counted[EXECUTED] / runnable:.0%}" if runnable else ""
    yield ", ".join(f"{number} {status}" for status, number in counted.items()) + share


_MEANING = {
    EXECUTED: "The tests run it unchanged and compare its effect or output, or such a run produced it.",
    STAND_IN: "The tests run it in a real shell. A stand-in replaces a command that cannot exist in a test, knows its "
    "subcommands, options and values, and rejects all others.",
    DISPLAY: "Only displayed. The reasons are below.",
    UNACCOUNTED: "None of the above; the build fails.",
}


def fences_page(blocks: Sequence[Fence]) -> str:
    """Return ``reference/code-blocks.md``: the number of blocks on the pages, and their proofs."""
    counted = totals(blocks)
    rows = [(f"{number}", status, _MEANING[status]) for status, number in counted.items()]
    shown = [(_link(fence), fence.why) for fence in blocks if fence.status == DISPLAY]
    reasons = table(("Page", "Why its block is only displayed"), shown) if shown else "None.\n"
    return (
        "---\ndescription: The number of code blocks on this site, and the proof of each.\n---\n\n"
        "# Code blocks\n\nEvery code block of this site is accounted for. A block that is not run and has no "
        "reason stops the build. Further tests damage the blocks, and check that each damaged block fails.\n\n"
        + table(("Blocks", "Status", "Meaning"), rows)
        + "\n## Only displayed\n\n"
        + reasons
    )


def _link(fence: Fence) -> str:
    return f"[{code(fence.page.removesuffix('.md'))}](../{fence.page})"


def main(arguments: Sequence[str]) -> int:
    """Print the list for a folder; return 1 if a fence is unaccounted for, or if there are no fences."""
    blocks = fences(Path(arguments[0]))
    sys.stdout.writelines(f"{line}\n" for line in lines(blocks))
    return int(not blocks or bool(totals(blocks)[UNACCOUNTED]))
