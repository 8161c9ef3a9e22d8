"""``python -m authoring.prose`` reports each word or number of the pages that no fact supports."""

from __future__ import annotations

import sys
from pathlib import Path

from authoring.prose.resolve import problems

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Print the problems of all pages; return 1 if there are any."""
    lines = problems(ROOT)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
