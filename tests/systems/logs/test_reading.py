"""Reading as a stream: long lines, damaged gzip, bytes that are no text, files that are none."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from runbook_lib.systems.logs.reading import LINE_BYTES, RawLine, UnreadableError, lines, opened, visible

if TYPE_CHECKING:
    from pathlib import Path


def nothing() -> None:
    """Let the work go on."""


def read(data: bytes, *, packed: bool = False) -> tuple[list[str], str]:
    """Return the lines, and why there are no more."""
    found: list[str] = []
    try:
        for line in lines(io.BytesIO(data), packed=packed, check=nothing):
            found.append(line.text)  # noqa: PERF401 - those before the error count
    except UnreadableError as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"", []),
        (b"a\nb", ["a", "b"]),
        (b"a\r\n\nb\n", ["a", "", "b"]),
        (b"zo\xc3\xab \xff\n", ["zoë \\xff"]),
        (b"\x1b[31mred\x1b[0m \x07\x9b\tTab\n", ["\\x1b[31mred\\x1b[0m \\x07\\x9b\tTab"]),
        ("a\u202eb\u200b\u2028c\n".encode(), ["a\\u202eb\\u200b\\u2028c"]),
        (b"progress 1\rprogress 2\n", ["progress 1\\rprogress 2"]),
        (b"\0" * 100_000 + b"after\n\0\n", ["after", ""]),
        (b"\0" * 100_000, []),
        (b"a\0b\n", ["a\\x00b"]),
    ],
)
def test_lines_are_text_that_a_terminal_shows_and_does_not_obey(data: bytes, texts: list[str]) -> None:
    """Bytes that are no UTF-8, escapes and hidden characters are seen; the hole of an emptied file is passed over."""
    assert (texts, "") == read(data)
    assert (texts, "") == read(gzip.compress(data), packed=True)


@pytest.mark.parametrize(
    ("length", "cut"), [(LINE_BYTES - 1, False), (LINE_BYTES, False), (LINE_BYTES + 1, True), (5 * LINE_BYTES, True)]
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_long_line_is_cut_and_said(length: int, cut: bool, end: bytes) -> None:  # noqa: FBT001 - a table
    """Of a line longer than is kept the beginning is there, and the next line is whole."""
    first, *rest = lines(io.BytesIO(b"x" * length + end + (b"next\n" if end else b"")), packed=False, check=nothing)

    assert RawLine(1, "x" * min(length, LINE_BYTES), cut) == first
    assert [RawLine(2, "next", cut=False)] * bool(end) == rest


def test_a_line_without_end_is_not_held_in_memory() -> None:
    """A hundred megabytes without a line break, packed in a hundred kilobytes, take little memory."""
    packed = gzip.compress(b"x" * 100_000_000)
    tracemalloc.start()
    try:
        (line,) = lines(io.BytesIO(packed), packed=True, check=nothing)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (LINE_BYTES, True) == (len(line.text), line.cut)
    assert peak < 5_000_000


def test_a_gzip_file_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    """All lines before the end are there, and the end is told."""
    data = b"".join(b"line %d %s\n" % (number, os.urandom(12).hex().encode()) for number in range(5000))
    whole = data.decode().splitlines()
    packed = gzip.compress(data)

    for length in (0, 5, len(packed) // 2, len(packed) - 9, len(packed) - 1):
        found, why = read(packed[:length], packed=True)
        assert "the gzip file is cut off" == why
        assert whole[: max(len(found) - 1, 0)] == found[:-1]
    assert whole == found


def test_a_damaged_gzip_file_is_read_up_to_the_damage() -> None:
    """A flipped byte costs what comes after it, not what stands before it."""
    data = b"".join(b"line %d %s\n" % (number, os.urandom(12).hex().encode()) for number in range(5000))
    packed = bytearray(gzip.compress(data))
    half = len(packed) // 2
    packed[half : half + 40] = bytes(40)
    found, why = read(bytes(packed), packed=True)

    assert "the gzip file is damaged; what comes after the damage can't be read" == why
    assert len(found) > 2000
    assert data.decode().splitlines()[:2000] == found[:2000]


def test_what_is_no_gzip_is_told() -> None:
    """A name that ends in .gz proves nothing."""
    assert ([], "the gzip file is damaged; what comes after the damage can't be read") == read(b"text\n", packed=True)


def test_several_gzip_streams_are_one_file() -> None:
    """Parts that were put together, and filled up with zeros, are read to the end."""
    data = gzip.compress(b"a\n") + gzip.compress(b"b\n") + bytes(10_000)

    assert (["a", "b"], "") == read(data, packed=True)


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    """A pipe is not waited for, and a link, a folder or a device not read."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link", ".", "missing"):
        with pytest.raises(UnreadableError), opened(tmp_path / name):
            pass


def test_the_work_can_be_ended(tmp_path: Path) -> None:
    """Whoever asks is asked before each step, within a line too."""
    asked: list[None] = []

    def check() -> None:
        asked.append(None)
        if len(asked) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        list(lines(io.BytesIO(b"x" * 10 * LINE_BYTES), packed=False, check=check))


def test_visible_keeps_ordinary_text() -> None:
    """Letters of all scripts and the tab stay as they are."""
    assert "zoë 東京 \t ✓" == visible("zoë 東京 \t ✓")
