"""Which Celery workers run on a host: each node's parent process, told apart by pid and start, and its children."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.systems.host.command import Host

LIST = ("ps", "-ww", "-e", "-o", "pid=", "-o", "ppid=", "-o", "args=")
# Before the files /proc/PID/cmdline: each word of each, as ``file NUL word NUL``. ps would join the words with blanks.
WORDS = ("grep", "-saz", "-HZ", "-e", "^")
_LOOKS, _PAUSE = 5, 0.2  # seconds between two
_START = 19  # the place of the start time among the fields of /proc/PID/stat that follow the name
_TITLE = re.compile(r"\[celeryd: (?P<node>[^\]:]+):MainProcess\]")  # where Celery sets its title
_CHILD = re.compile(r"\[celeryd: [^\]:]+:(?!MainProcess)")


@dataclass(frozen=True)
class Node:
    """One Celery node as a process of the host.

    Attributes:
        name: The node's name, such as ``imaging@atmo-prod``.
        pid: Its parent process, the one that is asked to finish.
        start: When that process began, in clock ticks after the host's boot: with the pid, no other process ever.
        queues: The queues on its command line.
        command: The whole command line, quoted as a shell wants it; Celery's title, where it sets one.
        children: The pids of its pool; they come and go.
    """

    name: str
    pid: int
    start: int
    queues: tuple[str, ...]
    command: str
    children: tuple[int, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Return the process in words; equal words are the same process."""
        return f"{self.name} pid {self.pid} start {self.start}"

    def is_called(self, worker: str) -> bool:
        """Tell whether the broker's name of a worker is this one's; ``%h`` on a command line stands for the host."""
        if "%" in self.name or "@" not in self.name:
            return worker.partition("@")[0] == self.name.partition("@")[0]
        return worker == self.name


@dataclass(frozen=True)
class _Process:
    """One process of the host whose command line has to do with Celery, as it stood when it was looked at."""

    pid: int
    parent: int
    start: int
    words: tuple[str, ...]

    @property
    def is_titled(self) -> bool:
        """Tell whether Celery replaced the command line by its title, one text in which blanks part the words."""
        return self.words[0].startswith("[celeryd: ")


def nodes(host: Host) -> tuple[Node, ...]:
    """Return every Celery worker on the host, by name and pid. Reads the process table, then /proc.

    Raises:
        Refused: There is no way to the host, or its processes or a command line can't be read.
        NotConnected: The host was not reached.

    Source: a worker's pool has its parent's command line, so the parent is the one whose own parent is no worker.
    """
    workers = [process for process in _processes(host) if _is_worker(process)]
    pids = {process.pid for process in workers}
    found = [
        Node(
            name=_name(process),
            pid=process.pid,
            start=process.start,
            queues=tuple(sorted(filter(None, _option(process, "-Q", "--queues").split(",")))),
            command=process.words[0] if process.is_titled else shlex.join(process.words),
            children=tuple(sorted(child.pid for child in workers if child.parent == process.pid)),
        )
        for process in workers
        if process.parent not in pids and not _CHILD.match(process.words[0])
    ]
    return tuple(sorted(found, key=lambda node: (node.name, node.pid)))


def _processes(host: Host) -> list[_Process]:
    """Return the processes that have "celery" in their command line; one that ends meanwhile is left out.

    A process that just starts another program, or is about to end, has no command line for a moment: then all is read
    anew. One that keeps having none can't be told from a worker.
    """
    for _ in range(_LOOKS):
        listed = host.read(LIST)
        if listed.exit_code:
            raise _unreadable(host, LIST, listed.output[-300:])
        rows = [re.match(r"\s*(\d+)\s+(\d+)\s.*celery", line) for line in listed.output.splitlines()]
        parents = {int(row[1]): int(row[2]) for row in rows if row}
        if not parents:
            return []
        command = (*WORDS, *(f"/proc/{pid}/cmdline" for pid in parents))
        read = host.read(command)
        words, starts = _words(read.output), _starts(host, list(parents))
        unread = starts.keys() - words.keys()
        if not unread:
            return [_Process(pid, parents[pid], start, words[pid]) for pid, start in starts.items()]
        time.sleep(_PAUSE)
    # What was read of others is not shown: a command line may hold a password.
    told = "" if "\0" in read.output else read.output[-300:]
    raise _unreadable(host, command, told or f"no command line was found of {', '.join(map(str, sorted(unread)))}")


def _unreadable(host: Host, command: Sequence[str], why: str) -> Refused:
    return Refused(
        what=f"the processes of {host.name} can't be listed",
        why=why,
        next_step=f"run this there by hand: {shlex.join(command)}; it needs Linux with the ps of procps and GNU grep",
    )


def _words(output: str) -> dict[int, tuple[str, ...]]:
    """Return pid → the words of its command line; without the padding that a title leaves behind it."""
    words: dict[int, list[str]] = {}
    parts = output.split("\0")
    for file, word in zip(parts[::2], parts[1::2], strict=False):
        if match := re.search(r"^/proc/(\d+)/cmdline\Z", file, re.MULTILINE):
            words.setdefault(int(match[1]), []).append(word)
    for found in words.values():
        while found[1:] and not found[-1]:
            found.pop()
    return {pid: tuple(found) for pid, found in words.items()}


def _starts(host: Host, pids: Sequence[int]) -> dict[int, int]:
    """Return pid → start; a process that has ended meanwhile, or has but to be reaped, is left out."""
    read = host.read(["cat", *(f"/proc/{pid}/stat" for pid in pids)])
    starts = {}
    for line in read.output.splitlines():
        pid, _, rest = line.partition(" (")
        fields = rest.rpartition(") ")[2].split()
        if pid.isdecimal() and len(fields) > _START and fields[0] != "Z":
            starts[int(pid)] = int(fields[_START])
    return starts


def _is_worker(process: _Process) -> bool:
    """Tell whether a command line is a worker's own: not a pager's with its name, nor a shell's or sudo's around it."""
    if process.is_titled:
        return True
    program = PurePath(process.words[0]).name
    rest = process.words[1:] if program.startswith("python") else process.words
    before = [PurePath(word).name for word in rest[: rest.index("worker")]] if "worker" in rest else []
    return "celery" in before and (program.startswith("python") or program == "celery")


def _name(process: _Process) -> str:
    if title := _TITLE.match(process.words[0]):
        return title["node"]
    return _option(process, "-n", "--hostname") or "celery"


def _option(process: _Process, short: str, long: str) -> str:
    """Return an option's value in any of its spellings; empty when it is not there."""
    words = re.sub(r"[()]", " ", process.words[0]).split() if process.is_titled else list(process.words)
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in {short, long}:
            return following
        if word.startswith(f"{long}="):
            return word.partition("=")[2]
        if word.startswith(short) and not word.startswith("--") and word != short:
            return word.removeprefix(short)
    return ""
