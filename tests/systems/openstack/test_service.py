"""The services of a cloud at their first use."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own, where nothing is imported yet; the threads take turns as often as they can.
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
        print(type(error).__name__)

threads = [threading.Thread(target=use, args=(service,)) for service in (Glance, Keystone, Nova)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_three_services_can_be_used_first_at_once() -> None:
    """An inspection asks them in three threads, and the SDK's modules import one another."""
    done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=True)

    assert ["Refused"] * 3 == done.stdout.split()
