"""The services of a cloud at their first use."""

from __future__ import annotations

import subprocess
import sys

# A new process has no imports yet. The threads switch as often as possible.
FIRST_USE = """
import sys, threading
from pathlib import Path
from runbook_lib.systems.openstack import Glance, Keystone, Nova

sys.setswitchinterval(1e-5)
start = threading.Barrier(3)

def use(service):
    start.wait()
    try:
        service(4, "nowhere", config_file=Path("/nonexistent")).address()
    except Exception as error:
        print(type(error).__name__ + "\\n", end="")  # one write, which no other thread interrupts

threads = [threading.Thread(target=use, args=(service,)) for service in (Glance, Keystone, Nova)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_three_services_can_start_at_the_same_time() -> None:
    """An inspection uses them in three threads, and the SDK has circular imports."""
    done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=True)

    assert ["Refused"] * 3 == done.stdout.split()
