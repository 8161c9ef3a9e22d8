"""The append-only, hash-chained record of every run.

``journal.jsonl`` holds one JSON object per line. Each record holds the digest of the previous one, so that a changed,
missing or moved line is detected. A run has three kinds of records; the first two are written *ahead*:

``intent``
    The plan, the operator and the reason; written before anything is changed.
``step``
    The next commit or call, with the keys and fingerprints that will exist afterwards.
``outcome``
    The state, whether it was verified, and the receipt: the changes that were made.

A run without an ``outcome`` was interrupted by a crash or a kill. `Run.is_open` reports it, and the engine's ``settle``
resolves it.
"""

from runbook_lib.journal.begun_runs import BegunRuns
from runbook_lib.journal.head import Position
from runbook_lib.journal.journal import Journal
from runbook_lib.journal.lines import BEGINNING
from runbook_lib.journal.proof import Proof
from runbook_lib.journal.run import Record, Run, undone

__all__ = ("BEGINNING", "BegunRuns", "Journal", "Position", "Proof", "Record", "Run", "undone")
