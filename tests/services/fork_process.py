"""The fork server itself: ``python -P -m tests.services.fork_process SOCKET`` serves until its standard input ends."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

import nbformat

# What our commands, papermill and the kernels of our notebooks import sooner or later.
PRELOADED = (
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "jupytext",
    "papermill.cli",
    "runbook_lib.cli.main",
    "runbook_lib.connect",
    "runbook_lib.fixture.practice",
    "runbook_lib.notebook.notebook_files",
    "runbook_lib.notebook.papermill_run",
    "runbook_lib.notebook.session",
    "runbook_lib.systems.db.access.sql_reads",
    "runbook_lib.systems.db.queries",
    "tornado.web",
    "tqdm.auto",
)


def serve(address: str) -> dict[str, Any] | None:
    """Return a request in the process that was forked for it, and None in the server when its standard input ends."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while 0 not in select.select([listener, 0], [], [])[0]:
            client, _ = listener.accept()
            if not os.fork():
                listener.close()
                return supervise(client)
            client.close()
            with suppress(ChildProcessError):  # none is left
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    return None


def supervise(client: socket.socket) -> dict[str, Any]:
    """Return the request in a forked process; report the end of that process, or end it after its client."""
    start, streams, *_ = socket.recv_fds(client, 4, 3)
    with client.makefile("rb") as file:
        request: dict[str, Any] = json.loads(file.read(int.from_bytes(start, "big")))
    pid = os.fork()
    if not pid:
        client.close()
        os.setpgid(0, 0)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return request
    for stream in streams:
        os.close(stream)
    report(client, pid)
    end = os.pidfd_open(pid)
    if end not in select.select([end, client, 0], [], [])[0]:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    report(client, os.waitstatus_to_exitcode(status))
    os._exit(0)


def report(client: socket.socket, number: int) -> None:
    """Send a line to the client, unless it has ended."""
    with suppress(OSError):
        client.sendall(f"{number}\n".encode())


def become(request: dict[str, Any], own: dict[str, str]) -> None:
    """Take over the client's streams, environment and folder."""
    how = {"encoding": sys.stdout.encoding, "closefd": False}
    sys.stdin = sys.__stdin__ = open(0, errors=sys.stdin.errors, **how)  # noqa: SIM115 - no path
    for number, name in ((1, "stdout"), (2, "stderr")):
        buffering = 1 if number == 2 or os.isatty(number) else -1
        stream = open(number, "w", buffering, errors=getattr(sys, name).errors, **how)  # noqa: PTH123, SIM115 - no path
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(own | request["environment"])
    os.chdir(request["folder"])
    sys.path.insert(0, request["folder"])
    sys.argv[1:] = request["arguments"]


def main(address: str) -> None:
    """Import everything, serve, and run the requested module in each forked process."""
    given = dict(os.environ)
    for module in PRELOADED:
        importlib.import_module(module)
    nbformat.v4.new_notebook()  # compiles the schema of notebooks
    own = {name: value for name, value in os.environ.items() if name not in given}  # what imports set
    assert threading.active_count() == 1, threading.enumerate()  # a fork takes no other thread along
    gc.freeze()  # a collection would write to every page that is shared
    request = serve(address)
    if request:
        become(request, own)
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
