"""The recorded rights of the procedures. Tests record them from the statements that really run."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from runbook_lib.model.database_rights import DatabaseRights

FILE = Path(__file__).with_name("_rights.json")


@functools.cache
def read() -> DatabaseRights:
    """Return the recorded rights."""
    return DatabaseRights.from_json(json.loads(FILE.read_text(encoding="utf-8")))
