"""Convert an executed notebook to the Markdown of its page, without I/O."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from runbook_lib.model import needs
from runbook_lib.pages import executed, timeline_figure
from runbook_lib.pages.command_form import command_fence, command_form
from runbook_lib.pages.markup import block, code, fence, stacked, tab, table, tamed
from runbook_lib.text import commands
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from runbook_lib.model.procedure import Procedure
    from runbook_lib.pages.executed import Cell, CellOutput
    from runbook_lib.params import Field

REASON = "as asked in the helpdesk"
_UNLISTED = "data-search-exclude"  # the search ignores an element with this attribute
_PLAN_HEAD = re.compile(r"^\|.*\|\s*before\s*\|\s*after\s*\|\s*$", re.MULTILINE)
_NOTEBOOK_LINK = re.compile(r"\]\((?:\./)?([a-z0-9_]+)\.(?:py|ipynb)(#[^)\s]*)?\)")
_CALL = re.compile(r"\s*run\.(inspect|plan|apply|verify|undo)\(")
_UNDONE = re.compile(r"\*\*Run `([\w-]+)` undone")
_VERIFIES = f"Done by `{commands.APPLY}`.\n"
_FORM = "Run the command at the top.\n"
_MAX_ROWS = 8  # of a table in an output; a longer one is cut
_ROWS_LEFT = 5  # of a table that is cut
_RECORD = 2  # columns of the table of one object's fields, which is never cut
_TABLE = re.compile(r"(?:^\|.*$\n?)+", re.MULTILINE)
_TITLE = re.compile(r"\A#\s+(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class ProcedurePage:
    """The data of a procedure's page.

    Attributes:
        procedure: The procedure of the page.
        notebook: The executed notebook, nbformat 4, as JSON.
        stamp: ``minutes``, ``reversible`` and ``verified`` (``commit``, ``date``, ``databases``); each is optional.
    """

    procedure: Procedure
    notebook: Mapping[str, Any]
    stamp: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The procedure's name."""
        return self.procedure.name

    @property
    def group(self) -> str:
        """The procedure's group."""
        return self.procedure.group

    @property
    def file_name(self) -> str:
        """The name of the page's file in ``docs/runbooks``."""
        return PurePosixPath(self.procedure.page).with_suffix(".md").name

    @property
    def title(self) -> str:
        """The notebook's title."""
        return self.opening()[0]

    @property
    def outcome(self) -> str:
        """The sentence under the title, which states the result of the procedure."""
        return " ".join(self.opening()[1].split("\n\n")[0].split())

    def opening(self) -> tuple[str, str]:
        """Return the title, and the rest of the first cell.

        Raises:
            ValueError: The notebook does not begin with a title.
        """
        first = next(iter(executed.read(self.notebook)), None)
        match = _TITLE.match(first.source.lstrip()) if first and first.kind == "markdown" else None
        if first is None or match is None:
            raise ValueError(f"{self.name}: the notebook does not begin with a '# Title' cell")
        return match[1].strip(), first.source.lstrip()[match.end() :].strip()


def page_markdown(page: ProcedurePage) -> str:
    """Return the Markdown of a page.

    Raises:
        Refused: The notebook failed, did not finish, or warned.
        ValueError: The notebook has no title, or a required parameter has no example.
    """
    executed.refuse_unfinished(page.name, page.notebook)
    title, rest = page.opening()
    others = executed.read(page.notebook)[1:]
    repl = "\n\n".join(_without_heading(cell.source) for cell in others if "repl" in cell.tags)
    head = f"---\ndescription: {_quoted(page.outcome)}\n---\n\n# {title}\n\n{badges(page.stamp)}"
    outcome, _, background = rest.partition("\n\n")
    form = command_form(page.procedure, _example(page), reason=REASON)
    systems = f"**[Systems](../reference/settings.md).** {needs.sentences(page.procedure)}\n"
    body = [piece for cell in others for piece in _pieces(page, cell, repl)]
    return "\n".join([head, *_prose(outcome), form, *_prose(background), *_prose(systems), *body])


def badges(stamp: Mapping[str, Any]) -> str:
    """Return the line under the title. Only the stamp decides whether a page is shown as verified."""
    items = []
    if minutes := stamp.get("minutes"):
        items.append(f"<li>{count(minutes, 'minute')}</li>")
    if stamp.get("inspects"):
        items.append("<li>changes nothing</li>")
    elif (reversible := stamp.get("reversible")) is not None:
        items.append("<li>can be undone</li>" if reversible else '<li class="rb-warn">can\'t be undone</li>')
    if verified := stamp.get("verified"):
        databases = html.escape(" and ".join(verified["databases"]))
        date, commit = html.escape(str(verified["date"])), html.escape(str(verified["commit"]))
        items.append(f"<li>verified {date} on {databases}, commit <code>{commit}</code></li>")
    else:
        items.append('<li class="rb-warn">not verified</li>')
    return f'<ul class="rb-badges" {_UNLISTED}>{"".join(items)}</ul>\n'


def parameter_table(parameters: Sequence[Field], in_commands: Collection[str] = ()) -> str:
    """Return the table of the parameters in two columns, to be readable on a phone.

    Args:
        parameters: The declared parameters.
        in_commands: The names whose examples the page's commands show, so the table does not.
    """
    if not parameters:
        return "This procedure has no parameters.\n"
    rows = [(f"{code(item.name)}<br><small>{_kind(item)}</small>", _meaning(item, in_commands)) for item in parameters]
    return block("div.rb-params", table(("Parameter", "What it is"), rows))


def _kind(item: Field) -> str:
    if item.required:
        return f"{item.type_name}, required"
    return f"{item.type_name}, {'optional' if item.default is None else f'default {code(item.default)}'}"


