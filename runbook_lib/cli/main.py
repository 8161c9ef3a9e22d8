"""The command line: run one command, and turn every error into a message and an exit code."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from runbook_lib.cli import defects
from runbook_lib.cli.io import Output, OutputLostError
from runbook_lib.cli.parser import parse
from runbook_lib.config import variables
from runbook_lib.errors import EXIT_OK
from runbook_lib.journal import BegunRuns
from runbook_lib.text.commands import HISTORY

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `runbook_lib.errors` lists them."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    output, begun = Output(as_json="--json" in arguments), BegunRuns()
    args = argparse.Namespace(command="", traceback="--traceback" in arguments)
    try:
        args = parse(arguments)
        if args.command:
            variables.check_names()
        output = Output(as_json=args.json, site=args.site)
        with variables.chosen_site(args.site):
            args.run(args, output)
        output.flush()
    except OutputLostError as error:
        return defects.report_lost_output(error, begun, args, output)
    except KeyboardInterrupt:
        output.note(f"\ninterrupted; to see what was done: {HISTORY}")
        return 130
    except Exception as error:  # noqa: BLE001 - an unforeseen exception is a defect, with a next step for the operator
        reported = defects.prepare_error(error, begun, args)
        try:
            output.error(reported)
            output.flush()
        except OutputLostError:
            output.note(str(reported))
        return reported.exit_code
    return EXIT_OK
