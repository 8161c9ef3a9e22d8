"""Read a log file as a stream: bounded lines, damaged gzip as far as it goes, nothing that is no plain file."""

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

LINE_BYTES = 16_384  # of a longer line, the rest is left out
_BLOCK = 65_536
_LINES_BETWEEN = 256
_PACKED = 4_096
_UNPACKED = 262_144  # at most, of one step: a small file may unpack to a very large one
_GZIP = 31  # zlib's way of saying: with gzip's head and checksum
# Control characters but the tab, and those that turn or hide what is around them.
_HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class UnreadableError(Exception):
    """A file can't be read, or not to its end; the message says why."""


class RawLine(NamedTuple):
    """One line.

    Attributes:
        number: Its number, from 1.
        text: Without its end; what is no UTF-8 and what a terminal would obey is written as its escape.
        cut: Whether it was longer than `LINE_BYTES`.
    """

    number: int
    text: str
    cut: bool


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file for reading; a pipe or device is not waited for, a link not followed.

    Raises:
        UnreadableError: It is something else, or may not be read.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableError(str(error.strerror)) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise UnreadableError("it is no plain file")
    with open(number, "rb", buffering=_BLOCK) as stream:  # noqa: PTH123 - a descriptor has no path
        yield stream


def lines(stream: BinaryIO, *, packed: bool, check: Callable[[], None]) -> Iterator[RawLine]:
    """Yield the lines of a file, at most `LINE_BYTES` of each in memory.

    Args:
        stream: The file.
        packed: Whether it is gzip.
        check: Called every few hundred lines, and within a long one; it may raise to end the work.

    Raises:
        UnreadableError: The file ends early, is damaged, or the disk fails; every line before that was yielded.
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
        whole = piece.endswith(b"\n") and not piece.startswith(b"\0")
        kept, cut = (piece, False) if whole else _rest_of(source, piece, check)
        if kept:
            text = kept.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "backslashreplace")
            yield RawLine(number, text if text.isprintable() else visible(text), cut)
    if unpacked and unpacked.trouble:
        raise UnreadableError(unpacked.trouble)


def visible(text: str) -> str:
    """Return `text` with every character that a terminal obeys, or that hides others, written as its escape."""
    return _HIDDEN.sub(lambda found: _escaped(found[0]), text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _rest_of(source: BinaryIO, piece: bytes, check: Callable[[], None]) -> tuple[bytes, bool]:
    """Return what is kept of the line that begins with `piece`, and whether more was left out.

    A file that was emptied while its writer kept its place begins with a run of NUL bytes, however long: they go.
    """
    kept = piece.lstrip(b"\0")
    cut = False
    while not piece.endswith(b"\n"):
        check()
        piece = source.readline(LINE_BYTES)
        if not piece:
            break
        kept = kept + piece if kept else piece.lstrip(b"\0")
        if len(kept.rstrip(b"\r\n")) > LINE_BYTES:
            kept, cut = kept[:LINE_BYTES], True
    return kept, cut


class _Unpacked(io.RawIOBase):
    """The contents of a gzip file, as far as they can be read; `trouble` says why there is no more."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._zlib = zlib.decompressobj(_GZIP)
        self._between = False  # whether one gzip stream ended, and another may begin
        self._waiting = b""  # packed bytes that were read and not unpacked yet
        self._ready = b""
        self.trouble = ""

    def readable(self) -> bool:
        """Say that it is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what comes next; 0 at the end."""
        while not self._ready and self._more():
            pass
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _more(self) -> bool:
        """Unpack one step; return whether there may be more."""
        if self.trouble:
            return False
        fresh = self._waiting or self._packed.read(_PACKED)
        if self._between:
            self._waiting = fresh.lstrip(b"\0")  # a block of a disk or tape is filled up with zeros
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
            self.trouble = "the gzip file is damaged; what comes after the damage can't be read"
            return
        if self._zlib.eof:
            self._between, self._waiting = True, self._zlib.unused_data
        elif self._waiting:
            self._waiting = self._zlib.unconsumed_tail
        else:
            self.trouble = "the gzip file is cut off"

    def _salvage(self, unpacker: zlib._Decompress) -> None:
        """Unpack the step that failed byte by byte, up to the damage."""
        saved = bytearray()
        with contextlib.suppress(zlib.error):
            for place in range(len(self._waiting)):
                saved += unpacker.decompress(self._waiting[place : place + 1], _UNPACKED)
        self._ready = bytes(saved)
