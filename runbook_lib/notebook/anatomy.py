"""Check that a procedure's notebook has every part in its place, without running it.

The order is the page's order: a person at night finds the same heading in the same place on every page. Cells hold
little on purpose: what needs an import, a loop or a ``try`` belongs into `runbook_lib`, where it is tested.
"""

from __future__ import annotations

import ast
import itertools
import re
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused
from runbook_lib.notebook import common_text, generated_cells, notebook_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nbformat import NotebookNode

    from runbook_lib.model.procedure import Procedure

REPL = "repl"  # a tag: the lines for the sites' own shells; the page shows them beside the commands
TITLE = "(title)"  # stands for the first heading, whose words are free
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
INSPECTION_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (  # of a procedure that only inspects
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
    """Return everything about a notebook that is not as the anatomy asks for, a sentence each. Runs and writes nothing.

    Args:
        notebook: As `runbook_lib.notebook.notebook_files.read` returns it.
        procedure: The procedure that it must belong to, with its declared parameters.
    """
    sections = _sections(notebook)
    order = INSPECTION_ORDER if procedure.inspects else ORDER
    found = [*_order(sections, order), *itertools.chain.from_iterable(check(sections) for check in _PROSE)]
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        generated = {"parameters", "setup"} & set(cell.metadata.get("tags", []))
        for tag in generated:
            found += generated_cells.problems(tag, cell.source, procedure)
        if not generated:
            found += _call_problems(cell.source)
    return found


def check(procedures: Iterable[Procedure]) -> None:
    """Return if every part of these procedures' notebooks is in its place. Reads the notebooks' files, runs nothing.

    Raises:
        Refused: With everything that is wrong, notebook by notebook.
    """
    found: dict[str, list[str]] = {}
    for procedure in procedures:
        file = notebook_files.path(procedure.name)
        found[procedure.name] = (
            problems(notebook_files.read(file), procedure) if file.exists() else ["there is no such file"]
        )
    wrong = {name: lines for name, lines in found.items() if lines}
    if wrong:
        raise Refused(
            what=f"invalid notebook: {', '.join(wrong)}",
            why="\n".join(f"notebooks/{name}.py: {line}" for name, lines in wrong.items() for line in lines),
            next_step="fix the lines named above; the other notebooks are examples",
        )


Sections = dict[str, tuple[str, list[str]]]


def _sections(notebook: NotebookNode) -> Sections:
    """Return heading → its text, and what its code cells are: a tag or the function that is called; in order."""
    sections: Sections = {}
    current = ""
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            sections.setdefault(current, ("", []))[1].append(next(iter(tags), "") or _called(cell.source))
        elif REPL not in tags:
            for heading, text in _parts(cell.source):
                current = f"{heading} (again)" if heading in sections else heading or current
                known, kinds = sections.get(current, ("", []))
                sections[current] = (f"{known}\n\n{text}".strip(), kinds)
    return sections


def _parts(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield each heading of the first two levels and the text up to the next; a heading in a code block is none."""
    plain = _FENCED.sub(lambda block: re.sub(r"(?m)^#", " ", block[0]), markdown)
    pieces = _HEADING.split(plain)
    if pieces[0].strip():
        yield "", pieces[0].strip()
    for marks, words, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        yield f"{TITLE} {words}" if marks == "#" else words, text.strip()


def _order(sections: Sections, order: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """Yield what is missing, superfluous or in another place."""
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
    if "How this differs from the staff guide" not in text:
        yield "'Background' does not say: How this differs from the staff guide"
    if not re.search(r"\bSources?: \S", text):
        yield "'Background' names no sources"


_PROSE: tuple[Callable[[Sections], Iterator[str]], ...] = (_title, _when, _before, _fails, _background)


def _call_problems(text: str) -> Iterator[str]:
    """Yield what a cell holds beside one call."""
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
    """Return the function that a cell is a call of; empty when it is anything else."""
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
