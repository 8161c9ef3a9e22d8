"""Check that a procedure's notebook has every part in its place, without running it.

The parts have the page's order, so that every page has the same headings in the same places. Cells are small on
purpose: code with an import, a loop or a ``try`` belongs into `runbook_lib`, where it is tested.
"""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused
from runbook_lib.notebook import common_text, generated_cells, notebook_files
from runbook_lib.notebook.folder import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nbformat import NotebookNode

    from runbook_lib.model.procedure import Procedure

REPL = "repl"  # a tag: the lines for the Django shell; the page shows them next to the commands
TITLE = "(title)"  # stands for the first heading, whose text is free
ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    (TITLE, ()),
    ("When to use", ()),
    ("Before you start", ()),
    ("Parameters", ("parameters", "setup")),
    ("Steps", ("run.plan", "run.apply")),
    ("Verify", ("run.verify",)),
    ("Undo", ("run.undo",)),
    ("If it fails", ()),
    ("Background", ()),
)
INSPECTION_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (  # for a procedure that only inspects
    (TITLE, ()),
    ("When to use", ()),
    ("Before you start", ()),
    ("Parameters", ("parameters", "setup")),
    ("Inspect", ("run.inspect",)),
    ("What it means", ()),
    ("If it fails", ()),
    ("Background", ()),
)
_IMPORTS = (ast.Import, ast.ImportFrom)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_TRIES = (ast.Try, ast.TryStar)
_HEADING = re.compile(r"^(#{1,2})[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_FENCED = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
_FAILURES = re.compile(r"^\| *symptom *\| *cause *\| *do *\|\n\|[-| ]+\|\n\|.+\|", re.MULTILINE | re.IGNORECASE)


def problems(notebook: NotebookNode, procedure: Procedure) -> list[str]:
    """Return one sentence per rule that a notebook breaks. Run and write nothing.

    Args:
        notebook: As `runbook_lib.notebook.notebook_files.read` returns it.
        procedure: The notebook's procedure, with its declared parameters.
    """
    sections = _sections(notebook)
    order = INSPECTION_ORDER if procedure.inspects else ORDER
    sentences = [*_order(sections, order), *itertools.chain.from_iterable(check(sections) for check in _PROSE)]
    if is_ours(Path(procedure.file)):  # the guide does not know the procedures of an extension
        sentences += _guide(sections)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        generated = {"parameters", "setup"} & set(cell.metadata.get("tags", []))
        for tag in generated:
            sentences += generated_cells.problems(tag, cell.source, procedure)
        if not generated:
            sentences += _call_problems(cell.source)
    return sentences


def check(procedures: Iterable[Procedure]) -> None:
    """Return if every part of these procedures' notebooks is in its place. Read the notebooks' files, run nothing.

    Raises:
        Refused: A notebook breaks a rule. The error lists all problems, notebook by notebook.
    """
    failed: list[str] = []
    lines: list[str] = []
    for procedure in procedures:
        file = notebook_files.path(procedure.name)
        sentences = problems(notebook_files.read(file), procedure) if file.exists() else ["there is no such file"]
        shown = f"notebooks/{file.name}" if is_ours(Path(procedure.file)) else file
        failed += [procedure.name] if sentences else []
        lines += [f"{shown}: {sentence}" for sentence in sentences]
    if failed:
        raise Refused(
            what=f"invalid notebook: {', '.join(failed)}",
            why="\n".join(lines),
            next_step="fix the lines named above; the other notebooks are examples",
        )


Sections = dict[str, tuple[str, list[str]]]


def _sections(notebook: NotebookNode) -> Sections:
    """Return heading → its text and the kinds of its code cells in order: a tag, or the called function."""
    sections: Sections = {}
    current = ""
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            sections.setdefault(current, ("", []))[1].append(next(iter(tags), "") or _called(cell.source))
        elif REPL not in tags:
            for heading, text in _parts(cell.source):
                current = f"{heading} (again)" if heading in sections else heading or current
                text_before, kinds = sections.get(current, ("", []))
                sections[current] = (f"{text_before}\n\n{text}".strip(), kinds)
    return sections


def _parts(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield each heading of the first two levels and the text up to the next. Headings in code blocks do not count."""
    plain = _FENCED.sub(lambda block: re.sub(r"(?m)^#", " ", block[0]), markdown)
    pieces = _HEADING.split(plain)
    if pieces[0].strip():
        yield "", pieces[0].strip()
    for marks, heading, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        yield f"{TITLE} {heading}" if marks == "#" else heading, text.strip()


def _order(sections: Sections, order: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """Yield a sentence if headings or code cells are missing, superfluous or in another place."""
    actual = [TITLE if name.startswith(TITLE) else name for name in sections]
    expected = [name for name, _ in order]
    if actual != expected:
        yield f"the headings are {', '.join(actual)}; they must be {', '.join(expected)}"
    for (name, (_, kinds)), plain in zip(sections.items(), actual, strict=True):
        wanted = dict(order).get(plain, ())
        if tuple(kinds) != wanted:
            yield f"the code cells under {name!r} are {_listed(kinds)}; they must be {_listed(wanted)}"


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(kind or "something else" for kind in kinds) or "none"


def _title(sections: Sections) -> Iterator[str]:
    text = next((text for name, (text, _) in sections.items() if name.startswith(TITLE)), "")
    if "\n\n" in text or not text.endswith(".") or re.search(r"[.!?]\s+[A-Z]", text):
        yield "under the title stands exactly one sentence: what is true afterwards"


def _when(sections: Sections) -> Iterator[str]:
    if "**Not for**" not in sections.get("When to use", ("", []))[0]:
        yield "'When to use' does not say what this is **Not for**"


def _before(sections: Sections) -> Iterator[str]:
    if not sections.get("Before you start", ("", []))[0]:
        yield "'Before you start' is empty"


def _fails(sections: Sections) -> Iterator[str]:
    text = sections.get("If it fails", ("", []))[0]
    if not _FAILURES.search(text):
        yield "'If it fails' has no table: | symptom | cause | do |, with a row"
    if re.search(r"^Send: ", text, re.MULTILINE):
        yield "in 'If it fails' the line 'Send: …' is not the last one, or does not end with a full stop"
    if text.count(common_text.ERRORS) != 1:
        yield "'If it fails' repeats what is added to it: whom to contact; write only 'Send: …'"


def _background(sections: Sections) -> Iterator[str]:
    text = sections.get("Background", ("", []))[0]
    if not re.search(r"\bSources?: \S", text):
        yield "'Background' names no sources"


def _guide(sections: Sections) -> Iterator[str]:
    if "How this differs from the staff guide" not in sections.get("Background", ("", []))[0]:
        yield "'Background' does not say: How this differs from the staff guide"


_PROSE: tuple[Callable[[Sections], Iterator[str]], ...] = (_title, _when, _before, _fails, _background)


def _call_problems(text: str) -> Iterator[str]:
    """Yield a sentence for each thing in a cell besides one call."""
    tree = _parsed(text)
    if tree is None:
        yield f"a cell is not plain Python: {_shown(text)}"
        return
    nodes: list[Any] = list(ast.walk(tree))
    for kinds, word in ((_IMPORTS, "an import"), (_LOOPS, "a loop"), (_TRIES, "a try")):
        if any(isinstance(node, kinds) for node in nodes):
            yield f"a cell holds {word}, which belongs into runbook_lib: {_shown(text)}"
    if len(tree.body) != 1 or sum(isinstance(node, ast.Call) for node in nodes) != 1 or not _called(text):
        yield f"a cell is not exactly one call: {_shown(text)}"


def _called(text: str) -> str:
    """Return the function that a cell calls; empty if the cell is not exactly one call."""
    tree = _parsed(text)
    statement = tree.body[0] if tree and len(tree.body) == 1 else None
    call = statement.value if isinstance(statement, ast.Expr) else None
    return ast.unparse(call.func) if isinstance(call, ast.Call) else ""


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _shown(text: str) -> str:
    return " ".join(text.split())[:60]
