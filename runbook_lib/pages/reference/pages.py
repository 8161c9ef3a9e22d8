"""Generate the reference pages: errors, settings, the table of procedures, the navigation; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import errors
from runbook_lib.config import variables
from runbook_lib.model.groups import grouped
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
        "Correct the values that the message names, then run the command again. The message lists all problems. "
        f"`{commands.SHOW}` with the procedure's name lists its parameters and where to find their values."
    ),
    "not-connected": (
        "Check the address in the message, and that the system runs. No cleanup is necessary: "
        "run the same command again as soon as the system responds."
    ),
    "schema-drift": (
        "The database belongs to a release of Atmosphere or Troposphere with which this runbook was not tested. "
        "Do not bypass this check. Find the installed release, and use the runbook for that release."
    ),
    "target-not-found": (
        "Compare the value with its source page. Names are literal, and upper and lower case differ. "
        "The message lists similar names if there are any."
    ),
    "refused": (
        "The message names the rule that prevents the change, and its next step. "
        "Running the same command again does not help."
    ),
    "stale-plan": (
        "Plan again and read the new plan: somebody changed the named row or object after the old plan. "
        "If their change has the desired result, you are done."
    ),
    "cannot-undo": (
        "Read the reasons. If somebody changed the same row after the run, undo would discard their change: "
        "agree with them first, then correct the value with the procedure itself."
    ),
    "invalid-procedure": (
        "The message names the file and the attribute of each problem, and the correction for its author. "
        "Every other procedure still works."
    ),
    "partly-applied": (
        "Do not leave this state. Fix the cause, then run the procedure again, which completes the missing changes. "
        "Or undo the applied changes with the command in the message."
    ),
    "verify-failed": (
        "Check the named rows: another writer changed them afterwards, or a system did not keep the change. "
        "Find that writer before you apply again. Undo the run if its result is wrong."
    ),
    "not-verified": (
        "All changes were applied; then a system did not respond, so the runbook could not verify them. As soon as "
        f"it responds, run `{commands.SETTLE}` to verify them and record the result."
    ),
    "outcome-unknown": (
        "A commit or a call was interrupted, and neither its response nor the system shows whether it took effect. Do "
        f"not repeat the command yet. When the system responds, run `{commands.SETTLE}`, which resolves what it "
        "can. It names each step that no system can prove. Check that one by hand, then record what you found with the "
        "command that it prints; until then, the run can't be undone."
    ),
    "defect": (
        "The runbook has a defect. First read whether anything was changed. If that "
        f"is unknown, run `{commands.SETTLE}`. Then report the defect: send the message, which names "
        "the release and the line of code, and the command without its values. If nothing was changed, you can run the "
        "command again with `--traceback`. A traceback can contain values: read it "
        "before you send it."
    ),
}


_CHANGED: Mapping[bool | None, str] = {True: "**yes**", False: "no", None: "unknown, or stated in the message"}


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
    overview = table(("Error", "Exit code", "Changed anything", "Meaning"), rows)
    intro = (
        "# Errors\n\nEvery message states what failed, why, whether anything was changed, and the next step. "
        f"Exit code {errors.EXIT_OK} means success, including a plan without changes. "
        "With `--json` the message is one object, in which `error` is the name in the heading's link.\n"
    )
    return "\n".join([intro, block("div.rb-stack", overview), *(_error(cls) for cls in classes)])


def _error(cls: type[RunbookError]) -> str:
    slug = cls.slug()
    return (
        f"## {cls.__name__} {{ #{slug} }}\n\n**{cls.class_impact()}** Exit code {cls.exit_code}, `{slug}` in JSON.\n\n"
        f"{ADVICE[slug]}\n"
    )


_SITES = f"""\
## Sites

A configuration file names sites, each with the settings above as keys, in lower case and without `RUNBOOK_`.
Numbers, lists and tables have the form of TOML. `api_token` is a reference, `env:NAME` or `file:/path`, never
the token.

<!-- fence: display: a test reads this file with the program -->

```toml title="~/.config/runbook/config.toml"
default_site = "practice"

[sites.prod]
atmosphere_db = "postgresql://atmo@db.example.org/atmo_prod"
clouds = {{ 4 = "iu", 5 = "tacc" }}
api_url = "https://atmo.example.org/api"
api_token = "file:/home/operator/.config/runbook/token"
host_exec = ["ssh", "atmo-prod", "sudo"]
```

- `--site NAME`, else `RUNBOOK_SITE`, else `default_site` chooses the site. A variable wins over its key.
- `--practice` chooses practice mode. With a file, practice mode must be chosen here or as `default_site`.
- The commands that the runbook prints keep `--site` or `--practice`.
- `{commands.SHOW_CONFIG}` shows each value with its source. `{commands.CHECK_CONFIG}` checks the sites.
- A file that other users can change is refused, as is one with a password that they can read.
"""


def settings_page(settings: Mapping[str, str] = variables.VARIABLES) -> str:
    """Return ``reference/settings.md``: every environment variable that the runbook reads, and the sites' file."""
    described = {**settings, **variables.CHOICES}
    rows = [(code(name), text[:1].upper() + text[1:]) for name, text in described.items()]
    return (
        "# Settings\n\nEach variable is optional. Without any, and without a [configuration file](#sites), every "
        "command runs in practice mode, and every screen says so. With any system configured, every other system is "
        "real or *not configured*: practice mode never replaces a single system.\n\n"
        + block("div.rb-stack", table(("Variable", "Content"), rows))
        + "\n\n"
        + _SITES
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
        "# All procedures\n\nThe name under each title is the procedure's name on the command line: "
        f"`{commands.SHOW}` with that name lists its parameters.\n\n"
        + block(
            "div.rb-stack",
            table(("Procedure", "Outcome", "Time", "Can be undone", "Last verified"), rows),
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
    for group, members in grouped(pages).items():
        lines += [f"      - {group}:", *(f"          - runbooks/{member.file_name}" for member in members)]
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
        "      - reference/predictions.md",
        "      - reference/procedures.md",
        "      - reference/errors.md",
        "      - reference/messages.md",
        "      - reference/settings.md",
        "      - reference/promises.md",
        "      - reference/fixture.md",
        "      - reference/code-blocks.md",
        *contributing,
    ]
    return "\n".join(lines) + "\n"
