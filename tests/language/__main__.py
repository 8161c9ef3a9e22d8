"""Name every word of the table that the prose uses, with the better one; exit 1 if there is any."""

from __future__ import annotations

import sys

from tests.language.sources import everything
from tests.language.words import findings, table


def main() -> int:
    """Print one line per finding, as ``file:line: kind: 'word': write: better``."""
    found = [line for prose in everything() for line in findings(prose, table())]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
