"""A procedure's module with a mistake: each is named with its attribute and the correction."""

from __future__ import annotations

from types import ModuleType

import pytest

from runbook_lib.errors import InvalidProcedure
from runbook_lib.model.module_problems import module_problems
from runbook_lib.model.procedure import Procedure

SOUND = '''"""Do something to something."""
from dataclasses import dataclass
from runbook_lib.params import param

MINUTES = 3
NEEDS = ("atmosphere", "argo or logs")
OPTIONAL = {"nova": "what the cloud reports"}

@dataclass(frozen=True)
class Params:
    name: str = param("What it is.", example="x")

def plan(world, params):
    return None

def undo_expects(undo, now):
    return ()

def _helper():
    return None
'''
INSPECTS = "def inspect(world, params):\n    return None\n"
FILE = "/checkout/runbook_lib/procedures/do_something.py"


def module(source: str, name: str = "do_something") -> ModuleType:
    """Return a module as an author wrote it."""
    made = ModuleType(f"runbook_lib.procedures.{name}")
    made.__file__ = FILE
    exec(compile(source, FILE, "exec", dont_inherit=True), made.__dict__)
    return made


def problems(old: str, new: str) -> dict[str, str]:
    """Return the problems of the correct module after one edit."""
    assert old in SOUND
    return dict(module_problems(module(SOUND.replace(old, new)), "do_something"))


def test_correct_module_has_no_problems() -> None:
    """One that plans, and one that inspects."""
    assert [] == list(module_problems(module(SOUND), "do_something"))
    assert {} == problems("def plan(world, params):\n    return None\n", INSPECTS)


def test_procedure_without_parameters_needs_no_declaration() -> None:
    """As long as its function takes none."""
    source = SOUND.replace("class Params", "class _Other").replace("(world, params)", "(world)")

    assert [] == list(module_problems(module(source), "do_something"))


@pytest.mark.parametrize(
    ("old", "new", "attribute", "message"),
    [
        ('"""Do something to something."""', "", "docstring", "is missing: write what the procedure does"),
        ("to something.", "to something", "docstring", "end the first line with '.'"),
        ("MINUTES = 3\n", "MINUTES = 3\nGROUP = ''\n", "GROUP", "must be the name of a group, not ''"),
        ("MINUTES = 3\n", "MINUTES = 3\nGROUPS = 'Instances'\n", "GROUPS", "did you mean GROUP?"),
        ("MINUTES = 3\n", "", "MINUTES", "is missing: write MINUTES = 5"),
        ("MINUTES = 3\n", "MINUTES = 0\n", "MINUTES", "must be a whole number from 1, not 0"),
        ("MINUTES = 3\n", "MINUTES = '3'\n", "MINUTES", "must be a whole number from 1, not '3'"),
        ("MINUTES = 3\n", "MINUTES = True\n", "MINUTES", "must be a whole number from 1, not True"),
        ('NEEDS = ("atmosphere", "argo or logs")', "", "NEEDS", "is missing: write NEEDS ="),
        ('("atmosphere", "argo or logs")', '("atmosphere")', "NEEDS", "a single system needs a comma"),
        ('("atmosphere", "argo or logs")', "()", "NEEDS", "must be a tuple of at least one system, not ()"),
        ('("atmosphere", "argo or logs")', "(7,)", "NEEDS", "names 7, which is not a system"),
        ('"atmosphere"', '"atmo"', "NEEDS", "names 'atmo', which is not a system: did you mean 'atmosphere'?"),
        ("argo or logs", "argo or blogs", "NEEDS", "names 'blogs', which is not a system: did you mean 'logs'?"),
        ("argo or logs", "argo, logs", "NEEDS", "names 'argo, logs', which is not a system"),
        ('{"nova"', '{"nava"', "OPTIONAL", "names 'nava', which is not a system: did you mean 'nova'?"),
        ('"what the cloud reports"', "''", "OPTIONAL", "does not say what nova adds"),
        ('{"nova": "what the cloud reports"}', '("nova",)', "OPTIONAL", "must be a dictionary, not ('nova',)"),
        ("class Params", "class Parameters", "Params", "is missing: write a frozen dataclass"),
        ("(frozen=True)", "", "Params", "must be frozen"),
        (', example="x"', "", "Params.name", "is required and has no example"),
        ("def plan", "def _plan", "plan", "is missing: write plan(world, params), or inspect(world, params)"),
        ("def undo_expects", f"{INSPECTS}\ndef undo_expects", "inspect", "stands beside plan(): write one of them"),
        ("def plan(world, params)", "def plan(parameters)", "plan", "write def plan(world, params); both"),
        (
            "def plan(world, params)",
            "def plan(params, world)",
            "plan",
            "write def plan(world, params); both",
        ),
        ("def undo_expects(undo, now)", "def undo_expects(undo)", "undo_expects", "write def undo_expects(undo, now)"),
        ("def plan(world, params):\n    return None", "plan = 7", "plan", "must be a function"),
        ("def undo_expects", "def undo_expect", "undo_expect", "did you mean undo_expects?"),
        ("def _helper", "def helper", "helper", "let the name begin with '_'"),
        ("OPTIONAL", "OPTIONL", "OPTIONL", "did you mean OPTIONAL?"),
    ],
)
def test_each_mistake_is_named_with_its_attribute(old: str, new: str, attribute: str, message: str) -> None:
    """The sentence gives the correction."""
    assert message in problems(old, new)[attribute]


@pytest.mark.parametrize("name", ["grant", "GrantStaff", "grant-staff", "grant_Staff", "_grant_staff"])
def test_invalid_file_name_is_reported(name: str) -> None:
    """The name becomes a word of the command line and the address of a page."""
    assert [("file name", "must be a verb and its object in lower case, joined by '_': grant_staff.py")] == list(
        module_problems(module(SOUND, name), name)
    )


def test_module_with_problems_makes_no_procedure() -> None:
    """The error lists all problems of one module, each with the file."""
    procedure = Procedure.from_module(module(SOUND), "do_something")
    assert ("Do something to something.", 3, FILE) == (procedure.summary, procedure.minutes, procedure.file)

    broken = SOUND.replace("MINUTES = 3", "").replace('"nova"', '"nava"')
    with pytest.raises(InvalidProcedure) as caught:
        Procedure.from_module(module(broken), "do_something")

    assert ["MINUTES", "OPTIONAL"] == [problem.attribute for problem in caught.value.problems]
    assert {FILE} == {problem.file for problem in caught.value.problems}
    assert ("do_something",) == caught.value.procedures
