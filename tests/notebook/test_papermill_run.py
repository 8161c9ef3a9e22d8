"""Other users of the host can't read the traffic between papermill and the kernel of our notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from tests.notebook.papermill_process import PapermillProcess

# Run inside the kernel: what its connection file says, and the TCP ports that this very process listens on. One port is
# left out: ipykernel takes the prints of forked children there. It only receives, and drops what lacks its random key.
_ASK = """
import json, os, pathlib, sys
from ipykernel.connect import get_connection_info
told = json.loads(get_connection_info())
folder = pathlib.Path(told["ip"]).parent
sockets = set()
for entry in pathlib.Path("/proc/self/fd").iterdir():
    try:
        sockets.add(os.readlink(entry).removeprefix("socket:[").rstrip("]"))
    except OSError:
        pass
LISTEN = "0A"
lines = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/self/net/{name}").readlines()[1:]]
ports = [int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == LISTEN and line[9] in sockets]
listening = [port for port in ports if port != sys.stdout.pub_thread._pipe_port]
names = sorted(path.name for path in folder.iterdir())
facts = {"transport": told["transport"], "folder": str(folder), "listening": listening, "names": names}
print(json.dumps(facts | {"mode": oct(folder.stat().st_mode & 0o777), "owner": folder.stat().st_uid == os.geteuid()}))
"""


def _kernel_report(mill: PapermillProcess, *, ours: bool) -> dict[str, Any]:
    """Return what a kernel reports of itself, in a notebook with our mark or without."""
    metadata: dict[str, Any] = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    if ours:
        metadata["runbook"] = {"procedure": "grant_staff"}
    notebook = nbformat.v4.new_notebook(metadata=metadata, cells=[nbformat.v4.new_code_cell(_ASK)])
    asking = mill.folder / "asking.ipynb"
    nbformat.write(notebook, asking)
    ran = mill.run(str(asking))
    assert 0 == ran.code, ran.terminal
    report: dict[str, Any] = json.loads(ran.outputs())
    return report


def test_kernel_listens_on_sockets_in_a_private_folder(mill: PapermillProcess) -> None:
    """No TCP port is open; only the owner can enter the sockets' folder, and it is removed afterwards."""
    report = _kernel_report(mill, ours=True)

    assert "ipc" == report["transport"]
    assert [] == report["listening"]
    assert "0o700" == report["mode"]
    assert report["owner"]
    assert report["names"]
    assert all(name.startswith("kernel-") for name in report["names"])
    assert not Path(report["folder"]).exists()


def test_kernel_without_our_mark_listens_on_tcp(mill: PapermillProcess) -> None:
    """The test above can fail: papermill's own kernels listen on TCP ports, and the test finds them."""
    report = _kernel_report(mill, ours=False)

    assert "tcp" == report["transport"]
    assert report["listening"]
