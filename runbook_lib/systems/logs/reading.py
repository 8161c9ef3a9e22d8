"""Read a log file as a stream, with limited lines and the readable part of damaged gzip files; regular files only."""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LINE_BYTES = 16_384  # longer lines are truncated
_BLOCK = 65_536
_LINES_BETWEEN = 256
_PACKED = 4_096
_UNPACKED = 262_144  # maximum per step, since a small file can decompress to a very large one
_GZIP = 31  # zlib's value for a gzip header and checksum
# Control characters except the tab, and characters that reverse or hide the text around them.
_HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class UnreadableError(Exception):
    """A file can't be read, or not to its end; the message has the reason."""


class RawLine(NamedTuple):
    """One line.

    Attributes:
        number: Its number, from 1.
        text: The text without the line end; invalid UTF-8 and control characters are shown as escapes.
        is_truncated: Whether it was longer than `LINE_BYTES`.
    """

    number: int
    text: str
    is_truncated: bool


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading, without waiting for a pipe or device and without following a link.

    Raises:
        UnreadableError: It is not a regular file, or may not be read.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableError(str(error.strerror)) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise UnreadableError("it is not a regular file")
    with open(number, "rb", buffering=_BLOCK) as stream:  # noqa: PTH123 - a descriptor has no path
        yield stream


def lines(stream: BinaryIO, *, packed: bool, check: Callable[[], None]) -> Iterator[RawLine]:
    """Yield the lines of a file, with at most `LINE_BYTES` of each line in memory.

    Args:
        stream: The file.
        packed: Whether it is gzip.
        check: Called every few hundred lines and within a long line; can raise to stop.

    Raises:
        UnreadableError: The file is incomplete or damaged, or the disk fails. All lines before that were yielded.
    """
    unpacked = _Unpacked(stream) if packed else None
    source: BinaryIO = io.BufferedReader(unpacked, _BLOCK) if unpacked else stream
    number = 0
    while True:
        if number % _LINES_BETWEEN == 0:
            check()
        try:
            piece = source.readline(LINE_BYTES)
        except OSError as error:
            raise UnreadableError(str(error.strerror or error)) from error
        if not piece:
            break
        number += 1
        is_complete = piece.endswith(b"\n") and not piece.startswith(b"\0")
        kept, is_truncated = (piece, False) if is_complete else _read_line(source, piece, check)
        if kept:
            text = kept.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "backslashreplace")
            yield RawLine(number, text if text.isprintable() else visible(text), is_truncated)
    if unpacked and unpacked.trouble:
        raise UnreadableError(unpacked.trouble)


def visible(text: str) -> str:
    """Return `text` with every control character, and every character that hides others, shown as its escape."""
    return _HIDDEN.sub(lambda match: _escaped(match[0]), text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _read_line(source: BinaryIO, piece: bytes, check: Callable[[], None]) -> tuple[bytes, bool]:
    """Return the line that begins with `piece`, and whether it was truncated.

    If a file was emptied while its writer kept its position, it begins with NUL bytes, which are removed.
    """
    kept = piece.lstrip(b"\0")
    is_truncated = False
    while not piece.endswith(b"\n"):
        check()
        piece = source.readline(LINE_BYTES)
        if not piece:
            break
        kept = kept + piece if kept else piece.lstrip(b"\0")
        if len(kept.rstrip(b"\r\n")) > LINE_BYTES:
            kept, is_truncated = kept[:LINE_BYTES], True
    return kept, is_truncated


class _Unpacked(io.RawIOBase):
    """The readable content of a gzip file; `trouble` is the reason for an early end."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._zlib = zlib.decompressobj(_GZIP)
        self._between = False  # whether one gzip stream ended, and another might follow
        self._waiting = b""  # compressed bytes that were read but not decompressed yet
        self._ready = b""
        self.trouble = ""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with the next bytes and return their number; 0 at the end."""
        while not self._ready and self._more():
            pass
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _more(self) -> bool:
        """Decompress one step; return whether there might be more."""
        if self.trouble:
            return False
        fresh = self._waiting or self._packed.read(_PACKED)
        if self._between:
            self._waiting = fresh.lstrip(b"\0")  # disk and tape blocks are padded with zeros
            if not self._waiting:
                return bool(fresh)
            self._zlib, self._between = zlib.decompressobj(_GZIP), False
        else:
            self._waiting = fresh
        self._step()
        return True

    def _step(self) -> None:
        before = self._zlib.copy()
        try:
            self._ready = self._zlib.decompress(self._waiting, _UNPACKED) if self._waiting else self._zlib.flush()
        except zlib.error:
            self._salvage(before)
            self.trouble = "the gzip file is damaged; the part after the damage can't be read"
            return
        if self._zlib.eof:
            self._between, self._waiting = True, self._zlib.unused_data
        elif self._waiting:
            self._waiting = self._zlib.unconsumed_tail
        else:
            self.trouble = "the gzip file is incomplete"

    def _salvage(self, unpacker: zlib._Decompress) -> None:
        """Decompress the failed step byte by byte, up to the damage."""
        saved = bytearray()
        with contextlib.suppress(zlib.error):
            for place in range(len(self._waiting)):
                saved += unpacker.decompress(self._waiting[place : place + 1], _UNPACKED)
        self._ready = bytes(saved)
