"""Reading as a stream: long lines, damaged gzip, invalid text, and files that are not regular."""

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
    """Do not stop."""


def read(data: bytes, *, packed: bool = False) -> tuple[list[str], str]:
    """Return the lines, and the reason for an early end."""
    texts: list[str] = []
    try:
        for line in lines(io.BytesIO(data), packed=packed, check=nothing):
            texts.append(line.text)  # noqa: PERF401 - the lines before the error count
    except UnreadableError as error:
        return texts, str(error)
    return texts, ""


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
def test_lines_are_safe_for_a_terminal(data: bytes, texts: list[str]) -> None:
    """Invalid UTF-8, escapes and hidden characters become visible; the NUL bytes of an emptied file are skipped."""
    assert (texts, "") == read(data)
    assert (texts, "") == read(gzip.compress(data), packed=True)


@pytest.mark.parametrize(
    ("length", "cut"), [(LINE_BYTES - 1, False), (LINE_BYTES, False), (LINE_BYTES + 1, True), (5 * LINE_BYTES, True)]
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_long_line_is_truncated_and_marked(length: int, cut: bool, end: bytes) -> None:  # noqa: FBT001 - a table
    """The beginning of a too long line is kept, and the next line is intact."""
    first, *rest = lines(io.BytesIO(b"x" * length + end + (b"next\n" if end else b"")), packed=False, check=nothing)

    assert RawLine(1, "x" * min(length, LINE_BYTES), cut) == first
    assert [RawLine(2, "next", is_truncated=False)] * bool(end) == rest


def test_endless_line_is_not_kept_in_memory() -> None:
    """A hundred megabytes without a line break, compressed to a hundred kilobytes, take little memory."""
    packed = gzip.compress(b"x" * 100_000_000)
    tracemalloc.start()
    try:
        (line,) = lines(io.BytesIO(packed), packed=True, check=nothing)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (LINE_BYTES, True) == (len(line.text), line.is_truncated)
    assert peak < 5_000_000


def test_incomplete_gzip_file_is_read_to_its_end() -> None:
    """All lines before the end are read, and the early end is reported."""
    data = b"".join(b"line %d %s\n" % (number, os.urandom(12).hex().encode()) for number in range(5000))
    expected = data.decode().splitlines()
    packed = gzip.compress(data)

    for length in (0, 5, len(packed) // 2, len(packed) - 9, len(packed) - 1):
        texts, why = read(packed[:length], packed=True)
        assert "the gzip file is incomplete" == why
        assert expected[: max(len(texts) - 1, 0)] == texts[:-1]
    assert expected == texts


def test_damaged_gzip_file_is_read_up_to_the_damage() -> None:
    """Damage affects only the part after it."""
    data = b"".join(b"line %d %s\n" % (number, os.urandom(12).hex().encode()) for number in range(5000))
    packed = bytearray(gzip.compress(data))
    half = len(packed) // 2
    packed[half : half + 40] = bytes(40)
    texts, why = read(bytes(packed), packed=True)

    assert "the gzip file is damaged; the part after the damage can't be read" == why
    assert len(texts) > 2000
    assert data.decode().splitlines()[:2000] == texts[:2000]


def test_file_that_is_not_gzip_is_reported() -> None:
    """A name that ends in .gz is not a proof."""
    assert ([], "the gzip file is damaged; the part after the damage can't be read") == read(b"text\n", packed=True)


def test_several_gzip_streams_are_one_file() -> None:
    """Concatenated parts with padding of zeros are read to the end."""
    data = gzip.compress(b"a\n") + gzip.compress(b"b\n") + bytes(10_000)

    assert (["a", "b"], "") == read(data, packed=True)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A pipe does not block, and a link, folder or device is not read."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link", ".", "missing"):
        with pytest.raises(UnreadableError), opened(tmp_path / name):
            pass


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    """The check runs before each step, even within a line."""
    checks: list[None] = []

    def check() -> None:
        checks.append(None)
        if len(checks) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        list(lines(io.BytesIO(b"x" * 10 * LINE_BYTES), packed=False, check=check))


def test_visible_keeps_ordinary_text() -> None:
    """Letters of all scripts and the tab stay unchanged."""
    assert "zoë 東京 \t ✓" == visible("zoë 東京 \t ✓")
