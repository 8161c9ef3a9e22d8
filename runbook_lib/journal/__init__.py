"""The append-only, hash-chained record of what was planned, applied and undone.

One JSON object a line in ``journal.jsonl``. Every record holds the digest of the one before it, so that a changed,
missing or moved line is found. Three kinds a run, written *ahead* of what they announce:

``intent``
    the plan, who and why; written before anything is changed.
``step``
    what is about to be committed or called next, with the keys and fingerprints that will be there afterwards.
``outcome``
    the state, whether it was verified, and the receipt: the changes that were made.

A run without an ``outcome`` was cut off (a crash, a kill); `Run.unsettled` finds it, the engine's ``settle`` closes it.
"""

from runbook_lib.journal.begun_runs import BegunRuns
from runbook_lib.journal.journal import BEGINNING, Journal
from runbook_lib.journal.run import Record, Run

__all__ = ("BEGINNING", "BegunRuns", "Journal", "Record", "Run")
