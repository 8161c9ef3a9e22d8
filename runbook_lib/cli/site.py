"""The commands about notebooks and the site: verify, notebook, pages."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib import procedures
from runbook_lib.cli import io
from runbook_lib.model import needs

if TYPE_CHECKING:
    import argparse


def verify(asked: argparse.Namespace) -> None:
    """Run notebooks on the fixture and write the stamps."""
    from runbook_lib.notebook import verification  # noqa: PLC0415 - papermill is slow to import

    names = asked.procedures or procedures.names()

    def tell(line: str) -> None:
        if not asked.json:
            sys.stdout.write(line + "\n")

    stamps = verification.verify(names, asked.executed, server=asked.server, tell=tell)
    io.say(asked, f"All verified; the executed notebooks are in {asked.executed}.", stamps)


def notebook(asked: argparse.Namespace) -> None:
    """Write a procedure's notebook."""
    from runbook_lib.notebook import source  # noqa: PLC0415 - jupytext is slow to import

    target = asked.output or Path(f"{asked.procedure}.ipynb")
    source.write(asked.procedure, target)
    command = f"papermill {shlex.quote(str(target))} executed.ipynb"
    io.say(asked, f"Wrote {target}. Run it with Jupyter, or with: {command}", {"notebook": str(target)})


def pages(asked: argparse.Namespace) -> None:
    """Write the site's generated pages."""
    from runbook_lib.notebook import verification  # noqa: PLC0415 - papermill is slow to import
    from runbook_lib.pages import write  # noqa: PLC0415 - only this command needs it

    parameters = {procedure.name: procedure.fields for procedure in procedures.every()}
    needed = {procedure.name: needs.sentences(procedure) for procedure in procedures.every()}
    stamps = verification.stamps(asked.executed)
    written = write.write_pages(
        asked.executed, asked.docs, nav=asked.nav, parameters=parameters, stamps=stamps, needs=needed
    )
    io.say(asked, "\n".join(f"wrote {path}" for path in written), [str(path) for path in written])
