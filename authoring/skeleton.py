"""Write the three files of a new procedure: its module, its notebook and its tests.

    python -m authoring.skeleton VERB_OBJECT

A name that starts with find, list, show, check, write or triage makes a procedure that inspects; every other name
makes one that changes something. The files are valid. Their tests fail until each ``FILL IN`` is replaced.
"""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib import procedures
from runbook_lib.notebook import anatomy, generated_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
INSPECTING = ("find", "list", "show", "check", "write", "triage")
MARK = "FILL IN"
_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_LONGEST = 40
NEXT = """
1. Replace each 'FILL IN'. Choose the example: docs/reference/fixture.md lists the sample data.
2. Add a link to docs/index.md and a line with `{name}` to CHANGELOG.md.
3. Run make try NAME={name}. It writes the parameters of the notebook anew and lists what is left.
"""


class BadNameError(ValueError):
    """A name that a new procedure can't have; no file was written."""


def inspects(name: str) -> bool:
    """Return whether a procedure of this name only inspects."""
    return name.partition("_")[0] in INSPECTING


def files(name: str, root: Path = ROOT) -> tuple[Path, ...]:
    """Return the files of a procedure, whether they exist or not: module, notebook, tests."""
    tests = root / "tests" / "procedures"
    more = sorted(tests.glob(f"test_{name}__*.py"))
    return (
        root / "runbook_lib" / "procedures" / f"{name}.py",
        root / "notebooks" / f"{name}.py",
        tests / f"test_{name}.py",
        *more,
    )


def write(name: str, root: Path = ROOT) -> tuple[Path, ...]:
    """Write the files of a new procedure, and return their paths.

    Raises:
        BadNameError: The name is not an imperative verb and an object in snake_case, or a file of that name exists.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or len(name) > _LONGEST:
        raise BadNameError(
            f"{name!r} can't be a procedure's name: use a verb and an object in lower case with underscores, "
            f"at most {_LONGEST} characters, such as rename_image or show_provider"
        )
    paths = files(name, root)
    existing = [str(path.relative_to(root)) for path in paths if path.exists()]
    if existing:
        raise BadNameError(f"{name} exists: {', '.join(existing)}. Nothing was written")
    kind = "inspecting" if inspects(name) else "changing"
    for path, text in zip(
        paths, (_template(f"{kind}_procedure", name), notebook(name), _template(f"{kind}_test", name)), strict=True
    ):
        path.write_text(text, encoding="utf-8")
    return paths


def notebook(name: str) -> str:
    """Return the notebook, py:percent, with every heading that it must have; its generated cells are empty."""
    texts = tomllib.loads((_TEMPLATES / "notebook.toml").read_text(encoding="utf-8"))
    order = anatomy.INSPECTION_ORDER if inspects(name) else anatomy.ORDER
    cells = []
    for heading, code in order:
        title = name.replace("_", " ").capitalize()
        head = f"# {title}" if heading == anatomy.TITLE else f"## {heading}"
        cells.append(_markdown(f"{head}\n\n{texts.get(heading, '').strip()}"))
        for number, cell in enumerate(code):
            if number and cell in texts:
                cells.append(_markdown(texts[cell].strip()))
            cells.append(_code(cell))
    return generated_cells.HEADER + "\n".join(cells)


def _markdown(text: str) -> str:
    lines = (f"# {line}".rstrip() for line in text.strip().splitlines())
    return "# %% [markdown]\n" + "\n".join(lines) + "\n"


def _code(cell: str) -> str:
    return f"# %%\n{cell}()\n" if cell.startswith("run.") else f'# %% tags=["{cell}"]\n'


def _template(file: str, name: str) -> str:
    return (_TEMPLATES / f"{file}.txt").read_text(encoding="utf-8").replace("@NAME@", name)


def main(arguments: Sequence[str]) -> int:
    """Write the files and print what to do next; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("Give one name: make procedure NAME=verb_object\n")
        return 2
    (name,) = arguments
    try:
        paths = write(name)
    except BadNameError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    path = paths[1]
    path.write_text(
        generated_cells.rewritten(path.read_text(encoding="utf-8"), procedures.find(name)), encoding="utf-8"
    )
    for path in paths:
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    sys.stdout.write(NEXT.format(name=name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
