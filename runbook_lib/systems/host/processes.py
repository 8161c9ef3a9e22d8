"""List the Celery workers on a host: each node's parent process, identified by pid and start, and its children."""

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
# With files /proc/PID/cmdline, prints each argument as ``file NUL argument NUL``; ps would join them with spaces.
READ_ARGUMENTS = ("grep", "-saz", "-HZ", "-e", "^")
_ATTEMPTS, _PAUSE_SECONDS = 5, 0.2
_START = 19  # index of the start time among the fields of /proc/PID/stat after the name
_TITLE = re.compile(r"\[celeryd: (?P<node>[^\]:]+):MainProcess\]")  # if Celery sets the process title
_CHILD = re.compile(r"\[celeryd: [^\]:]+:(?!MainProcess)")


@dataclass(frozen=True)
class Node:
    """One Celery node as a process of the host.

    Attributes:
        name: The node's name, such as ``imaging@atmo-prod``.
        pid: Its parent process, which receives the signal to finish.
        start: Start time of that process, in clock ticks since the host's boot; unique together with the pid.
        queues: The queues on its command line.
        command: The complete command line, quoted for a shell, or Celery's process title.
        children: The pids of its pool, which change over time.
    """

    name: str
    pid: int
    start: int
    queues: tuple[str, ...]
    command: str
    children: tuple[int, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Return a text that is equal only for the same process."""
        return f"{self.name} pid {self.pid} start {self.start}"

    def is_called(self, worker: str) -> bool:
        """Return whether the broker's name `worker` means this node; ``%h`` on a command line stands for the host."""
        if "%" in self.name or "@" not in self.name:
            return worker.partition("@")[0] == self.name.partition("@")[0]
        return worker == self.name


@dataclass(frozen=True)
class _Process:
    """One process of the host with "celery" in its command line."""

    pid: int
    parent: int
    start: int
    argv: tuple[str, ...]

    @property
    def is_titled(self) -> bool:
        """Whether Celery replaced the command line with a process title, which is one text with spaces."""
        return self.argv[0].startswith("[celeryd: ")


def nodes(host: Host) -> tuple[Node, ...]:
    """Return every Celery worker on the host, by name and pid. Reads the process table, then /proc.

    The processes of a pool have their parent's command line. The parent is the one whose own parent is not a worker.

    Raises:
        Refused: The host is not configured, or its processes or a command line can't be read.
        NotConnected: The host is not reachable.
    """
    workers = [process for process in _processes(host) if _is_worker(process)]
    pids = {process.pid for process in workers}
    result = [
        Node(
            name=_name(process),
            pid=process.pid,
            start=process.start,
            queues=tuple(sorted(filter(None, _option(process, "-Q", "--queues").split(",")))),
            command=process.argv[0] if process.is_titled else shlex.join(process.argv),
            children=tuple(sorted(child.pid for child in workers if child.parent == process.pid)),
        )
        for process in workers
        if process.parent not in pids and not _CHILD.match(process.argv[0])
    ]
    return tuple(sorted(result, key=lambda node: (node.name, node.pid)))


def _processes(host: Host) -> list[_Process]:
    """Return the processes with "celery" in their command line, without those that end meanwhile.

    A process that starts another program or ends briefly has no command line. In that case everything is read again. A
    process without a command line in every attempt might be a worker, so it is an error.
    """
    for _ in range(_ATTEMPTS):
        listed = host.read(LIST)
        if listed.exit_code:
            raise _unreadable(host, LIST, listed.output[-300:])
        rows = [re.match(r"\s*(\d+)\s+(\d+)\s.*celery", line) for line in listed.output.splitlines()]
        parents = {int(row[1]): int(row[2]) for row in rows if row}
        if not parents:
            return []
        command = (*READ_ARGUMENTS, *(f"/proc/{pid}/cmdline" for pid in parents))
        completed = host.read(command)
        arguments, starts = _arguments(completed.output), _starts(host, list(parents))
        unread = starts.keys() - arguments.keys()
        if not unread:
            return [_Process(pid, parents[pid], start, arguments[pid]) for pid, start in starts.items()]
        time.sleep(_PAUSE_SECONDS)
    # Do not show command lines, which can contain passwords.
    message = "" if "\0" in completed.output else completed.output[-300:]
    pids = ", ".join(map(str, sorted(unread)))
    raise _unreadable(host, command, message or f"there is no command line of process {pids}")


def _unreadable(host: Host, command: Sequence[str], why: str) -> Refused:
    return Refused(
        what=f"the processes of {host.name} can't be listed",
        why=why,
        next_step=f"run this command there: {shlex.join(command)}; it requires Linux, ps of procps, and GNU grep",
    )


def _arguments(output: str) -> dict[int, tuple[str, ...]]:
    """Return pid → the arguments of its command line, without the padding after a process title."""
    arguments: dict[int, list[str]] = {}
    parts = output.split("\0")
    for file, argument in zip(parts[::2], parts[1::2], strict=False):
        if match := re.search(r"^/proc/(\d+)/cmdline\Z", file, re.MULTILINE):
            arguments.setdefault(int(match[1]), []).append(argument)
    for argv in arguments.values():
        while argv[1:] and not argv[-1]:
            argv.pop()
    return {pid: tuple(argv) for pid, argv in arguments.items()}


def _starts(host: Host, pids: Sequence[int]) -> dict[int, int]:
    """Return pid → start time, without processes that have ended or are zombies."""
    completed = host.read(["cat", *(f"/proc/{pid}/stat" for pid in pids)])
    starts = {}
    for line in completed.output.splitlines():
        pid, _, rest = line.partition(" (")
        fields = rest.rpartition(") ")[2].split()
        if pid.isdecimal() and len(fields) > _START and fields[0] != "Z":
            starts[int(pid)] = int(fields[_START])
    return starts


def _is_worker(process: _Process) -> bool:
    """Return whether a command line is a worker's own, not a pager, shell or sudo with a worker in its arguments."""
    if process.is_titled:
        return True
    program = PurePath(process.argv[0]).name
    rest = process.argv[1:] if program.startswith("python") else process.argv
    before = [PurePath(argument).name for argument in rest[: rest.index("worker")]] if "worker" in rest else []
    return "celery" in before and (program.startswith("python") or program == "celery")


def _name(process: _Process) -> str:
    if title := _TITLE.match(process.argv[0]):
        return title["node"]
    return _option(process, "-n", "--hostname") or "celery"


def _option(process: _Process, short: str, long: str) -> str:
    """Return an option's value in any of its spellings; empty when absent."""
    argv = re.sub(r"[()]", " ", process.argv[0]).split() if process.is_titled else list(process.argv)
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        if argument in {short, long}:
            return following
        if argument.startswith(f"{long}="):
            return argument.partition("=")[2]
        if argument.startswith(short) and not argument.startswith("--") and argument != short:
            return argument.removeprefix(short)
    return ""
