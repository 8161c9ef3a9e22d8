"""``python -m runbook_lib.pages.code_blocks FOLDER`` lists the code blocks of the pages in a folder."""

import sys

from runbook_lib.pages.code_blocks.blocks import main

raise SystemExit(main(sys.argv[1:]))
