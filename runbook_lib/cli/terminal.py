"""The terminal of the command line: its width, its colors, and characters that it can show.

Colors only repeat what signs and words say. They appear on a terminal alone, and not with ``NO_COLOR`` or
``TERM=dumb``. A pipe gets the plain text.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from rich.text import Text

_SIGN = re.compile(r"\s+(?P<sign>[-+~]) (?P<name>\S+)  (?P<values>.*)")
_STYLES = {"+": "green", "-": "red"}
_LINES = (
    (re.compile(r"\s*irreversible: .*|.*\(irreversible\)$"), "bold red"),
    (re.compile(r"Practice mode: .*"), "cyan"),
    (re.compile(r"\s+\d+ unchanged$"), "dim"),
    (re.compile(r"(Plan [0-9a-f]{12}, |Next:$|\w[^:]*:$).*"), "bold"),
)
_ASCII = str.maketrans({"→": "->", "…": "..."})


def width(stream: TextIO | None) -> int | None:
    """Return the characters of a line on the stream's terminal; None if it is not a terminal."""
    return shutil.get_terminal_size().columns if stream and stream.isatty() else None


def printable(text: str, stream: TextIO | None) -> str:
    """Return a text with ASCII in place of the signs that the stream's encoding lacks, such as the arrow in Latin-1."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return text.translate(_ASCII)
    return text


def colored(text: str, stream: TextIO) -> str:
    """Return a text with the colors that the stream's terminal shows; unchanged if it shows none."""
    from rich.console import Console  # noqa: PLC0415 - slow to import; a pipe and --json need none

    console = Console(file=stream, highlight=False, soft_wrap=True)
    if console.color_system is None:
        return text
    with console.capture() as capture:
        for line in _styled(text):
            console.print(line, soft_wrap=True)
    return capture.get().removesuffix("\n")


@contextlib.contextmanager
def status(stream: TextIO | None) -> Iterator[Callable[[Sequence[str]], None]]:
    """Yield a function that shows which sources a terminal's user waits for; on other streams it shows nothing."""
    if not stream or not stream.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - as above

    line = Console(file=stream).status("")

    def show(pending: Sequence[str]) -> None:
        if not pending:
            line.stop()
            return
        line.update(f"waiting for {', '.join(pending)}")
        line.start()

    try:
        yield show
    finally:
        line.stop()


def _styled(text: str) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - as above

    for line in text.split("\n"):
        if match := _SIGN.fullmatch(line):
            yield _difference(line, match)
        else:
            yield Text(line, style=next((style for pattern, style in _LINES if pattern.fullmatch(line)), ""))


def _difference(line: str, match: re.Match[str]) -> Text:
    from rich.text import Text  # noqa: PLC0415 - as above

    styled = Text(line, style=_STYLES.get(match["sign"], ""))
    before, arrow, after = match["values"].rpartition(" → ")
    if arrow and match["sign"] == "~":
        start = match.start("values")
        styled.stylize("red", start, start + len(before))
        styled.stylize("green", len(line) - len(after))
    return styled
