"""Report every word to avoid in the prose, with its replacement; exit 1 if there is any.

``tests/language/words.toml`` has the words, and explains how to quote literals of other systems.
"""

from __future__ import annotations

import sys

from tests.language.sources import everything
from tests.language.words import findings, table


def main() -> int:
    """Print one line per finding, as ``file:line: kind: 'word': write: better``."""
    reports = [line for prose in everything() for line in findings(prose, table())]
    sys.stdout.write("".join(f"{line}\n" for line in reports))
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main())
