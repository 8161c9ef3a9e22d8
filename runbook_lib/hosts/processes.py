"""Which Celery workers run on a host: each node's parent process, told apart by pid and start, and its children."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.hosts.command import Host

LIST = ("ps", "-ww", "-e", "-o", "pid=", "-o", "ppid=", "-o", "args=")
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
        command: The whole command line.
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
class _Row:
    pid: int
    parent: int
    command: str


def nodes(host: Host) -> tuple[Node, ...]:
    """Return every Celery worker on the host, by name and pid. Reads the process table, and the start of each.

    Raises:
        Refused: There is no way to the host, or its processes can't be listed.
        NotConnected: The host was not reached.

    Source: a worker's pool has its parent's command line, so the parent is the one whose own parent is no worker.
    """
    listed = host.read(LIST)
    if listed.exit_code:
        raise Refused(
            what=f"the processes of {host.name} can't be listed",
            why=listed.output[-300:],
            next_step=f"run this there by hand: {' '.join(LIST)}; it needs the ps of procps",
        )
    rows = [row for line in listed.output.splitlines() for row in _rows(line) if _is_worker(row.command)]
    pids = {row.pid for row in rows}
    parents = [row for row in rows if row.parent not in pids and not _CHILD.match(row.command)]
    starts = _starts(host, [row.pid for row in parents])
    found = [
        Node(
            name=_name(row.command),
            pid=row.pid,
            start=starts[row.pid],
            queues=_queues(row.command),
            command=row.command,
            children=tuple(sorted(child.pid for child in rows if child.parent == row.pid)),
        )
        for row in parents
        if row.pid in starts
    ]
    return tuple(sorted(found, key=lambda node: (node.name, node.pid)))


def _rows(line: str) -> Iterator[_Row]:
    if parts := re.match(r"\s*(\d+)\s+(\d+)\s+(\S.*)$", line):
        yield _Row(int(parts[1]), int(parts[2]), parts[3].rstrip())


def _starts(host: Host, pids: Sequence[int]) -> dict[int, int]:
    """Return pid → start; a process that has ended meanwhile is left out."""
    if not pids:
        return {}
    read = host.read(["cat", *(f"/proc/{pid}/stat" for pid in pids)])
    starts = {}
    for line in read.output.splitlines():
        pid, _, rest = line.partition(" (")
        fields = rest.rpartition(") ")[2].split()
        if pid.isdecimal() and len(fields) > _START:
            starts[int(pid)] = int(fields[_START])
    return starts


def _is_worker(command: str) -> bool:
    """Tell whether a command line is a worker's own: not a pager's with its name, nor a shell's or sudo's around it."""
    if command.startswith("[celeryd: "):
        return True
    words = command.split()
    program = PurePath(words[0]).name
    rest = words[1:] if program.startswith("python") else words
    before = [PurePath(word).name for word in rest[: rest.index("worker")]] if "worker" in rest else []
    return "celery" in before and (program.startswith("python") or program == "celery")


def _name(command: str) -> str:
    if title := _TITLE.match(command):
        return title["node"]
    return _option(command, "-n", "--hostname") or "celery"


def _queues(command: str) -> tuple[str, ...]:
    return tuple(sorted(filter(None, _option(command, "-Q", "--queues").split(","))))


def _option(command: str, short: str, long: str) -> str:
    """Return an option's value in any of its spellings; empty when it is not there."""
    words = re.sub(r"[()]", " ", command).split()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in {short, long}:
            return following
        if word.startswith(f"{long}="):
            return word.partition("=")[2]
        if word.startswith(short) and not word.startswith("--") and word != short:
            return word.removeprefix(short)
    return ""
