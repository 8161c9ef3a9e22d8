"""Generate the reference pages: errors, settings, the table of procedures, the navigation; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import errors
from runbook_lib.config import settings
from runbook_lib.pages import handwritten
from runbook_lib.pages.markup import block, code, table
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.errors import RunbookError
    from runbook_lib.pages.procedure_page import ProcedurePage

# The first reaction; the message itself ends with the specific next step.
ADVICE: Mapping[str, str] = {
    "param-error": (
        "Correct what the message names and run the command again; it lists everything that is wrong at once. "
        f"`{commands.SHOW}` with the procedure's name lists its parameters and where to find their values."
    ),
    "not-connected": (
        "Check the address in the message and that the system runs. Nothing has to be cleaned up: "
        "run the same command again once the system answers."
    ),
    "schema-drift": (
        "The database belongs to another release of Atmosphere or Troposphere than this runbook was tested with. "
        "Do not work around it by hand; find out which release is installed and use the runbook that knows it."
    ),
    "target-not-found": (
        "Compare the value with the page it comes from: upper and lower case count, and a name is taken literally. "
        "The message offers similar names where there are any."
    ),
    "refused": (
        "The message says which rule stands in the way and what would lift it. "
        "A refusal is an answer: it is not mended by running the command again."
    ),
    "stale-plan": (
        "Plan again and read the new plan: somebody changed the named row or object after the old plan was made. "
        "If their change is what you wanted, there is nothing left to do."
    ),
    "cannot-undo": (
        "Read the reasons. Where somebody changed the same row after the run, their change would be lost: "
        "agree with them first, then put the value right with the procedure itself."
    ),
    "invalid-procedure": (
        "The message names the file and the attribute of each problem, and what to write instead. The author of the "
        "procedure corrects them. Every other procedure works meanwhile."
    ),
    "partly-applied": (
        "Do not leave it like this. Mend the cause, then run the procedure again: it completes what is missing. "
        "Or take back what was done with the command in the message."
    ),
    "verify-failed": (
        "Check the named rows: another writer changed them straight afterwards, or a system did not keep the change. "
        "Find that writer before you apply again; take the run back if what it left is wrong."
    ),
    "not-verified": (
        "Everything was applied; then a system did not respond, so that the changes could not be read back. As soon as "
        f"it responds, `{commands.SETTLE}` reads them back and records what it finds."
    ),
    "outcome-unknown": (
        "A commit or a call was interrupted, and neither its response nor the system shows whether it took effect. Do "
        f"not repeat it blindly. As soon as the system responds, `{commands.SETTLE}` finds out what can be found "
        "out. What stays unknown, you check by hand: the message names the row or object."
    ),
    "defect": (
        "The runbook met something that its authors did not foresee. First read whether anything was changed. If that "
        f"is unknown, `{commands.SETTLE}` finds it out. Then report the defect: send the message, which names "
        "the release and the line of code, and the command without its values. If nothing was changed, you can run the "
        "command again with `--traceback`, which shows the way through the code. A traceback can hold values: read it "
        "before you send it."
    ),
}


_CHANGED: Mapping[bool | None, str] = {True: "**yes**", False: "no", None: "unknown, or the message says it"}


def errors_page(classes: Sequence[type[RunbookError]]) -> str:
    """Return ``reference/errors.md``: one anchor per error, with its exit code, its guarantee and the first reaction.

    Raises:
        KeyError: An error has no advice (a defect of this module).
    """
    rows = [
        (
            f"[{cls.__name__}](#{cls.slug()})",
            str(cls.exit_code),
            _CHANGED[cls.changed],
            cls.class_impact().split(": ", 1)[-1].removesuffix("."),
        )
        for cls in classes
    ]
    overview = table(("Error", "Exit code", "Changed anything", "Meaning"), rows, labeled=True)
    intro = (
        "# Errors\n\nEvery message says what failed, why, whether anything was changed, and what to do next. "
        f"Exit code {errors.EXIT_OK} means done; a plan with nothing to do is done too. "
        "With `--json` the message is one object whose `error` is the name in the heading's link.\n"
    )
    return "\n".join([intro, block("div.rb-stack", overview), *(_error(cls) for cls in classes)])


def _error(cls: type[RunbookError]) -> str:
    slug = cls.slug()
    return (
        f"## {cls.__name__} {{ #{slug} }}\n\n**{cls.class_impact()}** Exit code {cls.exit_code}, `{slug}` in JSON.\n\n"
        f"{ADVICE[slug]}\n"
    )


def settings_page(variables: Mapping[str, str] = settings.VARIABLES) -> str:
    """Return ``reference/settings.md``: every environment variable that the runbook reads."""
    rows = [(code(name), text[:1].upper() + text[1:]) for name, text in variables.items()]
    return (
        "# Settings\n\nThe environment is read once, when a command starts. Every variable is optional. With none set, "
        "every command runs in practice mode, and every screen says so. If one names a system, each of the others "
        "is a real system or *not configured*: practice mode never replaces a part.\n\n"
        + block("div.rb-stack", table(("Variable", "What it holds"), rows))
    )


def procedures_page(pages: Sequence[ProcedurePage]) -> str:
    """Return ``reference/procedures.md``: the table of all procedures."""
    rows = []
    for page in pages:
        stamp = page.stamp
        minutes = f"{stamp['minutes']} min" if stamp.get("minutes") else "not measured"
        undo = {True: "yes", False: "**no**"}.get(stamp.get("reversible", ""), "not stated")
        undo = "changes nothing" if stamp.get("inspects") else undo
        verified = str(stamp["verified"]["date"]) if stamp.get("verified") else "**not verified**"
        link = f"[{page.title}](../runbooks/{page.file_name})<br>{code(page.name)}"
        rows.append((link, page.outcome, minutes, undo, verified))
    return (
        "# All procedures\n\nThe name under each title is the word for the command line: "
        f"`{commands.SHOW}` with that name lists its parameters.\n\n"
        + block(
            "div.rb-stack",
            table(("Procedure", "Outcome", "Time", "Can be undone", "Last verified"), rows, labeled=True),
        )
    )


def navigation(pages: Sequence[ProcedurePage], by_hand: Sequence[str]) -> str:
    """Return the part of MkDocs' configuration that lists the pages, as YAML.

    Args:
        pages: The procedures' pages, in order.
        by_hand: The pages in the folders of `handwritten.FOLDERS`, in order.
    """
    lines = [
        f"# Generated by '{commands.PAGES}'; mkdocs.yml inherits it.",
        "nav:",
        "  - Home: index.md",
        "  - Procedures:",
    ]
    lines += [f"      - runbooks/{page.file_name}" for page in pages]
    sections = {
        name: [f"  - {name}:", *(f"      - {page}" for page in by_hand if page.startswith(f"{folder}/"))]
        for folder, name in handwritten.FOLDERS.items()
    }
    contributing = sections.pop("Contributing")  # last, because operators do not use it
    lines += [line for section in sections.values() for line in section]
    lines += [
        "  - Reference:",
        "      - reference/guide-coverage.md",
        "      - reference/systems.md",
        "      - reference/procedures.md",
        "      - reference/errors.md",
        "      - reference/messages.md",
        "      - reference/settings.md",
        "      - reference/fixture.md",
        "      - reference/code-blocks.md",
        *contributing,
    ]
    return "\n".join(lines) + "\n"
