"""Build the call that runs a command on Atmosphere's host: a plain value for plans. Starts nothing."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib.model import Call, System, SystemId

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN, DONE = "run", "done"


def run(argv: Sequence[str]) -> Call:
    """Return the call that runs a command; it is irreversible."""
    host, command = SystemId(System.HOST), shlex.join(argv)
    return Call(host, target=command, action=RUN, before=None, after=DONE, reversible=False)