def _meaning(item: Field, in_commands: Collection[str]) -> str:
    parts = [_sentence(item.doc)]
    if item.choices and not all(word in item.type_name for word in item.choices):
        parts.append(f"One of {', '.join(code(word) for word in item.choices)}.")
    if item.where:
        parts.append(f"Where: {_sentence(item.where, capital=False)}")
    if item.sample not in (None, "") and item.name not in in_commands:
        parts.append(f"Example: {code(item.sample)}")
    return "<br>".join(parts)


def _sentence(text: str, *, capital: bool = True) -> str:
    sentence = text.strip()
    sentence = sentence[:1].upper() + sentence[1:] if capital else sentence
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _pieces(page: ProcedurePage, cell: Cell, repl: str) -> Iterator[str]:
    """Yield the Markdown of one cell."""
    if "repl" in cell.tags:
        return
    if cell.kind != "code":
        yield from _prose(cell.source)
    elif "parameters" in cell.tags:
        yield parameter_table(page.procedure.fields, page.procedure.example)
    elif not cell.tags & {"injected-parameters", "setup"}:
        yield _step(page, cell, repl)
        yield from _shown(cell.outputs, _label(page.procedure, cell))


def _label(procedure: Procedure, cell: Cell) -> str:
    """Return the label of a cell's outputs; the first one names the sample data, and the values that only they need."""
    if _verb(cell) not in {"plan", "inspect"}:
        return "Output:"
    names = [name for name in procedure.practice_example if name not in procedure.example]
    values = " ".join(code(f"{name}={procedure.practice_example[name]}") for name in names)
    return f"Output in practice mode{f', with {values}' if values else ''}:"


def _verb(cell: Cell) -> str:
    """Return the method of the run that a cell calls; empty for another cell."""
    call = _CALL.match(cell.source)
    return call[1] if call else ""


def _step(page: ProcedurePage, cell: Cell, repl: str) -> str:
    """Return the call of a cell, with the equivalent commands if there are any."""
    notebook, verb = fence(cell.source.strip(), "python"), _verb(cell)
    if not verb:
        return notebook
    if verb == "verify":
        tabs = [tab("Command line", _VERIFIES)]
    else:
        tabs = [tab(label, content) for label, content in _ways(page, verb).items()]
    if repl and verb == "apply":
        tabs.append(tab("REPL", repl.replace("```python\n", '```{ .python data-shell="" }\n')))
    return "\n".join([*tabs, tab("Notebook", notebook)])


def _ways(page: ProcedurePage, verb: str) -> dict[str, str]:
    """Return label → content for ``inspect``, ``plan``, ``apply`` or ``undo``; the run is the one on the page."""
    if verb == "undo":
        printed = (o.text for cell in executed.read(page.notebook) for o in cell.outputs)
        run = next((match[1] for text in printed if (match := _UNDONE.search(text))), "")
        lead = "With your run ID:\n\n"
        return {"Command line": lead + fence(commands.undo(run, reason=REASON), "sh")} if run else {}
    values = _example(page)
    if verb == "apply":
        return {
            "Command line": command_fence(verb, commands.line(verb, page.name, values, reason=REASON, wrap=True)),
            "papermill": command_fence("papermill-apply", commands.papermill(page.name, values, reason=REASON)),
        }
    return {"Command line": _FORM, "papermill": command_fence("papermill", commands.papermill(page.name, values))}


def _example(page: ProcedurePage) -> dict[str, object]:
    """Return the example values of the parameters.

    Raises:
        ValueError: A required parameter has no example (a defect of the procedure).
    """
    values: dict[str, object] = page.procedure.example
    for name, value in values.items():
        if value in (None, ""):
            raise ValueError(f"{page.name}: the parameter {name} has no example")
    return values


def _shown(outputs: Sequence[CellOutput], label: str) -> Iterator[str]:
    if not outputs:
        return
    parts = [_output(output) for output in outputs]
    is_plan = any(output.kind == "markdown" and _PLAN_HEAD.search(output.text) for output in outputs)
    selector = f"section.rb-see{'.rb-plan' if is_plan else ''}[{_UNLISTED}]"
    yield block(selector, "\n\n".join([label, *parts]))


def _output(output: CellOutput) -> str:
    if output.kind == "svg":
        return timeline_figure.figure(output.text)
    if output.kind == "markdown":
        return _TABLE.sub(_cut_table, tamed(output.text))
    return fence(output.text, "{ .text .no-copy }")


def _cut_table(match: re.Match[str]) -> str:
    """Return a table of an output; a long list has its first rows only, and a line that counts the others."""
    head, rule, *rows = match[0].splitlines(keepends=True)
    if len(rows) <= _MAX_ROWS or rule.count("-|") == _RECORD:
        return match[0]
    return f"{head}{rule}{''.join(rows[:_ROWS_LEFT])}\n*{len(rows) - _ROWS_LEFT} more rows*\n"


def _prose(text: str) -> Iterator[str]:
    """Yield a Markdown cell, its links to other notebooks turned into links to their pages, its tables into stacks."""
    if text.strip():
        yield stacked(_NOTEBOOK_LINK.sub(_page_link, text.strip())) + "\n"


def _page_link(match: re.Match[str]) -> str:
    return f"]({match[1].replace('_', '-')}.md{match[2] or ''})"


def _without_heading(text: str) -> str:
    return re.sub(r"\A\s*#{1,6}\s+.*\n+", "", text).strip()


def _quoted(text: str) -> str:
    """Return a YAML scalar of plain text, without links and code marks."""
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "").replace("*", "")
    return "'" + bare.replace("'", "''") + "'"
