"""A notebook has every part in its place; each rule fails on a copy that breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from runbook_lib.errors import Refused
from runbook_lib.notebook import anatomy, notebook_files
from tests.checks import check_each

if TYPE_CHECKING:
    from pathlib import Path

NAME = "grant_staff"


@pytest.mark.every_procedure
def test_every_notebook_has_its_parts_in_their_places() -> None:
    """Every published notebook has the same structure."""

    def check(name: str) -> None:
        assert [] == anatomy.problems(notebook_files.read(notebook_files.path(name)), procedures.find(name))

    check_each(procedures.names(), check)


# Each line: the text to replace in the correct notebook, its replacement, and words of the expected report.
BREAKS = {
    "title of the second level": ("# # Grant staff access", "# ## Grant staff access", "the headings are"),
    "no sentence under the title": ("or on both.", "or on both", "exactly one sentence"),
    "two sentences under the title": ("or on both.", "or on both. It is quick.", "exactly one sentence"),
    "two paragraphs under the title": ("or on both.", "or on both.\n#\n# More.", "exactly one sentence"),
    "a heading is missing": ("# ## Before you start\n", "# Before\n", "the headings are"),
    "a heading too many": ("# ## Verify\n", "# ## Check\n#\n# ## Verify\n", "the headings are"),
    "a heading twice": ("# ## Background\n", "# ## Verify\n#\n# ## Background\n", "Verify (again)"),
    "headings in another order": ("# ## When to use", "# ## Background", "the headings are"),
    "no word on what it is not for": ("**Not for**", "Not for", "**Not for**"),
    "nothing before the start": ("# - [ ]", "# ## Parameters\n# - [ ]", "'Before you start' is empty"),
    "parameters untagged": (' tags=["parameters"]', "", "the code cells under 'Parameters' are something else, setup"),
    "setup untagged": (' tags=["setup"]', "", "the code cells under 'Parameters' are parameters, something else"),
    "setup for another procedure": (
        'open_run("grant_staff"',
        'open_run("revoke_staff"',
        'the setup cell is not as generated: - run = open_run("revoke_staff", globals()); + run = open_run(',
    ),
    "setup does more": (
        "run = open_run",
        "import os\nrun = open_run",
        "the setup cell is not as generated: - import os",
    ),
    "apply before plan": ("run.plan()", "run.apply()", "are run.apply, run.apply; they must be run.plan, run.apply"),
    "no undo": ("# %%\nrun.undo()\n", "", "the code cells under 'Undo' are none"),
    "verify in another section": ("run.undo()", "run.verify()", "the code cells under 'Undo' are run.verify"),
    "two calls in a cell": ("run.plan()", "run.plan()\nrun.plan()", "a cell is not exactly one call"),
    "a call in a call": ("run.plan()", "run.plan(str())", "a cell is not exactly one call"),
    "no call": ("run.plan()", "run.plan", "a cell is not exactly one call"),
    "an assignment": ("run.plan()", "plan = run.plan()", "a cell is not exactly one call"),
    "an import": ("run.plan()", "import os\nrun.plan()", "an import, which belongs into runbook_lib"),
    "a loop": ("run.plan()", "for _ in (1,):\n    run.plan()", "a loop, which belongs into runbook_lib"),
    "a comprehension": ("run.plan()", "[run.plan() for _ in (1,)]", "a loop, which belongs into runbook_lib"),
    "a while": ("run.plan()", "while run.plan():\n    pass", "a loop, which belongs into runbook_lib"),
    "a try": ("run.plan()", "try:\n    run.plan()\nexcept ValueError:\n    pass", "a try, which belongs into"),
    "a shell command": ("run.plan()", "run plan", "a cell is not plain Python"),
    "no table of failures": ("# | symptom | cause | do |\n", "", "has no table"),
    "a table of failures without a row": (
        "# | --- | --- | --- |\n# | `",
        "# | --- | --- | --- |\n\n# | `",
        "has no table",
    ),
    "something after what to send": (
        "# Send: the user name.\n",
        "# Send: the user name.\n#\n# Good luck.\n",
        "'Send: …'",
    ),
    "what to send without an end": ("# Send: the user name.\n", "# Send: the user name\n", "'Send: …' is not the last"),
    "whom to contact by hand": (
        "# Send: the user name.\n",
        "# [Other errors](../reference/errors.md).\n",
        "repeats what is added to it",
    ),
    "no difference from the guide": ("How this differs from the staff guide", "Differences", "How this differs"),
    "no sources": ("Sources: ", "", "names no sources"),
}


@pytest.mark.parametrize(("old", "new", "message"), BREAKS.values(), ids=BREAKS.keys())
def test_malformed_notebook_is_reported(old: str, new: str, message: str, tmp_path: Path) -> None:
    """One sentence names each part that is missing, misplaced or too long."""
    reported = _problems(old, new, tmp_path)

    assert any(message in line for line in reported), reported


SITE = 'site: str = "both"  # Where to give staff access. One of: both, atmosphere, troposphere.'
PARAMETERS = {
    "a name left out": (f"{SITE}\n", "", f"+ {SITE}"),
    "a name too many": ("apply: bool", 'ticket: str = ""  # its number\napply: bool', "- ticket: str"),
    "a misspelled name": ("superuser: bool", "super_user: bool", "- super_user: bool"),
    "another order": ("reason: str", 'undo: str = ""  # why\nreason: str', "- undo: str"),
    "no type": ("superuser: bool = True", "superuser = True", "- superuser = True"),
    "another type": ("superuser: bool = True", "superuser: int = True", "- superuser: int = True"),
    "a union type": ("password: str", "password: str | None", "- password: str | None"),
    "no comment": (SITE, 'site: str = "both"', '- site: str = "both"; '),
    "an empty comment": (SITE, 'site: str = "both"  #', '- site: str = "both"  #; '),
    "another comment": ("# Where to give staff access.", "# Where.", "- site: str"),
    "a required one has a value": ('username: str = ""', 'username: str = "joetest"', '- username: str = "joetest"'),
    "another default": ('site: str = "both"', 'site: str = "atmosphere"', '- site: str = "atmosphere"'),
    "a default of another type": ("superuser: bool = True", "superuser: bool = 1", "- superuser: bool = 1"),
    "the changes are made by default": ("apply: bool = False", "apply: bool = True", "- apply: bool = True"),
    "a list": ('password: str = ""', "password: str = []", "- password: str = []"),
    "a number with a point": ('password: str = ""', "password: str = 1.5", "- password: str = 1.5"),
    "a call": ('password: str = ""', "password: str = str()", "- password: str = str()"),
    "a statement": ("apply: bool", "print()\napply: bool", "- print()"),
    "two at once": ("apply: bool", "first = second = 1  # two\napply: bool", "- first = second = 1"),
    "no value": ('username: str = ""', "username: str", "- username: str  #"),
    "no Python": ('username: str = ""', "username str", "- username str"),
}


@pytest.mark.parametrize(("old", "new", "message"), PARAMETERS.values(), ids=PARAMETERS.keys())
def test_parameters_cell_that_differs_from_the_declaration_is_reported(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    """The report names each line that differs and the command that writes the cell."""
    (line,) = _problems(old, new, tmp_path)

    assert line.startswith("the parameters cell is not as generated: ")
    assert line.endswith("; 'make generate' writes it")
    assert message in line


def test_check_refuses_malformed_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names each notebook and each problem; a missing notebook is one."""
    broken = _broken("run.plan()", "import os", tmp_path)
    monkeypatch.setattr(notebook_files, "folder_for", lambda _: broken.parent)

    with pytest.raises(Refused) as caught:
        anatomy.check([procedures.find(NAME), procedures.find("revoke_staff")])

    assert "invalid notebook: grant_staff, revoke_staff" == caught.value.what
    assert "notebooks/grant_staff.py: a cell holds an import" in caught.value.why
    assert "notebooks/revoke_staff.py: there is no such file" in caught.value.why


def test_comment_in_a_code_block_is_not_a_heading(tmp_path: Path) -> None:
    """A comment in an example does not count as a part of the page."""
    assert [] == _problems("# ## Background\n", "# ## Background\n#\n# ```sh\n# # Verify\n# ```\n", tmp_path)


def _broken(old: str, new: str, folder: Path) -> Path:
    """Return a copy of a sound notebook in which one text is replaced, once."""
    text = notebook_files.path(NAME).read_text(encoding="utf-8")
    assert old in text
    copy = folder / f"{NAME}.py"
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def _problems(old: str, new: str, folder: Path) -> list[str]:
    return anatomy.problems(notebook_files.read(_broken(old, new, folder)), procedures.find(NAME))
