"""Run ``runbook`` as ``python -m runbook_lib``."""

from runbook_lib.cli import process

process.run()
