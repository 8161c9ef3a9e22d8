"""Run ``runbook`` as ``python -m runbook_lib``."""

from runbook_lib.cli.main import main

raise SystemExit(main())
