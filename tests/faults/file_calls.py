"""File system calls on a home that fail one by one: opening, writing, syncing, renaming, removing, making folders."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.engine.crashes import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EROFS": errno.EROFS, "EDQUOT": errno.EDQUOT}
SHORT = "a short write"  # the kernel takes half of the bytes and reports no error


@dataclass
class FileCalls:
    """The calls on files below a folder, one of which fails.

    Attributes:
        folder: The folder.
        at: The number of the call that fails, from 0; None if none does.
        error: A name of `ERRORS`, or `SHORT`.
        calls: The calls so far, as ``write journal.jsonl``.
    """

    folder: Path
    at: int | None = None
    error: str = "EIO"
    calls: list[str] = field(default_factory=list)
    _files: dict[int, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Count the calls, and let one of them fail."""
        with contextlib.ExitStack() as stack:
            for name in ("open", "mkdir", "unlink", "replace", "rename"):
                stack.enter_context(replaced(os, name, self._on_path(name)))
            stack.enter_context(replaced(os, "fsync", self._fsync))
            stack.enter_context(replaced(os, "fdopen", self._fdopen))
            yield

    def _reach(self, call: str) -> None:
        number = len(self.calls)
        self.calls.append(call)
        if number == self.at and self.error in ERRORS:
            raise OSError(ERRORS[self.error], os.strerror(ERRORS[self.error]))

    def _on_path(self, name: str) -> Any:
        def call(real: Any, path: Any, *args: Any, **options: Any) -> Any:
            is_ours = isinstance(path, str | os.PathLike) and str(path).startswith(str(self.folder))
            if is_ours:
                self._reach(f"{name} {os.path.basename(path)}")  # noqa: PTH119 - a path of any kind
            result = real(path, *args, **options)
            if name == "open" and is_ours:
                self._files[result] = os.path.basename(path)  # noqa: PTH119 - as above
            return result

        return call

    def _fsync(self, real: Any, descriptor: int) -> None:
        if descriptor in self._files:
            self._reach(f"fsync {self._files[descriptor]}")
        real(descriptor)

    def _fdopen(self, real: Any, descriptor: int, *args: Any, **options: Any) -> Any:
        stream = real(descriptor, *args, **options)
        return _Stream(stream, self, self._files[descriptor]) if descriptor in self._files else stream


@dataclass
class _Stream:
    """An open file whose writes count."""

    stream: Any
    counted: FileCalls
    name: str

    def write(self, data: Any) -> Any:
        """Write all, nothing, or half."""
        is_raw = isinstance(self.stream, io.FileIO)  # a buffered file writes the rest itself
        is_short = is_raw and self.counted.error == SHORT and len(self.counted.calls) == self.counted.at
        self.counted._reach(f"write {self.name}")
        return self.stream.write(data[: len(data) // 2] if is_short else data)

    def __getattr__(self, name: str) -> Any:
        """Return what the file has."""
        return getattr(self.stream, name)

    def __enter__(self) -> Self:
        """Open."""
        self.stream.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.stream.__exit__(*error)
