"""``python -m runbook_lib`` is ``runbook``."""

from runbook_lib.cli.main import main

raise SystemExit(main())
