"""Stand for a process that a fork server runs: ``python -I -S fork_client.py SOCKET MODULE ARGUMENT…``.

The process gets this one's standard streams, folder, environment and signals. This one ends as it ends.
"""

import json
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def main(address: str, module: str, *arguments: str) -> None:
    """Send the request, wait, and end with the exit code or the signal of the process."""
    request = {"module": module, "arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    body = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [len(body).to_bytes(4, "big")], [0, 1, 2])
        server.sendall(body)
        answers = server.makefile()
        pid = int(answers.readline())
        for number in FORWARDED:
            signal.signal(number, lambda received, _frame: os.kill(pid, received))
        code = int(answers.readline())
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main(*sys.argv[1:])
