"""Write the generated parts of committed files: the first cells of the notebooks, the drawing of the layers.

    python -m authoring.generate

Tests compare each part with what this module makes.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from authoring import layers
from runbook_lib import procedures
from runbook_lib.notebook import generated_cells, notebook_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTRIBUTING = layers.ROOT / "CONTRIBUTING.md"
_DRAWING = re.compile(r"^(<!-- layers: .* -->\n```text\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def texts() -> Mapping[Path, str]:
    """Return file → its text with all generated parts up to date. Writes nothing."""
    pages = {CONTRIBUTING: contributing(CONTRIBUTING.read_text(encoding="utf-8"))}
    for procedure in procedures.every():
        file = notebook_files.path(procedure.name)
        pages[file] = generated_cells.rewritten(file.read_text(encoding="utf-8"), procedure)
    return pages


def contributing(text: str) -> str:
    """Return CONTRIBUTING.md with the drawing of the layers from the table."""
    return _DRAWING.sub(lambda match: match[1] + layers.drawing(layers.read(), layers.systems()), text)


def main() -> None:
    """Write each file that differs, and print its name."""
    for file, text in texts().items():
        if text != file.read_text(encoding="utf-8"):
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {file.relative_to(layers.ROOT)}\n")


if __name__ == "__main__":
    main()
