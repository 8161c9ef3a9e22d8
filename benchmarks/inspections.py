"""How long inspections of the databases take on PostgreSQL with 100,000 instances and 2 million rows of history.

``python benchmarks/inspections.py [RELEASE]``, with the checkout on ``PYTHONPATH``. Once 5 of 100 instances are
running, as at a site that is some years old, and once all of them, as at no site. Only the inspection is timed. The
query plan is that of the statement that finds the latest row of every running instance.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

from large_database import fill, server

from runbook_lib import connect, engine, procedures
from runbook_lib.config.settings import Settings
from runbook_lib.fixture import practice
from runbook_lib.systems.db.models.atmosphere.models import Instance
from runbook_lib.systems.db.queries import instance_status

ROUNDS = 5
INSPECTIONS = (
    ("list_stuck_instances", {"minutes": 20}),
    ("list_imaging_requests", {"state": "all"}),
    ("show_maintenance", {}),
    ("show_account", {"username": "joetest"}),
    ("list_staff", {}),
    ("triage_imaging_request", {"request_id": 16519}),
    ("check_replicas", {"master_provider_id": 4}),
)


def main() -> None:
    """Print the machine, the median and the slowest of each inspection in seconds, and one query plan."""
    warnings.simplefilter("ignore")  # an old server
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; median and slowest of {ROUNDS} rounds, after one more"
    )
    with server(sys.argv[1] if len(sys.argv) > 1 else "") as made, tempfile.TemporaryDirectory(prefix="rb-") as name:
        for share in (5, 100):
            home = Path(name) / str(share)
            practice.prepare(home, databases=fill(made, living=share))
            print(f"\n{share} of 100 instances running")
            with connect.open_world(Settings(home=home), operator="benchmark@host") as world:
                for procedure, values in INSPECTIONS:
                    seconds = []
                    for _ in range(ROUNDS + 1):
                        begin = time.perf_counter()
                        engine.inspect(procedures.find(procedure), world, values)
                        seconds.append(time.perf_counter() - begin)
                    print(f"  {procedure:24}{statistics.median(seconds[1:]):7.2f} s {max(seconds[1:]):7.2f} s")
                print(instance_status.latest_row_keys(Instance.objects.filter(end_date=None)).explain(analyze=True))


if __name__ == "__main__":
    main()
